#include "tls_socket.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tool.h"

/* A tls_socket is an SSL under another type. */
static SSL *ssl_of(struct tls_socket *t)
{
    return (SSL *)t;
}

static SSL_CTX *context(void)
{
    static SSL_CTX *one; /* shared by all, for the life of the process */
    if (!one && !(one = SSL_CTX_new(TLS_client_method())))
        die("no TLS");
    SSL_CTX_set_verify(one, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(one, SSL_MODE_RELEASE_BUFFERS);
    return one;
}

struct tls_socket *tls_socket_open(int fd)
{
    SSL *ssl = SSL_new(context());
    if (ssl && SSL_set_fd(ssl, fd) == 1)
        SSL_set_connect_state(ssl);
    return (struct tls_socket *)ssl;
}

void tls_socket_close(struct tls_socket *t)
{
    SSL_free(ssl_of(t));
}

/* Convert a result of OpenSSL to that of recv(). */
static ssize_t outcome(struct tls_socket *t, int answer)
{
    int system_error = errno;
    if (answer > 0)
        return answer;
    switch (SSL_get_error(ssl_of(t), answer)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL: errno = system_error ? system_error : ECONNRESET; return -1;
    default: errno = EPROTO; return -1;
    }
}

int tls_socket_shake(struct tls_socket *t)
{
    ERR_clear_error();
    ssize_t n = outcome(t, SSL_do_handshake(ssl_of(t)));
    if (n == 0)
        errno = ECONNRESET;
    return n > 0 ? 1 : -1;
}

ssize_t tls_socket_receive(struct tls_socket *t, void *buf, size_t cap)
{
    size_t got = 0;
    while (cap - got >= TLS_SOCKET_RECORD_MAX) {
        ERR_clear_error();
        ssize_t n = outcome(t, SSL_read(ssl_of(t), (char *)buf + got, TLS_SOCKET_RECORD_MAX));
        if (n <= 0)
            return got ? (ssize_t)got : n;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

ssize_t tls_socket_send(struct tls_socket *t, const void *bytes, size_t len)
{
    ERR_clear_error();
    return outcome(t, SSL_write(ssl_of(t), bytes, (int)len));
}
