/**
 * Writes to many sockets by one system call.
 *
 * In a fan-out of small writes the call costs as much as the kernel's work for its bytes; io_uring takes a queue of
 * them at once. A few go by calls of their own, which is cheaper. Nothing waits: a socket that takes less, or nothing, says
 * so in its result.
 *
 *     send_ring_add(&io, bytes, len, arg)      queued; `bytes` must stay as they are
 *     send_ring_flush(done)                    all of them are sent, and done(arg, result) has been called for each
 *
 * Where the kernel has no io_uring, or a container does not allow it, send_ring_open() says why and the caller writes
 * one by one.
 *
 * One serves the process.
 *
 * Source     io_uring(7), io_uring_prep_send(3)
 * Yields     no
 */
#ifndef PROTOCOL_SEND_RING_H
#define PROTOCOL_SEND_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/attr.h"
#include "core/err.h"

struct io;

/* The most writes that wait: their sends take about a millisecond. */
enum { SEND_RING_MAX = 256 };

/** Errors     E_ST_INITIALIZE (errno kept) where there is no io_uring */
struct err *send_ring_open(void) ATTR_MUST_USE;

/** Nothing may be queued. Takes a ring that is not open. */
void send_ring_close(void);

bool   send_ring_is_open(void);
bool   send_ring_is_full(void);
size_t send_ring_count(void);

/** Queue a write; the ring is open and not full, the io is plain (no layer), and both stay until the flush. */
void send_ring_add(struct io *io, const void *bytes, size_t len, void *arg);

/**
 * Send what is queued, and say of each how it went, in the order in which they were queued: the bytes taken, 0 when
 * it took none, -errno when it is broken. The io's flags and counters are brought up to date before. If the ring itself
 * fails it is closed, and whoever was not written to took none.
 */
void send_ring_flush(void (*done)(void *arg, ssize_t sent));

#endif
