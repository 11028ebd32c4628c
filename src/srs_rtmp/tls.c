/*
 * TLS under an io for a thread that blocks: OpenSSL makes the records, and keeps one of them until the socket has taken it.
 */
#include "srs_rtmp/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "core/mem.h"
#include "protocol/io.h"
#include "protocol/tls/peer_name.h"
#include "protocol/tls/tls.h"

struct tls_ctx {
    SSL_CTX *ssl;
};

/* RFC 8446, 5.1: most bytes of payload in a record. */
enum { RECORD_MAX = 16 << 10 };

struct tls {
    SSL        *ssl;
    BIO_METHOD *method;
    size_t      held_len; /* bytes of payload that OpenSSL must be given again */
    uint8_t     held[RECORD_MAX];
};

static struct err *failure(enum err_code code, const char *what)
{
    unsigned long reason = ERR_get_error();
    const char   *words = reason ? ERR_reason_error_string(reason) : NULL;
    ERR_clear_error();
    return err_new(code, "%s: %s", what, words ? words : errno ? strerror(errno) : "the connection was closed");
}

/* ---- OpenSSL's way to the socket ---- */

static int bio_read(BIO *bio, char *buf, int cap)
{
    struct io *io = BIO_get_data(bio);
    ssize_t    got = io_socket_recv(io, buf, (size_t)cap);
    BIO_clear_retry_flags(bio);
    if (got < 0 && errno == EAGAIN)
        BIO_set_retry_read(bio);
    return (int)got;
}

static int bio_write(BIO *bio, const char *buf, int len)
{
    struct io   *io = BIO_get_data(bio);
    size_t       n;
    struct iovec iov = { .iov_base = (void *)buf, .iov_len = (size_t)len };
    struct err  *e = io_socket_writev(io, &iov, 1, &n);
    BIO_clear_retry_flags(bio);
    if (e) {
        errno = err_errno(e);
        err_free(e);
        return -1;
    }
    if (n == 0)
        BIO_set_retry_write(bio);
    return n ? (int)n : -1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *make_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "io");
    if (!m || !BIO_meth_set_read(m, bio_read) || !BIO_meth_set_write(m, bio_write) || !BIO_meth_set_ctrl(m, bio_ctrl)) {
        BIO_meth_free(m);
        return NULL;
    }
    return m;
}

/* ---- trust ---- */

static struct err *load_trust(SSL_CTX *ssl, const char *ca_file)
{
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    errno = 0;
    bool ok =
        ca_file ? SSL_CTX_load_verify_locations(ssl, ca_file, NULL) == 1 : SSL_CTX_set_default_verify_paths(ssl) == 1;
    return ok ? NULL : failure(E_HTTPS_KEY_CRT, ca_file ? ca_file : "the certificates of the system");
}

struct err *tls_trust(struct tls_ctx **out, const char *ca_file, bool any)
{
    struct tls_ctx *ctx = *out = mem_calloc(1, sizeof *ctx);
    if (!ctx)
        return err_no_memory();
    ERR_clear_error();
    ctx->ssl = SSL_CTX_new(TLS_client_method());
    if (!ctx->ssl || !SSL_CTX_set_min_proto_version(ctx->ssl, TLS1_2_VERSION)) {
        ERR_clear_error();
        return err_no_memory();
    }
    return any ? NULL : load_trust(ctx->ssl, ca_file);
}

void tls_forget(struct tls_ctx *ctx)
{
    if (!ctx)
        return;
    SSL_CTX_free(ctx->ssl);
    mem_free(ctx);
}

/* ---- the layer ---- */

static struct err *read_now(struct io *io, void *buf, size_t cap, size_t *n)
{
    struct tls *t = io->layer_state;
    ERR_clear_error();
    errno = 0;
    if (SSL_read_ex(t->ssl, buf, cap, n) == 1) {
        io->may_read = true; /* OpenSSL may hold more */
        io->bytes_in += (int64_t)*n;
        return NULL;
    }
    *n = 0;
    int why = SSL_get_error(t->ssl, 0);
    io->may_read = false;
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return NULL;
    /* Few peers send close_notify; without it, the socket ends without an error. */
    if (why != SSL_ERROR_ZERO_RETURN && (why != SSL_ERROR_SYSCALL || errno))
        return failure(E_HTTPS_READ, "read by TLS");
    ERR_clear_error();
    return err_new(E_END_OF_STREAM, "the peer closed the connection");
}

