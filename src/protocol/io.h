/**
 * Sockets for coroutines: every wait has a deadline and can be cancelled.
 *
 * A socket is registered once, edge-triggered, in state-threads' epoll set. After that, reading and writing need no system
 * call except recv() and writev() (state-threads' own poll would add two epoll_ctl() calls to each wait). One coroutine at a
 * time owns an io, and readiness unparks it. Other descriptors that can be watched (eventfd, signalfd, inotify) may also be
 * an io: io_wait_readable(), read(), io_drained().
 *
 * A layer may lie between an io and its socket (TLS: protocol/tls/tls.h). Callers of the functions below do not notice it: they
 * read, write and count payload.
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
 * A layer between an io and its socket. It reads and writes by io_socket_recv() and io_socket_send(). None of these functions
 * yields. io->may_read and io->may_write describe the state above the layer: may_read stays true while the layer holds unread
 * bytes, and may_write is false while it holds bytes that the socket did not take.
 */
enum { IO_ENCODE_PIECES = 64 };

struct io_layer {
    struct err *(*read_now)(struct io *io, void *buf, size_t cap, size_t *n);
    struct err *(*writev_now)(struct io *io, const struct iovec *iov, int n_iov, size_t *n);
    void (*drain)(struct io *io); /* Gives held bytes to the socket, which takes bytes again. */
    bool (*is_drained)(const struct io *io);
    void (*say_end)(struct io *io); /* Tells the peer that nothing more will be written. */
    void (*close)(struct io *io);   /* Frees the layer while the socket is still open. */
    uint64_t (*acknowledged)(const struct io *io,
                             int64_t         *two_segments_us); /* as io_acknowledged(); NULL: the socket's */

    /*
     * For send_ring.h; a layer without queued writes has NULL in all of these. encode() takes over all bytes and writes to `out`
     * what the socket must get; there are at most IO_ENCODE_PIECES of them. It returns the length of that; 0: it took over nothing, and writev_now() must be called.
     * may_encode() tells whether it would take over `len` bytes; then 0 means that the connection has failed. Before any other
     * call, keep() gets the part that the socket did not take. It returns false when it cannot keep it: the connection has failed.
     */
    bool (*may_encode)(const struct io *io, size_t len, size_t cap);
    size_t (*encode)(struct io *io, const struct iovec *iov, int n_iov, uint8_t *out, size_t cap);
    bool (*keep)(struct io *io, const uint8_t *bytes, size_t len);

    /** The io whose socket gets what encode() makes, if several share it; NULL: the io itself. keep() is called for that one. */
    struct io *(*carrier)(const struct io *io);
};

struct io {
    int        fd;
    bool       may_read, may_write; /* readiness by the last edge, until an EAGAIN */
    bool       queued;              /* A write to it waits in the queue of send_ring.h. */
    bool       hung_up;             /* The peer has closed its half; reads go on until they return 0. */
    bool       ends_owner;          /* io_end_with_peer() */
    struct co *owner;               /* the coroutine that is unparked when readiness changes */
    int64_t    bytes_in, bytes_out; /* bytes of payload, above a layer */
    int64_t    turn_began;          /* value of bytes_in when others ran last: io_read() */

    const struct io_layer *layer; /* NULL: bytes are not changed */
    void                  *layer_state;

    struct list watched; /* entry in the list of peer_watch.h; all zero: none */
};

/** Room for a text "127.0.0.1:41222" or "[::1]:1935". */
enum { IO_ADDR_CAP = INET6_ADDRSTRLEN + 9 };

/** Needs co_init(). */
void io_init(void);

/**
 * Take a connected or listening socket over: make it non-blocking, and watch it for the running coroutine.
 *
 * Ownership  the io owns the socket, also after an error: io_close() closes it
 */
struct err *io_open(struct io *io, int fd) ATTR_MUST_USE;

/**
 * Close the socket. Takes an io that was never opened (fd -1). Bytes that a layer has not yet given to the socket are lost:
 * io_write() and io_linger() wait for them.
 */
void io_close(struct io *io);

/**
 * Tell the peer that nothing more will be sent, and read what it still sends, until it closes or the
 * deadline comes: closing at once would make the kernel discard the last bytes that were sent. Yields.
 */
void io_linger(struct io *io, int64_t deadline_us);

/**
 * Stop waking the owner for input, or resume it. A caller that reads by the clock stops it, and calls io_look_again() before a
 * read that does not wait. The end of the connection wakes the owner in any case.
 */
void io_mute_input(struct io *io, bool mute);

/** Assume that there may be input, without an edge. */
static inline void io_look_again(struct io *io)
{
    io->may_read = true;
}

/** Give the io to another coroutine, which is unparked from then on. */
void io_set_owner(struct io *io, struct co *owner);

/**
 * While this is on, a peer that hangs up, or has hung up already, ends the owner: its coroutine is cancelled, whatever it waits
 * for. For a wait in which nothing is read from the peer.
 */
void io_end_with_peer(struct io *io, bool on);

/** The peer has hung up: for a layer whose io has no socket of its own. The owner is woken, or ended. */
void io_peer_left(struct io *io);

/** True if reading would not block (data, end or error), as far as is known without a system call. */
static inline bool io_is_readable(const struct io *io)
{
    return io->may_read;
}

/**
 * Read what is there, at least one byte. The buffer is written only right before the function returns, so one
 * buffer may serve all coroutines if it is consumed before the next yield.
 * Yields if nothing is there, and from time to time otherwise: a peer that floods neither blocks the loop nor continues beyond
 * the deadline.
 */
