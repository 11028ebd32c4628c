/**
 * Players that wait here for a stream that nobody had when they came: co-workers are asked again, in pauses that grow. When one of them has the
 * stream, the players are ended. They come back, and are sent on at the door. Players of WebSockets are not: nothing sends them on, so they wait.
 */
#ifndef APP_CLUSTER_WAITING_H
#define APP_CLUSTER_WAITING_H

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

struct attendance;
struct registry;

/* The first pause is longer than an answer is remembered, also without its random part. */
enum { CLUSTER_AGAIN_US = 2 * US_PER_SECOND, CLUSTER_AGAIN_MAX_US = 16 * US_PER_SECOND };

/** Players are those of this register from now on. Does not yield. */
void cluster_waiting_start(struct registry *clients);

/**
 * Look after the players of a stream. Its row is in app/attendants.c.
 *
 * Errors     out of memory, E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *cluster_attend(struct attendance *a) ATTR_MUST_USE;

#endif
