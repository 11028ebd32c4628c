/**
 * Clients whose bit rate has a bound: publishers by `limits { publisher_kbps; }` of their vhost, and any client by client.kbps_max. One
 * that exceeds it gets client.over_kbps. The protocol of a publisher sees that, tells it why, and ends it; one that is still there at
 * the next look is ended without a word, and a player is ended at once.
 *
 * A publisher is measured over whole spans of publisher_kbps_over, so that the burst with which an encoder begins does not count alone.
 * What a player gets comes in bursts by its nature (a group of pictures when it joins, a segment at a time), so it may be
 * RATE_BOUNDS_AHEAD_US ahead of its bound.
 */
#ifndef APP_SESSION_RATE_BOUNDS_H
#define APP_SESSION_RATE_BOUNDS_H

#include "app/session/client.h"
#include "core/clock.h"
#include "core/list.h"

enum { RATE_BOUNDS_LOOK_US = US_PER_SECOND };
#define RATE_BOUNDS_AHEAD_US (INT64_C(60) * US_PER_SECOND)

struct rate_bounds {
    struct list clients; /* by client.rate.link */
    struct co  *keeper;  /* runs rate_bounds_run(); NULL: it does not */
};

void rate_bounds_init(struct rate_bounds *b);

/** Takes over a client whose source is set. Does nothing with a player that has no bound. Does not yield. */
void rate_bounds_add(struct rate_bounds *b, struct client *c);

/** Takes a client that is not there. Does not yield. */
void rate_bounds_remove(struct client *c);

/** Look at all clients, RATE_BOUNDS_LOOK_US or more after the last look. Does not yield. */
void rate_bounds_look(struct rate_bounds *b, int64_t now_us);

/** A coroutine that measures and ends clients, until it is cancelled. `arg`: struct rate_bounds. */
void rate_bounds_run(void *arg);

#endif
