#include "protocol/tls/tls.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "core/iov.h"
#include "core/mem.h"
#include "protocol/tls/internal.h"

/*
 * Bounds the work that a peer may cause without payload (key updates, attempts to renegotiate): this many records, and one more
 * for each this many bytes of payload.
 */
enum { NOISE_MAX = 64, NOISE_PER_BYTES = 1024 };

static const struct io_layer layer;

/* Scratch for all connections: the payload of a record, gathered from several iovecs. */
static uint8_t gathered[SSL3_RT_MAX_PLAIN_LENGTH];

/* The most iovecs of one sealed record. */
enum { PIECES_MAX = IO_ENCODE_PIECES };

/* A position in an array of iovecs. */
struct cursor {
    const struct iovec *iov;
    int                 n_iov;
    size_t              at; /* offset in *iov */
};

static void skip_empty(struct cursor *c)
{
    while (c->n_iov > 0 && c->at == c->iov->iov_len) {
        c->iov++;
        c->n_iov--;
        c->at = 0;
    }
}

/* Find the payload of the next record: in place if one iovec holds all of it, else gathered. */
static size_t next_record(struct cursor *c, const uint8_t **bytes)
{
    size_t here = c->iov->iov_len - c->at, len = 0;
    if (here >= sizeof gathered || c->n_iov == 1) {
        len = here < sizeof gathered ? here : sizeof gathered;
        *bytes = (const uint8_t *)c->iov->iov_base + c->at;
        c->at += len;
        skip_empty(c);
        return len;
    }
    while (c->n_iov > 0 && len < sizeof gathered) {
        here = c->iov->iov_len - c->at;
        size_t n = here < sizeof gathered - len ? here : sizeof gathered - len;
        memcpy(gathered + len, (const uint8_t *)c->iov->iov_base + c->at, n);
        len += n;
        c->at += n;
        skip_empty(c);
    }
    *bytes = gathered;
    return len;
}

/* The payload of the next record where it is. Returns the number of pieces. */
static int next_pieces(struct cursor *c, struct iovec pieces[static PIECES_MAX], size_t *len)
{
    int n = 0;
    *len = 0;
    while (c->n_iov > 0 && n < PIECES_MAX && *len < SSL3_RT_MAX_PLAIN_LENGTH) {
        size_t here = c->iov->iov_len - c->at, room = SSL3_RT_MAX_PLAIN_LENGTH - *len;
        pieces[n] = (struct iovec){ (uint8_t *)c->iov->iov_base + c->at, here < room ? here : room };
        c->at += pieces[n].iov_len;
        *len += pieces[n++].iov_len;
        skip_empty(c);
    }
    return n;
}

/* ---- failures */

struct err *tls_failure(struct tls *t, enum err_code code)
{
    char reason[128];
    t->failed = true;
    if (t->socket_errno) {
        errno = t->socket_errno;
        return code == E_HTTPS_WRITE ? err_sys(E_SOCKET_WRITE, "write") : err_sys(E_SOCKET_READ, "read");
    }
    return err_new(code, "%s", tls_reason(reason, sizeof reason));
}

/* The error of a connection that has failed before. */
static struct err *failed_already(struct tls *t, enum err_code code)
{
    struct err *e = t->why;
    t->why = NULL;
    return e ? e : err_new(code, "the TLS connection has failed before");
}

/* ---- reading */

static struct err *end_of(const struct tls *t)
{
    return err_new(E_END_OF_STREAM, t->socket_ended ? "the peer closed the connection without a TLS goodbye"
                                                    : "the peer closed the connection");
}

/* Find out why SSL_read() gave no payload. With *again set, the caller reads again. NULL without *again: the socket is empty. */
static struct err *judge_read(struct tls *t, bool *again)
{
    *again = false;
    int what = SSL_get_error(t->ssl, 0);
    if (what == SSL_ERROR_WANT_READ && t->dry)
        return NULL;
    if (what == SSL_ERROR_WANT_READ) { /* a record without payload */
        *again = ++t->n_noise <= NOISE_MAX;
        t->failed |= !*again;
        return *again ? NULL : err_new(E_LIMIT, "more than %d TLS records without payload", NOISE_MAX);
    }
    if (what == SSL_ERROR_ZERO_RETURN || t->socket_ended) {
        t->ended = true;
        ERR_clear_error();
        return end_of(t);
    }
    return err_wrap(tls_failure(t, E_HTTPS_READ), "read TLS");
}

