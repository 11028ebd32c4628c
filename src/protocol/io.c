#include "protocol/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <poll.h>
#include <st.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "core/iov.h"
#include "core/str.h"
#include "protocol/co.h"

enum { LISTEN_BACKLOG = SOMAXCONN };

/* Bytes that are read before other coroutines run. */
enum { TURN_BYTES = 64 << 10 };

/* A bit that marks our events among those of state-threads, whose data.u64 is a descriptor. */
static const uint64_t OURS = UINT64_C(1) << 63;

void io_peer_left(struct io *io)
{
    io->hung_up = true;
    io->may_read = true; /* reading tells the end */
    if (io->ends_owner)
        co_cancel(io->owner);
    else
        co_unpark(io->owner);
}

void io_end_with_peer(struct io *io, bool on)
{
    io->ends_owner = on;
    if (on && io->hung_up)
        co_cancel(io->owner);
}

/*
 * Turn the kernel's edges into flags and wake-ups. state-threads calls it with the events of one epoll_wait(), before a
 * coroutine runs. io_close() takes a socket out of the set, so no event can point to an io that is gone.
 */
static int take_events(struct epoll_event *events, int count)
{
    int n_left = 0;
    for (int i = 0; i < count; i++) {
        if (!(events[i].data.u64 & OURS)) {
            events[n_left++] = events[i];
            continue;
        }
        struct io *io = (struct io *)(uintptr_t)(events[i].data.u64 & ~OURS);
        uint32_t   what = events[i].events;
        if (what & (EPOLLERR | EPOLLHUP | EPOLLRDHUP))
            io_peer_left(io);
        if (what & EPOLLIN)
            io->may_read = true;
        if (what & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
            io->may_write = true;
            if (io->layer)
                io->layer->drain(io);
        }
        co_unpark(io->owner);
    }
    return n_left;
}

void io_init(void)
{
    st_set_epoll_hook(take_events);
}

static struct epoll_event interest(struct io *io, uint32_t what)
{
    return (struct epoll_event){ .events = what | EPOLLRDHUP | EPOLLET, .data.u64 = (uint64_t)(uintptr_t)io | OURS };
}

struct err *io_open(struct io *io, int fd)
{
    *io = (struct io){ .fd = fd, .may_read = true, .may_write = true, .owner = co_self() };
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return err_sys(E_ST_OPEN_SOCKET, "make socket %d non-blocking", fd);
    struct epoll_event wanted = interest(io, EPOLLIN | EPOLLOUT);
    if (epoll_ctl(st_epoll_descriptor(), EPOLL_CTL_ADD, fd, &wanted) < 0)
        return err_sys(E_ST_OPEN_SOCKET, "watch socket %d", fd);
    return NULL;
}

void io_close(struct io *io)
{
    if (io->fd < 0)
        return;
    if (io->layer)
        io->layer->close(io);
    io->layer = NULL;
    if (io->watched.next)
        list_remove(&io->watched);
    epoll_ctl(st_epoll_descriptor(), EPOLL_CTL_DEL, io->fd, NULL); /* A child process may still have a copy. */
    close(io->fd);
    io->fd = -1;
}

/* The limit of a write: a deadline, or the longest silence of the peer. */
struct patience {
    int64_t deadline_us; /* DEADLINE_NEVER: only silence_us limits the write */
    int64_t silence_us;
};

static struct err *wait_for_room(struct io *io, struct patience p)
{
    return p.deadline_us == DEADLINE_NEVER && p.silence_us ? io_wait_taken(io, p.silence_us, DEADLINE_NEVER)
                                                           : io_wait_writable(io, p.deadline_us);
}

/* Wait until the kernel has the bytes that a layer still holds. */
static struct err *drain_layer(struct io *io, struct patience p)
{
    struct err *e = NULL;
    while (!e && io->layer && !io->layer->is_drained(io))
        e = wait_for_room(io, p);
    return e;
}

void io_linger(struct io *io, int64_t deadline_us)
{
    char   unread[512];
    size_t n;
    if (io->layer)
        io->layer->say_end(io);
    struct err *e = drain_layer(io, (struct patience){ .deadline_us = deadline_us });
    if (shutdown(io->fd, SHUT_WR) < 0) {
        err_free(e);
        return;
    }
    while (!e)
        e = io_read(io, unread, sizeof unread, &n, deadline_us);
    err_free(e);
}