struct err *io_read(struct io *io, void *buf, size_t cap, size_t *n, int64_t deadline_us) ATTR_MUST_USE;

/** Look at the bytes in the socket, at least one, without taking them out. Only for an io without a layer. Yields if nothing is there. */
struct err *io_peek(struct io *io, void *buf, size_t cap, size_t *n, int64_t deadline_us) ATTR_MUST_USE;

/** As io_read, but without waiting: *n is 0 if nothing is there. */
struct err *io_read_now(struct io *io, void *buf, size_t cap, size_t *n) ATTR_MUST_USE;

/** Read exactly `len` bytes. Yields. */
struct err *io_read_full(struct io *io, void *buf, size_t len, int64_t deadline_us) ATTR_MUST_USE;

/** Write all bytes, and wait until the kernel has them. Yields. */
struct err *io_write(struct io *io, const void *buf, size_t len, int64_t deadline_us) ATTR_MUST_USE;

/** Write all bytes to a peer that may be slow: the wait ends like that of io_wait_taken(). Yields. */
struct err *io_write_taken(struct io *io, const void *buf, size_t len, int64_t silence_us) ATTR_MUST_USE;

/** Write what fits now, without waiting: *n may be 0 or less than the sum. */
struct err *io_writev_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n) ATTR_MUST_USE;

/**
 * Receive from or send to the socket below all layers. Layers call it. If the flag is false, the result is EAGAIN without a
 * system call. Afterwards the flags describe the socket.
 *
 * Returns    number of bytes; 0 from recv: the end; -1 with errno, EAGAIN: not now
 */
ssize_t io_socket_recv(struct io *io, void *buf, size_t cap);
ssize_t io_socket_send(struct io *io, const void *buf, size_t len);

/** As io_writev_now(), but below all layers, for a layer whose work the kernel does. */
struct err *io_socket_writev(struct io *io, const struct iovec *iov, int n_iov, size_t *n) ATTR_MUST_USE;

/** As io_writev_now(), when more follows at once: the kernel may hold bytes back that fill no packet. */
struct err *io_writev_more_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n) ATTR_MUST_USE;

/**
 * Send bytes of a file from *at, as many as fit now; moves *at. It does not wait for the socket. It waits for the disk if the
 * bytes are not in the page cache, so the caller makes sure that they are. Only for an io without a layer.
 *
 * Errors     E_SYSTEM_FILE_EOF if the file ends before, E_SYSTEM_FILE_READ, the socket's
 */
struct err *io_sendfile_now(struct io *io, int file, int64_t *at, size_t len, size_t *n) ATTR_MUST_USE;

/** Wait for the next edge from now on. Called after the caller has read from the descriptor itself, up to EAGAIN. */
static inline void io_drained(struct io *io)
{
    io->may_read = false;
}

/**
 * Wait until something can be read, or written. Before a timeout, the socket is checked once more, and a deadline during a
 * standstill of the process is moved after it (co_deadline()), so that bytes that came in time are read. Yields.
 */
struct err *io_wait_readable(struct io *io, int64_t deadline_us) ATTR_MUST_USE;
struct err *io_wait_writable(struct io *io, int64_t deadline_us) ATTR_MUST_USE;

/**
 * Wait until something can be written to a peer that may be slow. A timeout means that its kernel has acknowledged nothing
 * for `silence_us`, and for the time of two segments at 1 KB/s: a kernel with less room than that announces none; or that the
 * deadline is over, at which a peer has been slow for too long.
 * Yields.
 */
struct err *io_wait_taken(struct io *io, int64_t silence_us, int64_t deadline_us) ATTR_MUST_USE;

/** The number of bytes that the peer has acknowledged, and the time that the slowest peer needs to take two segments. */
uint64_t io_acknowledged(const struct io *io, int64_t *two_segments_us);

/** Make a listening TCP socket. `reuse_port` lets a second process share it; otherwise a taken port is an error. */
struct err *io_listen(int *fd, const struct sockaddr *addr, socklen_t len, bool reuse_port) ATTR_MUST_USE;

/**
 * Make a UDP socket at an address. Its io is used with io_wait_readable(), recvmmsg() or recvfrom() until EAGAIN, and
 * io_drained(); writes are sendto() or sendmmsg(), and a datagram that the socket does not take is lost.
 */
struct err *io_bind(int *fd, const struct sockaddr *addr, socklen_t len, bool reuse_port) ATTR_MUST_USE;

/** Connect a TCP socket to an address; after an error the io is closed. Yields. */
struct err *io_connect(struct io *io, const struct sockaddr *addr, socklen_t len, int64_t deadline_us) ATTR_MUST_USE;

/** Write an address as text: "1.2.3.4" or "::1" without port, or with port. IPv4-mapped addresses are written as IPv4. */
const char *io_addr_host(const struct sockaddr *addr, char *buf, size_t cap);
const char *io_addr_text(const struct sockaddr *addr, char buf[static IO_ADDR_CAP]);

/** The address of this end of a connected socket, as io_addr_host() writes it. */
const char *io_local_host(const struct io *io, char *buf, size_t cap);

/** The parts of that text: io_addr_join() makes it of what io_addr_host() and io_addr_port() give. */
uint16_t    io_addr_port(const struct sockaddr *addr);
const char *io_addr_join(const char *host, uint16_t port, char buf[static IO_ADDR_CAP]);

#endif
