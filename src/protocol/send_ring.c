#include "protocol/send_ring.h"

#include <errno.h>
#include <liburing.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/log.h"
#include "protocol/io.h"

/* Fewer writes than this cost less by single calls than by one call for all. */
enum { FEW = 4 };

/* A placeholder for a result that the kernel has not given. */
enum { NONE_YET = INT_MIN };

struct queued {
    struct io      *io;
    send_ring_done *done;
    void           *arg;
    const void     *bytes;
    size_t          len;
    int             result;
};

static struct io_uring ring;
static bool            is_open;
static struct queued   queue[SEND_RING_MAX];
static size_t          n_queued;
static int64_t         flushed_us;

static struct send_ring_counts counts;

/* Open a ring with the cheapest flags that the kernel knows; older kernels know fewer. */
static int open_ring(void)
{
    static const unsigned flags[] = { IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
                                      IORING_SETUP_COOP_TASKRUN, 0 };
    int                   status = -ENOSYS;
    for (size_t i = 0; status < 0 && i < sizeof flags / sizeof flags[0]; i++)
        status = io_uring_queue_init(SEND_RING_MAX, &ring, flags[i]);
    return status;
}

/* True if the ring can send: kernels before 5.6 have io_uring without it. */
static bool can_send(void)
{
    struct io_uring_probe *probe = io_uring_get_probe_ring(&ring);
    bool                   can = probe && io_uring_opcode_supported(probe, IORING_OP_SEND);
    io_uring_free_probe(probe);
    return can;
}

struct err *send_ring_open(void)
{
    int status = open_ring();
    if (status >= 0 && !can_send()) {
        io_uring_queue_exit(&ring);
        status = -EOPNOTSUPP;
    }
    if (status < 0) {
        errno = -status;
        return err_sys(E_ST_INITIALIZE, "io_uring: %s", strerror(errno));
    }
    is_open = true;
    return NULL;
}

void send_ring_close(void)
{
    if (is_open)
        io_uring_queue_exit(&ring);
    is_open = false;
}

bool send_ring_is_open(void)
{
    return is_open;
}

bool send_ring_is_full(void)
{
    return n_queued == SEND_RING_MAX;
}

size_t send_ring_count(void)
{
    return n_queued;
}

void send_ring_add(struct io *io, const void *bytes, size_t len, send_ring_done *done, void *arg)
{
    io->queued = true;
    queue[n_queued++] =
        (struct queued){ .io = io, .done = done, .arg = arg, .bytes = bytes, .len = len, .result = NONE_YET };
}

/*
 * Give up a ring that fails, for which there is no known reason. Writes that the kernel had not taken over were not sent. The
 * result of the others is unknown, so their connections end: the peer might otherwise get bytes twice or miss some.
 */
static void give_up(int status)
{
    size_t n_taken = n_queued - io_uring_sq_ready(&ring);
    log_warn("io_uring fails, each player is written to by a call of its own from now on: %s", strerror(-status));
    send_ring_close();
    for (size_t i = 0; i < n_queued; i++) {
        if (queue[i].result != NONE_YET)
            continue;
        queue[i].result = i < n_taken ? -EIO : -ECANCELED;
        if (i < n_taken)
            shutdown(queue[i].io->fd, SHUT_RDWR);
    }
}

static void submit(void)
{
    for (size_t i = 0; i < n_queued; i++) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&ring); /* There are as many entries as the queue has places. */
        io_uring_prep_send(sqe, queue[i].io->fd, queue[i].bytes, queue[i].len, MSG_NOSIGNAL | MSG_DONTWAIT);
        io_uring_sqe_set_data64(sqe, i);
    }
}

static void send_each(void)
{
    for (size_t i = 0; i < n_queued; i++) {
        struct queued *q = &queue[i];
        ssize_t        sent = send(q->io->fd, q->bytes, q->len, MSG_NOSIGNAL | MSG_DONTWAIT);
        q->result = sent >= 0 ? (int)sent : -errno;
    }
}

/* Wait for all results. With MSG_DONTWAIT that takes no longer than the sends themselves. */
static void collect(void)
{
    size_t n_left = n_queued;
    int    status = 0;
    while (n_left > 0 && (status >= 0 || status == -EINTR)) {
        struct io_uring_cqe *cqe;
        status = io_uring_submit_and_wait(&ring, (unsigned)n_left);
        while (n_left > 0 && io_uring_peek_cqe(&ring, &cqe) == 0) {
            queue[cqe->user_data].result = cqe->res;
            io_uring_cqe_seen(&ring, cqe);
            n_left--;
        }
    }
    if (n_left > 0)
        give_up(status);
}

/* Bytes that the socket took, or -errno; sets the flags of the io. */
static ssize_t taken(const struct queued *q)
{
    if (q->result == -EINTR || q->result == -ECANCELED)
        return 0; /* Nothing went out, and the write may be tried again. */
    if (q->result < 0 && q->result != -EAGAIN)
        return q->result;
    ssize_t sent = q->result > 0 ? q->result : 0;
    if ((size_t)sent < q->len)
        q->io->may_write = false; /* The send buffer is full: an edge tells when it drains. */
    return sent;
}

/* Count what the socket took; the layer keeps the rest of what it encoded. */
static ssize_t settle(const struct queued *q)
{
    struct io *io = q->io;
    ssize_t    sent = taken(q);
    io->queued = false;
    if (!io->layer)
        io->bytes_out += sent > 0 ? sent : 0;
    else if (sent >= 0 && (size_t)sent < q->len)
        sent = io->layer->keep(io, (const uint8_t *)q->bytes + sent, q->len - (size_t)sent) ? (ssize_t)q->len : -ENOMEM;
    return sent;
}

int64_t send_ring_flushed_us(void)
{
    return flushed_us;
}

struct send_ring_counts send_ring_counts(void)
{
    return counts;
}

void send_ring_flush(void)
{
    if (n_queued == 0)
        return;
    if (n_queued < FEW) {
        send_each();
        counts.single += (int64_t)n_queued;
    } else {
        submit();
        collect();
        counts.submits++;
        counts.submitted += (int64_t)n_queued;
    }
    flushed_us = now_us();
    size_t n = n_queued;
    n_queued = 0;
    for (size_t i = 0; i < n; i++)
        queue[i].done(queue[i].arg, settle(&queue[i]));
}