void io_mute_input(struct io *io, bool mute)
{
    struct epoll_event wanted = interest(io, mute ? EPOLLOUT : EPOLLIN | EPOLLOUT);
    epoll_ctl(st_epoll_descriptor(), EPOLL_CTL_MOD, io->fd, &wanted); /* It fails only for a closed socket. */
    io->may_read = true;                                              /* Bytes that came meanwhile made no edge. */
}

void io_set_owner(struct io *io, struct co *owner)
{
    io->owner = owner;
}

/* Ask the kernel for readiness without an edge: input is muted, or the edge waits behind a thousand others. */
static bool look(struct io *io, const bool *flag)
{
    bool          for_input = flag == &io->may_read;
    struct pollfd p = { .fd = io->fd, .events = for_input ? POLLIN : POLLOUT };
    if (poll(&p, 1, 0) <= 0)
        return false;
    if (for_input) {
        io->may_read = true;
    } else {
        io->may_write = true;
        if (io->layer)
            io->layer->drain(io);
    }
    return *flag;
}

/* Park until an edge sets the flag. A deadline is judged after a last look at the socket. */
static struct err *wait_for(struct io *io, const bool *flag, int64_t deadline_us)
{
    io->owner = co_self();
    while (!*flag) {
        struct err *e = co_park(co_deadline(deadline_us));
        if (err_code(e) == E_SOCKET_TIMEOUT && (now_us() < co_deadline(deadline_us) || look(io, flag))) {
            err_free(e);
            continue;
        }
        if (e)
            return e;
    }
    return co_is_cancelled(co_self()) ? err_new(E_THREAD_INTERRUPTED, "cancelled") : NULL;
}

struct err *io_wait_readable(struct io *io, int64_t deadline_us)
{
    return wait_for(io, &io->may_read, deadline_us);
}

struct err *io_wait_writable(struct io *io, int64_t deadline_us)
{
    return wait_for(io, &io->may_write, deadline_us);
}

