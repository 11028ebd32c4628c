/**
 * Writes to many sockets with one system call.
 *
 * In a fan-out of small writes, a system call costs as much as the kernel's work for its bytes; io_uring takes a queue of
 * writes at once. A few writes go by calls of their own, which is cheaper. Nothing waits: the result of a write tells if a
 * socket took less, or nothing.
 *
 *     send_ring_add(&io, bytes, len, done, arg)      queues a write; `bytes` must not change
 *     send_ring_flush()                              sends all writes, and calls done(arg, result) for each
 *
 * If the kernel has no io_uring, or a container does not allow it, send_ring_open() returns the reason, and the caller writes
 * to each socket by itself.
 *
 * The process has one ring.
 *
 * Source     io_uring(7), io_uring_prep_send(3)
 * Yields     no
 */
#ifndef PROTOCOL_SEND_RING_H
#define PROTOCOL_SEND_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/attr.h"
#include "core/err.h"

struct io;

/* Most writes in the queue; their sends take about a millisecond. */
enum { SEND_RING_MAX = 256 };

typedef void send_ring_done(void *arg, ssize_t sent);

/** Open the ring. Errors: E_ST_INITIALIZE (errno kept) if there is no io_uring. */
struct err *send_ring_open(void) ATTR_MUST_USE;

/** Close the ring, whose queue is empty. Does nothing if it is not open. */
void send_ring_close(void);

bool   send_ring_is_open(void);
bool   send_ring_is_full(void);
size_t send_ring_count(void);

/**
 * Queue a write. The ring is open and not full, and io and bytes remain until the flush. If the io has a layer, the bytes are
 * those that its encode() made, nothing else may use the io before the flush, and the result is `len` or -errno.
 *
 * `done` is told the result by the flush: the number of bytes that the socket took, 0 if it took none, -errno if it is broken. It must
 * neither yield nor queue a write.
 */
void send_ring_add(struct io *io, const void *bytes, size_t len, send_ring_done *done, void *arg);

/**
 * Send all queued writes, whoever has queued them, and report the result of each, in the order of the queue. The flags and counters
 * of the io are updated before. If the ring itself fails, it is closed, and writes that were not made report 0.
 */
void send_ring_flush(void);

/** The time at which the kernel had taken the writes of the flush that reports results now. */
int64_t send_ring_flushed_us(void);

/** Counts since the start. */
struct send_ring_counts {
    int64_t submits, submitted; /* calls of io_uring, and the writes that they made */
    int64_t single;             /* writes by calls of their own, because they were few */
};
struct send_ring_counts send_ring_counts(void);

#endif
