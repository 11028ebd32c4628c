/**
 * The header of the PROXY protocol, versions 1 and 2: the first bytes of a proxy on a connection name the client.
 *
 * Every peer could write such a header, so a caller looks for it only where the peer is trusted.
 *
 * Source     The PROXY protocol, versions 1 & 2 (HAProxy, 2020/03/05), 2.1 and 2.2
 */
#ifndef PROTOCOL_PROXY_HEADER_H
#define PROTOCOL_PROXY_HEADER_H

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
    PROXY_HEADER_LEN_MAX = 4096, /* A usual header has about 100 bytes; one with certificates in TLVs, some 2000. */
};

enum proxy_read { PROXY_GOT, PROXY_NEED_MORE, PROXY_NONE, PROXY_BAD };

struct proxy_header {
    bool has_source; /* False: the proxy speaks for itself (a health check), or does not know the client. */
    struct sockaddr_storage source; /* address and port of the client, IPv4 or IPv6 */
};

/**
 * Read a header, if there is one. Addresses of AF_UNIX, and the data behind the addresses of version 2, are skipped.
 *
 * Shape      in: starts at a connection's first byte
 * Yields     no
 * Returns    PROXY_GOT        `in` moved past the header
 *            PROXY_NEED_MORE  the bytes may be the beginning of a header; `in` is unchanged, here and below
 *            PROXY_NONE       the bytes are something else: TLS, RTMP, HTTP
 *            PROXY_BAD        the bytes begin like a header and are invalid: give up on this connection
 */
enum proxy_read proxy_header_read(struct rd *in, struct proxy_header *header);

/**
 * Read a header from a connection of which nothing has been read. The header is taken out of the socket and no byte behind it,
 * so that TLS or any other protocol can begin. Waits for the first byte of the peer.
 *
 * Returns    *got tells whether there was a header
 * Errors     those of io.h; E_PROXY_HEADER for an invalid header
 * Yields     yes
 */
struct err *proxy_header_take(struct io *io, struct proxy_header *header, bool *got, int64_t deadline_us) ATTR_MUST_USE;

#endif
