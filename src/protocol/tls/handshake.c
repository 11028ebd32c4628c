/* The handshake: its steps in turn, the name that a client asks for, and the name that a server's certificate must have. */
#include <ctype.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "core/clock.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/tls/internal.h"
#include "protocol/tls/peer_name.h"
#include "protocol/tls/tls.h"
#include "protocol/tls/turn.h"

enum { HOST_NAME_MAX_LEN = 255 };

static struct tls_counts counts;

/* True when the peer sent bytes that are not TLS. */
static bool is_garbage(void)
{
    unsigned long code = ERR_peek_error();
    int           reason = ERR_GET_REASON(code);
    return ERR_GET_LIB(code) == ERR_LIB_SSL && (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
                                                reason == SSL_R_HTTPS_PROXY_REQUEST);
}

/* The error of a failed handshake, with the part of the peer in it. */
static struct err *handshake_failure(struct tls *t)
{
    long verdict = SSL_get_verify_result(t->ssl);
    t->failed = true;
    if (t->socket_ended)
        return err_new(E_END_OF_STREAM, "the peer closed the connection");
    if (verdict != X509_V_OK)
        return err_new(E_HTTPS_HANDSHAKE, "the peer's certificate: %s", X509_verify_cert_error_string(verdict));
    if (is_garbage())
        return err_new(E_HTTPS_HANDSHAKE, "what came is not TLS");
    return tls_failure(t, E_HTTPS_HANDSHAKE);
}

/* Take one step. Returns what OpenSSL wants next. Does not yield. */
static struct err *step_handshake(struct tls *t, int *wants)
{
    int64_t began = now_us();
    ERR_clear_error();
    t->dry = false;
    int         result = SSL_do_handshake(t->ssl);
    struct err *e = NULL;
    *wants = SSL_get_error(t->ssl, result);
    if (*wants != SSL_ERROR_NONE && *wants != SSL_ERROR_WANT_READ && *wants != SSL_ERROR_WANT_WRITE)
        e = handshake_failure(t);
    ERR_clear_error();
    struct err *unsent = tls_bio_push(t); /* after a failure these are the bytes of the alert */
    tls_turn_took(now_us() - began);
    if (!e)
        return unsent;
    err_free(unsent);
    return e;
}

/* Wait until the peer's bytes or room in the socket allow the next step. */
static struct err *wait_after_step(struct tls *t, int wants, int64_t deadline_us)
{
    if (wants == SSL_ERROR_WANT_WRITE) {
        t->io->may_write &= !t->kernel_sends; /* with kernel TLS a wish to write means that the socket is full */
        return io_wait_writable(t->io, deadline_us);
    }
    return wants == SSL_ERROR_WANT_READ && t->dry ? io_wait_readable(t->io, deadline_us) : NULL;
}

static struct err *take_steps(struct tls *t, int64_t deadline_us)
{
    int         wants = SSL_ERROR_WANT_READ;
    struct err *e = SSL_is_server(t->ssl) ? io_wait_readable(t->io, deadline_us) : NULL;
    while (!e && wants != SSL_ERROR_NONE) {
        if (now_us() >= co_deadline(deadline_us))
            return err_new(E_SOCKET_TIMEOUT, "timed out");
        if (!(e = tls_turn_wait(deadline_us)) && !(e = step_handshake(t, &wants)))
            e = wait_after_step(t, wants, deadline_us);
    }
    return e;
}

static struct err *shake_hands(struct tls *t, int64_t deadline_us)
{
    struct err *e = take_steps(t, deadline_us);
    t->names = NULL;
    t->offer = NULL;
    t->failed |= e != NULL;
    if (e)
        return err_wrap(e, "TLS handshake");
    t->io->may_read = true; /* OpenSSL may hold bytes that follow the handshake */
    co_trim_stack();        /* the handshake used much of the stack */
    return NULL;
}

int tls_choose_name(SSL *ssl, int *alert, void *unused)
{
    (void)alert;
    (void)unused;
    struct tls *t = SSL_get_app_data(ssl);
    const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    char        name[HOST_NAME_MAX_LEN + 1];
    if (!asked || !t->names || !str_copy(name, sizeof name, asked))
        return SSL_TLSEXT_ERR_NOACK;
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    struct tls_ctx *ctx = t->names->find(t->names->arg, name);
    if (ctx)
        SSL_set_SSL_CTX(ssl, ctx->ssl);
    return ctx ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

int tls_choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                        unsigned in_len, void *unused)
{
    (void)unused;
    const struct tls *t = SSL_get_app_data(ssl);
    unsigned char    *chosen;
    if (!t->offer || !t->offer->protocols ||
        SSL_select_next_proto(&chosen, out_len, (const unsigned char *)t->offer->protocols, t->offer->protocols_len, in,
                              in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* Switch off tickets: SSL_set_num_tickets() for TLS 1.3, the option for TLS 1.2. */
static void offer_no_tickets(SSL *ssl)
{
    SSL_set_num_tickets(ssl, 0);
    SSL_set_options(ssl, SSL_OP_NO_TICKET);
}

struct err *tls_accept(struct io *io, struct tls_ctx *ctx, const struct tls_names *names, const struct tls_offer *offer,
                       int64_t deadline_us)
{
    struct err *e = tls_attach(io, ctx);
    if (e)
        return err_wrap(e, "begin TLS");
    struct tls *t = io->layer_state;
    t->names = names;
    t->offer = offer;
    if (!offer->resumable)
        offer_no_tickets(t->ssl);
    SSL_set_accept_state(t->ssl);
    e = shake_hands(t, deadline_us);
    counts.n_accepted += !e;
    counts.n_failed += e != NULL;
    counts.n_resumed += !e && SSL_session_reused(t->ssl);
    return e;
}

struct tls_counts tls_counts(void)
{
    return counts;
}

struct err *tls_connect(struct io *io, struct tls_ctx *ctx, const char *host, int64_t deadline_us)
{
    struct err *e = tls_attach(io, ctx);
    if (e)
        return err_wrap(e, "begin TLS");
    struct tls *t = io->layer_state;
    if (!tls_expect_name(t->ssl, host)) {
        ERR_clear_error();
        t->failed = true;
        return err_new(E_HTTPS_HANDSHAKE, "begin TLS: %s is no host name", host);
    }
    SSL_set_connect_state(t->ssl);
    return err_wrap(shake_hands(t, deadline_us), "with %s", host);
}
