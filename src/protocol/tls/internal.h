/**
 * Declarations for the files of this folder alone.
 *
 * OpenSSL reads from the socket directly. Its output is collected, so that several records go out by one system call, and bytes
 * that the socket does not take are kept here. So OpenSSL never learns that the socket is full, and no write has to be repeated
 * with the same bytes.
 */
#ifndef PROTOCOL_TLS_INTERNAL_H
#define PROTOCOL_TLS_INTERNAL_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/io.h"
#include "protocol/tls/seal.h"

/* TLS_ROUND_RECORDS go out by one system call. TLS_UNSENT_MAX bounds what is kept for a socket that does not take it: only a peer
 * that causes answers and does not read them can reach it. */
enum { TLS_ROUND_RECORDS = 4, TLS_UNSENT_MAX = 256 << 10 };

struct tls_names;
struct tls_offer;

struct tls_ctx {
    size_t   refs;
    SSL_CTX *ssl;
    bool     kernel_may_send;
};

struct tls {
    struct io              *io;
    SSL                    *ssl;
    const struct tls_names *names;  /* set during tls_accept() only */
    const struct tls_offer *offer;  /* likewise */
    uint8_t                *unsent; /* bytes that the socket did not take; NULL: none */
    size_t                  unsent_at, unsent_end;
    struct seal             seal; /* makes the records of what is written, if it is on */
    uint8_t plain_type; /* type of the plain bytes that OpenSSL writes while the seal or the kernel makes the records */
    bool    kernel_may_send; /* the kernel is asked for kernel TLS */
    bool    kernel_sends;    /* the kernel makes records of what is written to the socket */
    bool    dry;             /* the socket had nothing at the last look */
    bool    socket_ended;    /* end of stream was read from the socket */
    int     socket_errno;    /* the error of the socket; 0: none */
    bool    ended;           /* close_notify has come, or the end of the socket */
    bool    failed;
    struct err *why;           /* the reason of the failure, until a caller gets it */
    uint32_t    n_noise;       /* records without payload; enough payload resets the count */
    size_t      payload_since; /* bytes of payload since the last such record */
};

/** Put the layer between an io and its socket. */
struct err *tls_attach(struct io *io, struct tls_ctx *ctx) ATTR_MUST_USE;

/** Note that OpenSSL or the socket has failed: from now on every call fails. */
struct err *tls_failure(struct tls *t, enum err_code code) ATTR_MUST_USE;

/** The BIO that OpenSSL reads from and writes to. */
BIO *tls_bio_new(struct tls *t);

/** Send OpenSSL's collected output to the socket. Call it after each call of OpenSSL that may write. */
struct err *tls_bio_push(struct tls *t) ATTR_MUST_USE;

/** Keep what the socket did not take, after what is kept already. Errors: E_LIMIT, out of memory. */
struct err *tls_bio_keep(struct tls *t, const uint8_t *bytes, size_t len) ATTR_MUST_USE;

/** Send the kept bytes, because the socket takes bytes again. */
void tls_bio_drain(struct tls *t);

/**
 * Collect one record of the iovecs, made by the seal, which is on. tls_bio_has_room() for it.
 * Errors     E_HTTPS_WRITE; nothing may be sent any more
 */
struct err *tls_bio_seal(struct tls *t, uint8_t type, const struct iovec *iov, int n) ATTR_MUST_USE;

/** True when another record can be collected. */
bool tls_bio_has_room(void);

/** Drop the kept bytes. */
void tls_bio_discard(struct tls *t);

/** The reason of OpenSSL's last failure, in OpenSSL's words. */
const char *tls_reason(char *buf, size_t cap);

/** OpenSSL's servername callback; the struct tls is SSL_get_app_data(). */
int tls_choose_name(SSL *ssl, int *alert, void *unused);

/** OpenSSL's callback that chooses one of the protocols that the client names (ALPN). */
int tls_choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                        unsigned in_len, void *unused);

#endif