/* Give the held bytes to OpenSSL, which takes all of them or none. */
static struct err *flush(struct io *io)
{
    struct tls *t = io->layer_state;
    size_t      n;
    if (!t->held_len)
        return NULL;
    ERR_clear_error();
    errno = 0;
    if (SSL_write_ex(t->ssl, t->held, t->held_len, &n) == 1) {
        t->held_len = 0;
        return NULL;
    }
    int why = SSL_get_error(t->ssl, 0);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
        return failure(E_SOCKET_WRITE, "write by TLS");
    io->may_write = false;
    return NULL;
}

/* Take bytes over into the record that is being made; returns how many. */
static size_t gather(struct tls *t, const struct iovec *iov, int n_iov, size_t from)
{
    size_t taken = 0;
    for (int i = 0; i < n_iov && t->held_len < sizeof t->held; i++) {
        if (from >= iov[i].iov_len) {
            from -= iov[i].iov_len;
            continue;
        }
        size_t left = iov[i].iov_len - from, room = sizeof t->held - t->held_len;
        size_t len = left < room ? left : room;
        memcpy(t->held + t->held_len, (const uint8_t *)iov[i].iov_base + from, len);
        t->held_len += len;
        taken += len;
        from = 0;
    }
    return taken;
}

static struct err *writev_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n)
{
    struct tls *t = io->layer_state;
    struct err *e = flush(io);
    size_t      more = 1;
    *n = 0;
    while (!e && more && !t->held_len) {
        more = gather(t, iov, n_iov, *n);
        *n += more;
        e = flush(io);
    }
    io->bytes_out += (int64_t)*n;
    return e;
}

static void drain(struct io *io)
{
    err_free(flush(io)); /* the next write finds the error again */
}

static bool is_drained(const struct io *io)
{
    const struct tls *t = io->layer_state;
    return t->held_len == 0;
}

static void say_end(struct io *io)
{
    struct tls *t = io->layer_state;
    if (SSL_is_init_finished(t->ssl))
        SSL_shutdown(t->ssl);
    ERR_clear_error();
}

static void free_tls(struct tls *t)
{
    SSL_free(t->ssl);
    BIO_meth_free(t->method);
    mem_free(t);
}

static void close_layer(struct io *io)
{
    free_tls(io->layer_state);
    io->layer_state = NULL;
}

static const struct io_layer layer = {
    .read_now = read_now,
    .writev_now = writev_now,
    .drain = drain,
    .is_drained = is_drained,
    .say_end = say_end,
    .close = close_layer,
};

/* ---- the handshake ---- */

static struct err *attach(struct io *io, struct tls_ctx *ctx)
{
    struct tls *t = mem_calloc(1, sizeof *t);
    if (!t)
        return err_no_memory();
    t->ssl = SSL_new(ctx->ssl);
    t->method = make_method();
    BIO *bio = t->method ? BIO_new(t->method) : NULL;
    if (!t->ssl || !bio) {
        BIO_free(bio);
        free_tls(t);
        ERR_clear_error();
        return err_no_memory();
    }
    BIO_set_data(bio, io);
    BIO_set_init(bio, 1);
    SSL_set_bio(t->ssl, bio, bio);
    io->layer = &layer;
    io->layer_state = t;
    return NULL;
}

static struct err *handshake_failure(SSL *ssl)
{
    long verdict = SSL_get_verify_result(ssl);
    if (verdict == X509_V_OK)
        return failure(E_HTTPS_HANDSHAKE, "TLS handshake");
    ERR_clear_error();
    return err_new(E_HTTPS_HANDSHAKE, "the peer's certificate: %s", X509_verify_cert_error_string(verdict));
}

static struct err *shake_hands(struct io *io, SSL *ssl, int64_t deadline_us)
{
    struct err *e = NULL;
    while (!e) {
        ERR_clear_error();
        errno = 0;
        int result = SSL_do_handshake(ssl);
        if (result == 1)
            break;
        switch (SSL_get_error(ssl, result)) {
        case SSL_ERROR_WANT_READ: e = io_wait_readable(io, deadline_us); break;
        case SSL_ERROR_WANT_WRITE: e = io_wait_writable(io, deadline_us); break;
        default: e = handshake_failure(ssl);
        }
    }
    io->may_read = true; /* OpenSSL may hold bytes that follow the handshake */
    return e;
}

struct err *tls_connect(struct io *io, struct tls_ctx *ctx, const char *host, int64_t deadline_us)
{
    struct err *e = attach(io, ctx);
    if (e)
        return e;
    SSL *ssl = ((struct tls *)io->layer_state)->ssl;
    if (!tls_expect_name(ssl, host)) {
        ERR_clear_error();
        return err_new(E_HTTPS_HANDSHAKE, "%s is no host name", host);
    }
    SSL_set_connect_state(ssl);
    return err_wrap(shake_hands(io, ssl, deadline_us), "with %s", host);
}
