/**
 * Between the files of this folder.
 *
 * OpenSSL reads from the socket itself; what it writes is collected, so that several records go out by one system call,
 * and what the socket does not take is kept here. So OpenSSL never has to be asked again for a record that it has
 * made, with the same bytes as before: it never hears that the socket is full.
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

/* So many records go out by one system call. What a socket does not take of them is kept, up to a bound that only a peer
 * that makes us answer and does not read the answers can reach. */
enum { TLS_ROUND_RECORDS = 4, TLS_UNSENT_MAX = 256 << 10 };

struct tls_names;

struct tls_ctx {
    size_t   refs;
    SSL_CTX *ssl;
    bool     kernel_may_send;
};

struct tls {
    struct io              *io;
    SSL                    *ssl;
    const struct tls_names *names;  /* while it is accepted */
    uint8_t                *unsent; /* what the socket did not take; NULL: nothing */
    size_t                  unsent_at, unsent_end;
    bool                    kernel_sends; /* the kernel makes records of what is written to the socket */
    bool                    dry;          /* the socket had nothing at the last look */
    bool                    socket_ended; /* it had the end */
    int                     socket_errno; /* it fails with */
    bool                    ended;        /* the peer has said so, or its socket */
    bool                    failed;
    struct err             *why;           /* it failed, until somebody has been told */
    uint32_t                n_noise;       /* records without payload; enough payload resets the count */
    size_t                  payload_since; /* bytes of payload since the last such record */
};

/** Put the layer between an io and its socket. */
struct err *tls_attach(struct io *io, struct tls_ctx *ctx) ATTR_MUST_USE;

/** OpenSSL has failed, or the socket below it: from now on everything does. */
struct err *tls_failure(struct tls *t, enum err_code code) ATTR_MUST_USE;

/** What OpenSSL reads from and writes to. */
BIO *tls_bio_new(struct tls *t);

/** Give the socket what OpenSSL has written since; after each call of OpenSSL's that may have. */
struct err *tls_bio_push(struct tls *t) ATTR_MUST_USE;

/** The socket takes bytes again. */
void tls_bio_drain(struct tls *t);

/** Room for another record in what is collected. */
bool tls_bio_has_room(void);

/** Forget what the socket did not take. */
void tls_bio_discard(struct tls *t);

/** Why OpenSSL failed, in its words. */
const char *tls_reason(char *buf, size_t cap);

/** As its servername callback: `t` is what SSL_get_app_data() gives. */
int tls_choose_name(SSL *ssl, int *alert, void *unused);

#endif
