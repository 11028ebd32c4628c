/**
 * Sockets for coroutines: every wait has a deadline, every wait can be cancelled.
 *
 * A socket is registered once, edge-triggered, in state-threads' epoll set; from then on reading and writing
 * cost no system call but recv() and writev() themselves (state-threads' own poll would add two epoll_ctl() calls
 * to each wait). One coroutine at a time owns an io; readiness unparks it. Other descriptors that can be
 * watched (eventfd, signalfd, inotify) may be an io too: io_wait_readable(), read(), io_drained().
 *
 * A layer may lie between an io and its socket (TLS: protocol/tls/tls.h). Whoever reads and writes by the calls below
 * does not know: what it reads, writes and counts is the payload.
 *
 * Units      deadlines are absolute now_us() times
 * Errors     E_SOCKET_READ, E_SOCKET_WRITE (errno kept), E_SOCKET_TIMEOUT, E_END_OF_STREAM,
 *            E_THREAD_INTERRUPTED when the coroutine is cancelled
 */
#ifndef PROTOCOL_IO_H
#define PROTOCOL_IO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"

struct co;
struct io;

/**
 * What lies between an io and its socket: it reads and writes by io_socket_recv() and io_socket_send(). None of these
 * yields. io->may_read and io->may_write say what holds above the layer: may_read stays true while the layer holds
 * bytes that nobody has read, may_write is false while it holds bytes that the socket did not take.
 */
struct io_layer {
    struct err *(*read_now)(struct io *io, void *buf, size_t cap, size_t *n);
    struct err *(*writev_now)(struct io *io, const struct iovec *iov, int n_iov, size_t *n);
    void (*drain)(struct io *io); /* the socket takes bytes again: give it what it did not take */
    bool (*is_drained)(const struct io *io);
    void (*say_end)(struct io *io); /* nothing more will be written */
    void (*close)(struct io *io);   /* the socket is still open; frees the layer */
};

struct io {
    int        fd;
    bool       may_read, may_write; /* what the last edge promised and no EAGAIN has taken back */
    bool       hung_up;             /* the peer closed its half: read on until 0 */
    struct co *owner;               /* unparked when readiness changes */
    int64_t    bytes_in, bytes_out; /* of payload: as whoever reads and writes counts them */
    int64_t    turn_began;          /* bytes_in when others ran last: io_read() */

    const struct io_layer *layer; /* NULL: bytes go as they are */
    void                  *layer_state;

    struct list watched; /* in the list of peer_watch.h; all zero: in none */
};

/** One line "127.0.0.1:41222" or "[::1]:1935" needs this much. */
enum { IO_ADDR_CAP = INET6_ADDRSTRLEN + 9 };

/** Needs co_init(). */
void io_init(void);

/**
 * Take a connected or listening socket over: makes it non-blocking and watches it for the running coroutine.
 *
 * Ownership  the socket is the io's, also after an error: io_close() closes it
 */
struct err *io_open(struct io *io, int fd) ATTR_MUST_USE;

/**
 * Closes the socket. Takes an io that was never opened (fd -1 or all zero with fd -1). What a layer could not yet give
 * to the socket is lost: io_write() and io_linger() wait for that.
 */
void io_close(struct io *io);

/**
 * Say that nothing more will be sent, and take in what the peer still sends, until it closes or the
 * deadline: closing at once would make the kernel throw away our last words. Yields.
 */
void io_linger(struct io *io, int64_t deadline_us);

/**
 * Stop, or go on, waking the owner for input: for a caller that reads by the clock (io_look_again(), then a read that does not
 * wait). What ends the connection wakes it all the same.
 */
void io_mute_input(struct io *io, bool mute);

/** There may be input, though no edge has said so. */
static inline void io_look_again(struct io *io)
{
    io->may_read = true;
}

/** Hand the io to another coroutine, which is unparked from then on. */
void io_set_owner(struct io *io, struct co *owner);

/** True while reading would not block (data, end or error), as far as known: costs nothing. */
static inline bool io_is_readable(const struct io *io)
{
    return io->may_read;
}

/**
 * Read what is there, at least one byte. Storage is touched only right before it returns, so one
 * buffer may serve all coroutines if it is consumed before the next yield.
 * Yields when nothing is there, and now and then while there is: a peer that floods does not keep the loop, nor go on
 * beyond the deadline.
 */
struct err *io_read(struct io *io, void *buf, size_t cap, size_t *n, int64_t deadline_us) ATTR_MUST_USE;