static void forgive_noise(struct tls *t, size_t n)
{
    t->payload_since += n;
    size_t forgiven = t->payload_since / NOISE_PER_BYTES;
    t->payload_since %= NOISE_PER_BYTES;
    t->n_noise -= forgiven < t->n_noise ? (uint32_t)forgiven : t->n_noise;
}

/* Read all records that have come, up to `cap` bytes. The result is the error that ended it, or NULL. */
static struct err *read_records(struct tls *t, uint8_t *buf, size_t cap, size_t *n)
{
    for (;;) {
        size_t got;
        bool   again = true;
        ERR_clear_error();
        t->dry = false;
        if (SSL_read_ex(t->ssl, buf + *n, cap - *n, &got) == 1) {
            *n += got;
            t->io->bytes_in += (int64_t)got;
            forgive_noise(t, got);
            if (*n == cap) {
                t->io->may_read |= SSL_has_pending(t->ssl) == 1;
                return NULL;
            }
            continue;
        }
        struct err *e = judge_read(t, &again);
        if (e || !again)
            return e;
    }
}

static struct err *read_now(struct io *io, void *buf, size_t cap, size_t *n)
{
    struct tls *t = io->layer_state;
    *n = 0;
    if (t->ended)
        return end_of(t);
    if (t->failed)
        return failed_already(t, E_HTTPS_READ);
    if (!io->may_read || !cap)
        return NULL;
    struct err *e = read_records(t, buf, cap, n);
    if (t->ended || t->failed)
        io->may_read = true;              /* the next call reports it */
    struct err *unsent = tls_bio_push(t); /* sends an alert, or the answer to a key update */
    if (!e && unsent) {
        t->failed = true;
        e = unsent;
    } else {
        err_free(unsent);
    }
    if (e && *n > 0) { /* the bytes before the error come first */
        if (t->ended)
            err_free(e);
        else
            t->why = e;
        e = NULL;
    }
    return e;
}

/* ---- writing */

static struct err *encrypt_round(struct tls *t, struct cursor *c, size_t *n)
{
    *n = 0;
    while (c->n_iov > 0 && tls_bio_has_room()) {
        const uint8_t *bytes;
        size_t         len = next_record(c, &bytes), taken = 0;
        ERR_clear_error();
        if (SSL_write_ex(t->ssl, bytes, len, &taken) != 1 || taken != len)
            return err_wrap(tls_failure(t, E_HTTPS_WRITE), "write TLS");
        *n += len;
    }
    return NULL;
}

/* Send the answer to a KeyUpdate that asked for one: OpenSSL would send it with its next record, of which it makes none. */
static struct err *answer_key_update(struct tls *t)
{
    if (SSL_get_key_update_type(t->ssl) == SSL_KEY_UPDATE_NONE)
        return NULL;
    ERR_clear_error();
    if (SSL_key_update(t->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(t->ssl) == 1)
        return NULL;
    return err_wrap(tls_failure(t, E_HTTPS_WRITE), "write TLS");
}

static struct err *seal_round(struct tls *t, struct cursor *c, size_t *n)
{
    struct err *e = answer_key_update(t);
    *n = 0;
    while (!e && c->n_iov > 0 && tls_bio_has_room()) {
        struct iovec pieces[PIECES_MAX];
        size_t       len;
        int          n_pieces = next_pieces(c, pieces, &len);
        e = err_wrap(tls_bio_seal(t, SSL3_RT_APPLICATION_DATA, pieces, n_pieces), "write TLS");
        *n += e ? 0 : len;
    }
    return e;
}

static struct err *writev_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n)
{
    struct tls   *t = io->layer_state;
    struct cursor c = { iov, n_iov, 0 };
    struct err   *e = NULL;
    *n = 0;
    if (t->socket_errno)
        return err_wrap(tls_failure(t, E_HTTPS_WRITE), "write TLS");
    if (t->failed)
        return failed_already(t, E_HTTPS_WRITE);
    if (t->kernel_sends)
        return io_socket_writev(io, iov, n_iov, n);
    skip_empty(&c);
    while (!e && io->may_write && c.n_iov > 0) {
        size_t n_round;
        e = t->seal.is_on ? seal_round(t, &c, &n_round) : encrypt_round(t, &c, &n_round);
        struct err *unsent = tls_bio_push(t);
        if (unsent) {
            err_free(e);
            e = unsent;
            t->failed = true;
        }
        *n += e ? 0 : n_round;
        io->bytes_out += e ? 0 : (int64_t)n_round;
    }
    return e;
}