uint64_t io_acknowledged(const struct io *io, int64_t *two_segments_us)
{
    enum { SLOWEST_BYTES_PER_S = 1000 };
    if (io->layer && io->layer->acknowledged)
        return io->layer->acknowledged(io, two_segments_us);
    struct tcp_info info = { 0 };
    socklen_t       len = sizeof info;
    if (getsockopt(io->fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
        return 0;
    *two_segments_us = 2 * (int64_t)info.tcpi_snd_mss * US_PER_SECOND / SLOWEST_BYTES_PER_S;
    return info.tcpi_bytes_acked;
}

struct err *io_wait_taken(struct io *io, int64_t silence_us, int64_t deadline_us)
{
    enum { LOOKS = 8 }; /* checks of the acknowledged bytes during a silence */
    if (io->may_write && !co_is_cancelled(co_self()))
        return NULL;
    int64_t     since_us = now_us(), more_us = 0;
    uint64_t    before = io->may_write ? 0 : io_acknowledged(io, &more_us);
    struct err *e;
    for (;;) {
        int64_t look_us = now_us() + silence_us / LOOKS;
        e = io_wait_writable(io, look_us < deadline_us ? look_us : deadline_us);
        if (err_code(e) != E_SOCKET_TIMEOUT)
            return e;
        uint64_t after = io_acknowledged(io, &more_us);
        since_us = after == before ? since_us : now_us();
        before = after;
        if (now_us() >= co_deadline(since_us + silence_us + more_us) || now_us() >= co_deadline(deadline_us))
            return e;
        err_free(e);
    }
}

ssize_t io_socket_recv(struct io *io, void *buf, size_t cap)
{
    while (io->may_read) {
        ssize_t got = recv(io->fd, buf, cap, 0);
        /* With less than was asked for, the queue is empty, and more bytes make a new edge, unless the end is in it. */
        if (got > 0 && (size_t)got < cap && !io->hung_up)
            io->may_read = false;
        if (got >= 0)
            return got;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            io->may_read = false;
        else if (errno != EINTR)
            return -1;
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
    if (got > 0) {
        io->bytes_in += got;
        *n = (size_t)got;
        return NULL;
    }
    if (got == 0)
        return err_new(E_END_OF_STREAM, "the peer closed the connection");
    return errno == EAGAIN ? NULL : err_sys(E_SOCKET_READ, "read");
}

/* Give way from time to time to other coroutines, and check the deadline: a peer that floods never makes a read wait. */
static struct err *end_turn(struct io *io, int64_t deadline_us)
{
    if (io->bytes_in - io->turn_began < TURN_BYTES)
        return NULL;
    co_give_way();
    io->turn_began = io->bytes_in;
    return now_us() < co_deadline(deadline_us) ? NULL : err_new(E_SOCKET_TIMEOUT, "it went on beyond its deadline");
}

struct err *io_read(struct io *io, void *buf, size_t cap, size_t *n, int64_t deadline_us)
{
    for (;;) {
        struct err *e = end_turn(io, deadline_us);
        if (!e)
            e = io_wait_readable(io, deadline_us);
        if (!e)
            e = io_read_now(io, buf, cap, n);
        if (e || *n > 0)
            return e;
    }
}

struct err *io_peek(struct io *io, void *buf, size_t cap, size_t *n, int64_t deadline_us)
{
    struct err *e;
    while (!(e = io_wait_readable(io, deadline_us))) {
        ssize_t got = recv(io->fd, buf, cap, MSG_PEEK);
        if (got > 0) {
            *n = (size_t)got;
            return NULL;
        }
        if (got == 0)
            return err_new(E_END_OF_STREAM, "the peer closed the connection");
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            io->may_read = false;
        else if (errno != EINTR)
            return err_sys(E_SOCKET_READ, "peek");
    }
    return e;
}

struct err *io_read_full(struct io *io, void *buf, size_t len, int64_t deadline_us)
{
    uint8_t *p = buf;
    while (len > 0) {
        size_t      n;
        struct err *e = io_read(io, p, len, &n, deadline_us);
        if (e)
            return e; /* cppcheck-suppress returnDanglingLifetime; cppcheck mistakes the error of a layer for &n. */
        p += n;
        len -= n;
    }
    return NULL;
}

/* Make one send() or sendmsg() of `want` bytes. */
static ssize_t send_iov(struct io *io, const struct iovec *iov, int n_iov, size_t want, int flags)
{
    while (io->may_write) {
        struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)n_iov };
        ssize_t       sent = n_iov == 1 ? send(io->fd, iov->iov_base, iov->iov_len, flags | MSG_NOSIGNAL)
                                        : sendmsg(io->fd, &msg, flags | MSG_NOSIGNAL);
        if (sent >= 0) {
            if ((size_t)sent < want)
                io->may_write = false; /* the send buffer is full: the kernel will tell when it drains */
            return sent;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            io->may_write = false;
        else if (errno != EINTR)
            return -1;
    }
    errno = EAGAIN;
    return -1;
}

ssize_t io_socket_send(struct io *io, const void *buf, size_t len)
{
    struct iovec iov = { .iov_base = (void *)buf, .iov_len = len };
    return send_iov(io, &iov, 1, len, 0);
}

static struct err *write_iov(struct io *io, const struct iovec *iov, int n_iov, size_t *n, int flags)
{
    size_t  want = iov_sum(iov, n_iov);
    ssize_t sent = send_iov(io, iov, n_iov, want, flags);
    *n = sent > 0 ? (size_t)sent : 0;
    io->bytes_out += (int64_t)*n;
    return sent >= 0 || errno == EAGAIN ? NULL : err_sys(E_SOCKET_WRITE, "write");
}

struct err *io_socket_writev(struct io *io, const struct iovec *iov, int n_iov, size_t *n)
{
    return write_iov(io, iov, n_iov, n, 0);
}

struct err *io_writev_more_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n)
{
    *n = 0;
    return io->layer ? io->layer->writev_now(io, iov, n_iov, n) : write_iov(io, iov, n_iov, n, MSG_MORE);
}

struct err *io_writev_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n)
{
    *n = 0;
    return io->layer ? io->layer->writev_now(io, iov, n_iov, n) : io_socket_writev(io, iov, n_iov, n);
}

struct err *io_sendfile_now(struct io *io, int file, int64_t *at, size_t len, size_t *n)
{
    *n = 0;
    while (io->may_write) {
        off_t   from = *at;
        ssize_t sent = sendfile(io->fd, file, &from, len);
        if (sent > 0) {
            io->bytes_out += sent; /* With fewer bytes, the buffer is full or the file ends; the next call finds out. */
            *at += sent;
            *n = (size_t)sent;
            return NULL;
        }
        if (sent == 0)
            return err_new(E_SYSTEM_FILE_EOF, "the file ends at byte %lld", (long long)*at);
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            io->may_write = false;
        else if (errno == EIO || errno == EINVAL)
            return err_sys(E_SYSTEM_FILE_READ, "read the file at byte %lld", (long long)*at);
        else if (errno != EINTR)
            return err_sys(E_SOCKET_WRITE, "write");
    }
    return NULL;
}

