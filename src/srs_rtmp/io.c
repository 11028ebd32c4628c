/*
 * The part of protocol/io.h that a connection of the library needs, for a thread that blocks. Readiness is asked for by poll()
 * when a call has to wait.
 */
#include "protocol/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/iov.h"
#include "srs_rtmp/handle.h"

/* ---- waiting ---- */

/* The rest of the time for poll(), rounded up, so that it does not return before the deadline. */
static int ms_until(int64_t deadline_us)
{
    enum { LONGEST_MS = 60 * 60 * 1000 };
    int64_t left_us = deadline_us - now_us();
    int64_t left_ms = left_us / US_PER_MS + (left_us % US_PER_MS > 0);
    return left_us <= 0 ? 0 : left_ms > LONGEST_MS ? LONGEST_MS : (int)left_ms;
}

static struct err *wait_for(struct io *io, bool *flag, short events, int64_t deadline_us)
{
    while (!*flag) {
        struct pollfd p = { .fd = io->fd, .events = events };
        int           n = poll(&p, 1, ms_until(deadline_us));
        if (n < 0 && errno != EINTR)
            return err_sys(E_SOCKET_WAIT, "wait for the socket: %s", strerror(errno));
        *flag = n > 0;
        if (n > 0 && events == POLLOUT && io->layer)
            io->layer->drain(io);
        if (n == 0 && now_us() >= deadline_us)
            return err_new(E_SOCKET_TIMEOUT, "timed out");
    }
    return NULL;
}

struct err *io_wait_readable(struct io *io, int64_t deadline_us)
{
    return wait_for(io, &io->may_read, POLLIN, deadline_us);
}

struct err *io_wait_writable(struct io *io, int64_t deadline_us)
{
    return wait_for(io, &io->may_write, POLLOUT, deadline_us);
}

/* ---- open and close ---- */

struct err *io_open(struct io *io, int fd)
{
    *io = (struct io){ .fd = fd, .may_read = true, .may_write = true };
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return err_sys(E_ST_OPEN_SOCKET, "make the socket non-blocking");
    return NULL;
}

void io_close(struct io *io)
{
    if (io->fd < 0)
        return;
    if (io->layer)
        io->layer->close(io);
    io->layer = NULL;
    close(io->fd);
    io->fd = -1;
}

static struct err *finish_connect(struct io *io, int64_t deadline_us)
{
    int         failure = 0;
    socklen_t   len = sizeof failure;
    struct err *e = io_wait_writable(io, deadline_us);
    if (e || getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &failure, &len) < 0 || failure == 0)
        return e;
    errno = failure;
    return err_sys(E_SOCKET_CONNECT, "%s", strerror(failure));
}

struct err *io_connect(struct io *io, const struct sockaddr *addr, socklen_t len, int64_t deadline_us)
{
    int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    *io = (struct io){ .fd = fd, .may_read = true };
    if (fd < 0)
        return err_sys(E_SOCKET_CREATE, "create a socket: %s", strerror(errno));
    struct err *e = NULL;
    io->may_write = connect(fd, addr, len) == 0;
    if (!io->may_write && errno != EINPROGRESS && errno != EINTR)
        e = err_sys(E_SOCKET_CONNECT, "%s", strerror(errno));
    else if (!io->may_write)
        e = finish_connect(io, deadline_us);
    if (e)
        io_close(io);
    return e;
}

/* ---- reading ---- */

ssize_t io_socket_recv(struct io *io, void *buf, size_t cap)
{
    while (io->may_read) {
        ssize_t got = recv(io->fd, buf, cap, 0);
        io->may_read = got == 0 || got == (ssize_t)cap || (got < 0 && errno == EINTR);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN))
            return got;
    }
    errno = EAGAIN;
    return -1;
}

struct err *io_read_now(struct io *io, void *buf, size_t cap, size_t *n)
{
    *n = 0;
    if (io->layer)
        return io->layer->read_now(io, buf, cap, n);
    ssize_t got = io_socket_recv(io, buf, cap);
    if (got == 0)
        return err_new(E_END_OF_STREAM, "the peer closed the connection");
    if (got < 0)
        return errno == EAGAIN ? NULL : err_sys(E_SOCKET_READ, "read: %s", strerror(errno));
    io->bytes_in += got;
    *n = (size_t)got;
    return NULL;
}

struct err *io_read_full(struct io *io, void *buf, size_t len, int64_t deadline_us)
{
    struct err *e = NULL;
    for (size_t at = 0, n = 0; !e && at < len; at += n) {
        n = 0;
        e = io_wait_readable(io, deadline_us);
        if (!e)
            e = io_read_now(io, (uint8_t *)buf + at, len - at, &n);
    }
    return e;
}

/* ---- writing ---- */

struct err *io_socket_writev(struct io *io, const struct iovec *iov, int n_iov, size_t *n)
{
    struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)n_iov };
    *n = 0;
    while (io->may_write) {
        ssize_t sent = sendmsg(io->fd, &msg, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR && errno != EAGAIN)
            return err_sys(E_SOCKET_WRITE, "write: %s", strerror(errno));
        io->may_write = sent == (ssize_t)iov_sum(iov, n_iov) || (sent < 0 && errno == EINTR);
        if (sent >= 0) {
            *n = (size_t)sent;
            break;
        }
    }
    return NULL;
}

struct err *io_writev_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n)
{
    if (io->layer)
        return io->layer->writev_now(io, iov, n_iov, n);
    struct err *e = io_socket_writev(io, iov, n_iov, n);
    io->bytes_out += (int64_t)*n;
    return e;
}

static bool is_drained(const struct io *io)
{
    return !io->layer || io->layer->is_drained(io);
}

struct err *io_write(struct io *io, const void *buf, size_t len, int64_t deadline_us)
{
    struct err *e = NULL;
    for (size_t at = 0; !e && (at < len || !is_drained(io));) {
        size_t       n = 0;
        struct iovec iov = { .iov_base = (uint8_t *)buf + at, .iov_len = len - at };
        e = io_wait_writable(io, deadline_us);
        if (!e) /* Without further bytes, a layer sends those that it holds. */
            e = io_writev_now(io, &iov, 1, &n);
        at += n;
    }
    return e;
}

/*
 * The call that has caused the answer ends at its deadline, too. A timeout is an error of the socket here: an answer that is written
 * in part breaks the connection, unlike a read that timed out.
 */
struct err *io_write_taken(struct io *io, const void *buf, size_t len, int64_t silence_us)
{
    int64_t     silent_until_us = now_us() + silence_us, deadline_us = handle_of(io)->deadline_us;
    struct err *e = io_write(io, buf, len, silent_until_us < deadline_us ? silent_until_us : deadline_us);
    if (err_code(e) != E_SOCKET_TIMEOUT)
        return e;
    err_free(e);
    return err_new(E_SOCKET_WRITE, "the peer takes no bytes");
}

void io_linger(struct io *io, int64_t deadline_us)
{
    char        unread[4096];
    struct err *e = io_write(io, "", 0, deadline_us);
    if (io->layer)
        io->layer->say_end(io);
    if (shutdown(io->fd, SHUT_WR) < 0 && !e)
        return;
    while (!e && now_us() < deadline_us) {
        size_t n;
        e = io_wait_readable(io, deadline_us);
        if (!e)
            e = io_read_now(io, unread, sizeof unread, &n);
    }
    err_free(e);
}
