#define OPENSSL_API_COMPAT 0x30000000L /* later versions hide BIO_meth_get_*() */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "protocol/tls/internal.h"

/* One round of records, and one record that OpenSSL may add. bio.h names the requests of kernel TLS only in a comment. */
enum {
    OUT_CAP = (TLS_ROUND_RECORDS + 1) * SSL3_RT_MAX_PACKET_SIZE,
    CTRL_SET_KTLS = 72,
    CTRL_SET_TYPE = 74, /* BIO_CTRL_SET_KTLS_SEND_CTRL_MSG: the type of the record that follows */
};

/* RFC 8446, 4: a KeyUpdate has a header of four bytes, the first of which is its type, and a body of one. */
enum { KEY_UPDATE_LEN = 5 };

/* Scratch for all connections: filled and emptied between two yields. */
static struct {
    uint8_t bytes[OUT_CAP];
    size_t  len;
} out;

static int bio_read(BIO *bio, char *buf, int cap)
{
    struct tls *t = BIO_get_app_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t got = io_socket_recv(t->io, buf, (size_t)cap);
    if (got > 0)
        return (int)got;
    if (got == 0) {
        t->socket_ended = true;
        return 0;
    }
    if (errno == EAGAIN) {
        t->dry = true;
        BIO_set_retry_read(bio);
    } else {
        t->socket_errno = errno;
    }
    return -1;
}

struct err *tls_bio_seal(struct tls *t, uint8_t type, const struct iovec *iov, int n)
{
    size_t len = seal_record(&t->seal, type, iov, n, out.bytes + out.len);
    out.len += len;
    return len ? NULL : tls_failure(t, E_HTTPS_WRITE);
}

/* Make a record of a message of OpenSSL's own: an alert, a ticket, a key update. */
static bool seal_message(struct tls *t, const char *buf, int len)
{
    struct iovec iov = { .iov_base = (void *)buf, .iov_len = (size_t)len };
    size_t       n = seal_record(&t->seal, t->plain_type, &iov, 1, out.bytes + out.len);
    bool is_update = t->plain_type == SSL3_RT_HANDSHAKE && len == KEY_UPDATE_LEN && buf[0] == SSL3_MT_KEY_UPDATE;
    out.len += n;
    return n && (!is_update || seal_update(&t->seal));
}

static int bio_write(BIO *bio, const char *buf, int len)
{
    struct tls *t = BIO_get_app_data(bio);
    BIO_clear_retry_flags(bio);
    if (t->kernel_sends) /* an alert or a ticket, which must reach the kernel as a record of its own type */
        return BIO_meth_get_write(BIO_s_socket())(bio, buf, len);
    if ((size_t)len + SEAL_OVERHEAD > OUT_CAP - out.len) {
        BIO_set_retry_write(bio);
        return -1;
    }
    if (t->seal.is_on)
        return seal_message(t, buf, len) ? len : -1;
    memcpy(out.bytes + out.len, buf, (size_t)len);
    out.len += (size_t)len;
    return len;
}

/* True when the kernel encrypts from now on: it can, and everything collected before is sent. */
static bool kernel_begins(struct tls *t, BIO *bio, long number, void *keys)
{
    if (!t->kernel_may_send)
        return false;
    struct err *e = tls_bio_push(t);
    t->kernel_sends = !e && !t->unsent && BIO_meth_get_ctrl(BIO_s_socket())(bio, CTRL_SET_KTLS, number, keys) > 0;
    err_free(e);
    return t->kernel_sends;
}

static long bio_ctrl(BIO *bio, int what, long number, void *arg)
{
    struct tls *t = BIO_get_app_data(bio);
    switch (what) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return t->socket_ended;
    case CTRL_SET_KTLS: /* nobody but OpenSSL decrypts */
        return number != 0 && (kernel_begins(t, bio, number, arg) || seal_begin(&t->seal, t->ssl));
    case BIO_CTRL_GET_KTLS_SEND: return t->kernel_sends || t->seal.is_on;
    case CTRL_SET_TYPE: t->plain_type = (uint8_t)number; break;
    default: break;
    }
    return BIO_meth_get_ctrl(BIO_s_socket())(bio, what, number, arg);
}

/*
 * OpenSSL's own socket BIO, except that it reads by io_socket_recv() and writes into `out`. A seal looks to OpenSSL like
 * kernel TLS.
 */
static const BIO_METHOD *bio_method(void)
{
    static BIO_METHOD *method;
    if (method)
        return method;
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "io");
    if (m && BIO_meth_set_read(m, bio_read) && BIO_meth_set_write(m, bio_write) && BIO_meth_set_ctrl(m, bio_ctrl) &&
        BIO_meth_set_create(m, BIO_meth_get_create(BIO_s_socket())) &&
        BIO_meth_set_destroy(m, BIO_meth_get_destroy(BIO_s_socket())))
        method = m;
    else
        BIO_meth_free(m);
    return method;
}

BIO *tls_bio_new(struct tls *t)
{
    const BIO_METHOD *method = bio_method();
    BIO              *bio = method ? BIO_new(method) : NULL;
    if (!bio)
        return NULL;
    if (!BIO_set_app_data(bio, t)) {
        BIO_free(bio);
        return NULL;
    }
    BIO_set_fd(bio, t->io->fd, BIO_NOCLOSE);
    return bio;
}

bool tls_bio_has_room(void)
{
    return out.len + SSL3_RT_MAX_PACKET_SIZE <= TLS_ROUND_RECORDS * SSL3_RT_MAX_PACKET_SIZE;
}

void tls_bio_discard(struct tls *t)
{
    mem_free(t->unsent);
    t->unsent = NULL;
    t->unsent_at = t->unsent_end = 0;
}

struct err *tls_bio_keep(struct tls *t, const uint8_t *bytes, size_t len)
{
    size_t   left = t->unsent_end - t->unsent_at;
    uint8_t *all = NULL;
    if (left + len > TLS_UNSENT_MAX)
        return err_new(E_LIMIT, "the peer makes us answer and does not read: %zu bytes wait", left + len);
    if (!(all = mem_alloc(left + len)))
        return err_no_memory();
    if (left)
        memcpy(all, t->unsent + t->unsent_at, left);
    memcpy(all + left, bytes, len);
    mem_free(t->unsent);
    t->unsent = all;
    t->unsent_at = 0;
    t->unsent_end = left + len;
    return NULL;
}

struct err *tls_bio_push(struct tls *t)
{
    size_t  len = out.len;
    ssize_t sent = 0;
    out.len = 0;
    if (!len)
        return NULL;
    if (!t->unsent)
        sent = io_socket_send(t->io, out.bytes, len);
    if (sent < 0 && errno != EAGAIN) {
        t->socket_errno = errno;
        return err_sys(E_SOCKET_WRITE, "write");
    }
    if (sent < 0)
        sent = 0;
    return (size_t)sent < len ? tls_bio_keep(t, out.bytes + sent, len - (size_t)sent) : NULL;
}

void tls_bio_drain(struct tls *t)
{
    if (!t->unsent)
        return;
    ssize_t sent = io_socket_send(t->io, t->unsent + t->unsent_at, t->unsent_end - t->unsent_at);
    if (sent < 0 && errno == EAGAIN)
        return;
    if (sent < 0)
        t->socket_errno = errno; /* reported by the next write */
    else
        t->unsent_at += (size_t)sent;
    if (sent < 0 || t->unsent_at == t->unsent_end)
        tls_bio_discard(t);
}