/** As io_read, but never waits: *n is 0 when nothing is there. */
struct err *io_read_now(struct io *io, void *buf, size_t cap, size_t *n) ATTR_MUST_USE;

/** Exactly `len` bytes. Yields. */
struct err *io_read_full(struct io *io, void *buf, size_t len, int64_t deadline_us) ATTR_MUST_USE;

/** All of it, until the kernel has it. Yields. */
struct err *io_write(struct io *io, const void *buf, size_t len, int64_t deadline_us) ATTR_MUST_USE;

/** The same for a peer that may be slow: the wait ends as that of io_wait_taken(). Yields. */
struct err *io_write_taken(struct io *io, const void *buf, size_t len, int64_t silence_us) ATTR_MUST_USE;

/** What fits now, never waits: *n may be 0 or less than the sum. */
struct err *io_writev_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n) ATTR_MUST_USE;

/**
 * The socket below all layers, for layers: recv() into `buf`, send() of `len` bytes, as far as the flags say that it
 * could go; a flag that is false is answered without a system call. What the flags say afterwards is about the socket.
 *
 * Returns    bytes; 0 of recv: the end; -1: errno, EAGAIN for not now
 */
ssize_t io_socket_recv(struct io *io, void *buf, size_t cap);
ssize_t io_socket_send(struct io *io, const void *buf, size_t len);

/** io_writev_now() below all layers: for a layer whose work the kernel does. */
struct err *io_socket_writev(struct io *io, const struct iovec *iov, int n_iov, size_t *n) ATTR_MUST_USE;

/** As io_writev_now(); more follows at once, so the kernel may hold back what fills no packet. */
struct err *io_writev_more_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n) ATTR_MUST_USE;

/**
 * Bytes of a file from *at, as many as fit now; moves *at. Never waits for the socket, but for the disk if they are not in
 * the page cache: the caller sees to that. Only for an io without a layer.
 *
 * Errors     E_SYSTEM_FILE_EOF when the file ends before, E_SYSTEM_FILE_READ, the socket's
 */
struct err *io_sendfile_now(struct io *io, int file, int64_t *at, size_t len, size_t *n) ATTR_MUST_USE;

/** The caller read from the descriptor itself and has met EAGAIN: wait for the next edge from now on. */
static inline void io_drained(struct io *io)
{
    io->may_read = false;
}

/**
 * Wait until something can be read, or written. Before a timeout is judged the socket is looked at once more, and a
 * deadline that fell into a standstill of the process is moved behind it (co_deadline()): what came in time is read. Yields.
 */
struct err *io_wait_readable(struct io *io, int64_t deadline_us) ATTR_MUST_USE;
struct err *io_wait_writable(struct io *io, int64_t deadline_us) ATTR_MUST_USE;

/**
 * Wait until something can be written, for a peer that may be slow: a timeout means that its kernel has acknowledged nothing
 * for `silence_us` (and for as long as two segments take at 1 KB/s: with less room than that a kernel tells of none).
 * Yields.
 */
struct err *io_wait_taken(struct io *io, int64_t silence_us) ATTR_MUST_USE;

/** A listening TCP socket. `reuse_port` lets a second process share it; otherwise a taken port is an error. */
struct err *io_listen(int *fd, const struct sockaddr *addr, socklen_t len, bool reuse_port) ATTR_MUST_USE;

/**
 * A UDP socket at an address, likewise. Its io is used with io_wait_readable(), recvmmsg() or recvfrom() till EAGAIN, and
 * io_drained(); writes are sendto() or sendmmsg(), and a datagram that the socket does not take is lost.
 */
struct err *io_bind(int *fd, const struct sockaddr *addr, socklen_t len, bool reuse_port) ATTR_MUST_USE;

/** Connect a TCP socket to an address; after an error the io is closed. Yields. */
struct err *io_connect(struct io *io, const struct sockaddr *addr, socklen_t len, int64_t deadline_us) ATTR_MUST_USE;

/** "1.2.3.4" or "::1" without port (IPv4-mapped addresses as IPv4); and with port. */
const char *io_addr_host(const struct sockaddr *addr, char *buf, size_t cap);
const char *io_addr_text(const struct sockaddr *addr, char buf[static IO_ADDR_CAP]);

/** The parts of that text: io_addr_join() makes it of what io_addr_host() and io_addr_port() give. */
uint16_t    io_addr_port(const struct sockaddr *addr);
const char *io_addr_join(const char *host, uint16_t port, char buf[static IO_ADDR_CAP]);

#endif