static struct err *write_all(struct io *io, const void *buf, size_t len, struct patience patience)
{
    const uint8_t *p = buf;
    while (len > 0) {
        size_t       n;
        struct iovec iov = { .iov_base = (void *)p, .iov_len = len };
        struct err  *e = wait_for_room(io, patience);
        if (!e)
            e = io_writev_now(io, &iov, 1, &n);
        if (e)
            return e;
        p += n;
        len -= n;
    }
    return drain_layer(io, patience);
}

struct err *io_write(struct io *io, const void *buf, size_t len, int64_t deadline_us)
{
    return write_all(io, buf, len, (struct patience){ .deadline_us = deadline_us });
}

struct err *io_write_taken(struct io *io, const void *buf, size_t len, int64_t silence_us)
{
    return write_all(io, buf, len, (struct patience){ .deadline_us = DEADLINE_NEVER, .silence_us = silence_us });
}

static struct err *set_options(int fd, bool is_tcp, const struct sockaddr *addr, bool reuse_port)
{
    static const int on = 1;
    /* For UDP this would let two sockets have the same address. */
    if (is_tcp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return err_sys(E_SOCKET_SETREUSEADDR, "SO_REUSEADDR");
    if (reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0)
        return err_sys(E_SOCKET_SETREUSE, "SO_REUSEPORT");
    /* "::" must not take the IPv4 port too, or `listen 1935 [::]:1935` would collide with itself. */
    if (addr->sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0)
        return err_sys(E_SOCKET_SETREUSEADDR, "IPV6_V6ONLY");
    return NULL;
}

static struct err *open_at(int *fd, bool is_tcp, const struct sockaddr *addr, socklen_t len, bool reuse_port)
{
    const char *scheme = is_tcp ? "tcp" : "udp";
    char        text[IO_ADDR_CAP];
    io_addr_text(addr, text);
    *fd = socket(addr->sa_family, (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return err_sys(E_SOCKET_CREATE, "create a socket for %s://%s", scheme, text);
    struct err *e = err_wrap(set_options(*fd, is_tcp, addr, reuse_port), "%s://%s", scheme, text);
    if (!e && bind(*fd, addr, len) < 0)
        e = err_sys(E_SOCKET_BIND, "bind %s://%s: %s", scheme, text, strerror(errno));
    if (!e && is_tcp && listen(*fd, LISTEN_BACKLOG) < 0)
        e = err_sys(E_SOCKET_LISTEN, "listen at tcp://%s: %s", text, strerror(errno));
    if (e) {
        close(*fd);
        *fd = -1;
    }
    return e;
}

struct err *io_listen(int *fd, const struct sockaddr *addr, socklen_t len, bool reuse_port)
{
    return open_at(fd, true, addr, len, reuse_port);
}

struct err *io_bind(int *fd, const struct sockaddr *addr, socklen_t len, bool reuse_port)
{
    return open_at(fd, false, addr, len, reuse_port);
}

struct err *io_connect(struct io *io, const struct sockaddr *addr, socklen_t len, int64_t deadline_us)
{
    char text[IO_ADDR_CAP];
    *io = (struct io){ .fd = -1 };
    int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_sys(E_SOCKET_CREATE, "create a socket to %s", io_addr_text(addr, text));
    int connected = connect(fd, addr, len);
    if (connected < 0 && errno != EINPROGRESS) {
        struct err *e = err_sys(E_SOCKET_CONNECT, "connect to %s: %s", io_addr_text(addr, text), strerror(errno));
        close(fd);
        return e;
    }
    struct err *e = io_open(io, fd);
    if (!e && connected < 0) {
        io->may_write = io->may_read = false;
        e = io_wait_writable(io, deadline_us);
        int       failure = 0;
        socklen_t size = sizeof failure;
        if (!e && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure) {
            errno = failure;
            e = err_sys(E_SOCKET_CONNECT, "connect to %s: %s", io_addr_text(addr, text), strerror(failure));
        }
    }
    if (e)
        io_close(io);
    return e;
}
