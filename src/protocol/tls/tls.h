/**
 * TLS under an io: after tls_accept() or tls_connect() the io reads and writes as before, and its users do not notice.
 *
 * Output goes out in records of up to 16 KiB, several by one system call. Bytes that the socket does not take are kept and sent
 * later. A record that was made counts as written, so after a short write the next write may bring any bytes. io_close() sends
 * close_notify if the socket takes it at once; io_linger() waits for it.
 *
 * A connection costs 19 KiB of memory beside its coroutine: 15 of them OpenSSL's, the rest is deeper stack. Buffers for
 * records exist only while one is in them.
 *
 * Source     RFC 8446 (TLS 1.3), RFC 5246 (TLS 1.2), RFC 6066, 3 (server name), RFC 7301 (protocols above TLS)
 * Units      deadlines are absolute now_us() times; io->bytes_in and io->bytes_out count payload
 * Errors     E_HTTPS_HANDSHAKE, E_HTTPS_READ, E_HTTPS_WRITE for what TLS says; E_LIMIT for a crowd of handshakes (turn.h) or
 *            of records without payload; those of io.h for the socket. An end without close_notify is E_END_OF_STREAM too,
 *            because few peers send it.
 */
#ifndef PROTOCOL_TLS_TLS_H
#define PROTOCOL_TLS_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/io.h"
#include "protocol/tls/ctx.h"

/** Enough for a line like "TLSv1.3, TLS_AES_128_GCM_SHA256, resumed". */
enum { TLS_TEXT_CAP = 96 };

/** The lookup of the context for the name (lower case) that a client asks for; NULL: the port's context. Must not yield. */
struct tls_names {
    struct tls_ctx *(*find)(void *arg, const char *name);
    void *arg;
};

/** What a server's port offers to its clients. All zero is a good offer. */
struct tls_offer {
    /** Offer session tickets, so that the client's next connection is cheaper. A connection that lasts gains nothing by them, and
     * librtmp with GnuTLS takes those of TLS 1.3, which come behind the handshake, for the end of the connection. */
    bool resumable;

    /** The protocols above TLS, best first, as `protocols_len` bytes of RFC 7301, 3.1: the length of each name in a byte before
     * it. A client that names none of them gets no answer to its list, and goes on. */
    const char *protocols;
    uint8_t     protocols_len;
};

/**
 * The server's handshake. After an error, too, the caller closes the io.
 *
 * Ownership  `ctx`, `names` (may be NULL) and `offer` are borrowed until it returns
 * Yields     yes
 */
struct err *tls_accept(struct io *io, struct tls_ctx *ctx, const struct tls_names *names, const struct tls_offer *offer,
                       int64_t deadline_us) ATTR_MUST_USE;

/** Handshakes of clients since the start. */
struct tls_counts {
    int64_t n_accepted, n_failed;
    int64_t n_resumed; /* of those that were accepted */
};
struct tls_counts tls_counts(void);

/** True if the io has TLS, and its handshake chose that protocol. */
bool tls_has_chosen(const struct io *io, const char *protocol);

/** The client's handshake with `host`, a name or an IP address, whose certificate is checked. Yields. */
struct err *tls_connect(struct io *io, struct tls_ctx *ctx, const char *host, int64_t deadline_us) ATTR_MUST_USE;

/** Describes the result of a handshake that succeeded: version, cipher, whether resumed, whether the kernel encrypts. */
const char *tls_describe(const struct io *io, char buf[static TLS_TEXT_CAP]);

#endif