static bool may_encode(const struct io *io, size_t len, size_t cap)
{
    const struct tls *t = io->layer_state;
    size_t            n_records = (len + SSL3_RT_MAX_PLAIN_LENGTH - 1) / SSL3_RT_MAX_PLAIN_LENGTH;
    return t->seal.is_on && !t->failed && !t->socket_errno && !t->unsent && n_records <= TLS_ROUND_RECORDS &&
           len + n_records * SEAL_OVERHEAD <= cap && SSL_get_key_update_type(t->ssl) == SSL_KEY_UPDATE_NONE;
}

/* Encrypt the bytes of a few records at most: what the socket does not take of them is kept. */
static size_t encode(struct io *io, const struct iovec *iov, int n_iov, uint8_t *out, size_t cap)
{
    struct tls   *t = io->layer_state;
    struct cursor c = { iov, n_iov, 0 };
    size_t        len = iov_sum(iov, n_iov), made = 0;
    if (!may_encode(io, len, cap))
        return 0;
    while (c.n_iov > 0) {
        struct iovec pieces[PIECES_MAX];
        size_t       n_payload;
        int          n_pieces = next_pieces(&c, pieces, &n_payload);
        size_t       n = seal_record(&t->seal, SSL3_RT_APPLICATION_DATA, pieces, n_pieces, out + made);
        t->failed |= !n;
        if (!n)
            return 0;
        made += n;
    }
    io->bytes_out += (int64_t)len;
    return made;
}

static bool keep(struct io *io, const uint8_t *bytes, size_t len)
{
    struct tls *t = io->layer_state;
    t->why = tls_bio_keep(t, bytes, len);
    t->failed |= t->why != NULL;
    if (!t->why && io->may_write) /* The ring failed, not the socket: no edge will come. */
        tls_bio_drain(t);
    return !t->why;
}

static void drain(struct io *io)
{
    tls_bio_drain(io->layer_state);
}

static bool is_drained(const struct io *io)
{
    const struct tls *t = io->layer_state;
    return !t->unsent;
}

/* ---- the end */

static void say_end(struct io *io)
{
    struct tls *t = io->layer_state;
    if (t->failed || !SSL_is_init_finished(t->ssl) || (SSL_get_shutdown(t->ssl) & SSL_SENT_SHUTDOWN))
        return;
    ERR_clear_error();
    SSL_shutdown(t->ssl);
    ERR_clear_error();
    struct err *e = tls_bio_push(t);
    t->failed |= e != NULL;
    err_free(e);
}

static void tls_free(struct tls *t)
{
    SSL_free(t->ssl);
    seal_finish(&t->seal);
    tls_bio_discard(t);
    err_free(t->why);
    mem_free(t);
}

static void close_layer(struct io *io)
{
    say_end(io);
    tls_free(io->layer_state);
    io->layer_state = NULL;
}

static const struct io_layer layer = {
    .read_now = read_now,
    .writev_now = writev_now,
    .drain = drain,
    .is_drained = is_drained,
    .say_end = say_end,
    .close = close_layer,
    .may_encode = may_encode,
    .encode = encode,
    .keep = keep,
};

/* ---- the beginning */

struct err *tls_attach(struct io *io, struct tls_ctx *ctx)
{
    struct tls *t = mem_calloc(1, sizeof *t);
    if (!t)
        return err_no_memory();
    *t = (struct tls){ .io = io, .ssl = SSL_new(ctx->ssl), .kernel_may_send = ctx->kernel_may_send };
    BIO *bio = t->ssl ? tls_bio_new(t) : NULL;
    if (!bio || !SSL_set_app_data(t->ssl, t)) {
        BIO_free(bio);
        tls_free(t);
        ERR_clear_error();
        return err_no_memory();
    }
    SSL_set_bio(t->ssl, bio, bio);
    if (ctx->kernel_may_send) /* if the kernel refuses, records are made here */
        setsockopt(io->fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls");
    io->layer = &layer;
    io->layer_state = t;
    return NULL;
}

bool tls_has_chosen(const struct io *io, const char *protocol)
{
    const unsigned char *name = NULL;
    unsigned             len = 0;
    if (io->layer != &layer)
        return false;
    SSL_get0_alpn_selected(((const struct tls *)io->layer_state)->ssl, &name, &len);
    return name && len == strlen(protocol) && memcmp(name, protocol, len) == 0;
}

const char *tls_describe(const struct io *io, char buf[static TLS_TEXT_CAP])
{
    const struct tls *t = io->layer_state;
    snprintf(buf, TLS_TEXT_CAP, "%s, %s%s%s", SSL_get_version(t->ssl), SSL_get_cipher_name(t->ssl),
             SSL_session_reused(t->ssl) ? ", resumed" : "", t->kernel_sends ? ", in the kernel" : "");
    return buf;
}
