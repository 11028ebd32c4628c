/**
 * The PROXY protocol, versions 1 and 2: a proxy's first words on a connection say for whom it speaks.
 *
 * Whoever may connect may write such a header: a caller looks for it only where the peer is trusted.
 *
 * Source     The PROXY protocol, versions 1 & 2 (HAProxy, 2020/03/05), 2.1 and 2.2
 */
#ifndef PROTOCOL_PROXY_PROTOCOL_H
#define PROTOCOL_PROXY_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/rd.h"

struct io;

enum {
    PROXY_V1_LEN_MAX = 107,      /* 2.1: the longest line, with its CRLF */
    PROXY_V2_HEADER_LEN = 16,    /* 2.2: signature, version and command, family, length */
    PROXY_HEADER_LEN_MAX = 4096, /* real ones have some 100 bytes, with certificates in TLVs perhaps 2000 */
};

enum proxy_read { PROXY_GOT, PROXY_NEED_MORE, PROXY_NONE, PROXY_BAD };

struct proxy_header {
    bool                    has_source; /* else the proxy speaks for itself (a health check), or cannot say */
    struct sockaddr_storage source;     /* IPv4 or IPv6, with port */
};

/**
 * Read a header, if there is one. What v2 carries behind the addresses is skipped, as are those of AF_UNIX.
 *
 * Shape      in: starts at a connection's first byte
 * Yields     no
 * Returns    PROXY_GOT        `in` moved past the header
 *            PROXY_NEED_MORE  what is there may be the beginning of one; `in` unchanged, like below
 *            PROXY_NONE       something else begins here: TLS, RTMP, HTTP
 *            PROXY_BAD        it begins like one, and is none: give up on this connection
 */
enum proxy_read proxy_header_read(struct rd *in, struct proxy_header *header);

/**
 * The same from a connection of which nothing has been read: takes the header out of the socket, and not a byte of
 * what follows, so that TLS or any other protocol may begin. Waits for the peer's first byte.
 *
 * Returns    *got tells whether there was one
 * Errors     those of io.h; E_PROXY_HEADER for one that is none
 * Yields     yes
 */
struct err *proxy_header_take(struct io *io, struct proxy_header *header, bool *got, int64_t deadline_us) ATTR_MUST_USE;

#endif
