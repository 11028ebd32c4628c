/**
 * The guard of publishers of an edge: an origin is asked before the publisher is let in, and its refusal is the publisher's, in the words
 * of the origin (origin_ask.h).
 *
 * A stream whose origin is being asked already is refused as busy: edges that lead to each other in a ring are found by that.
 */
#ifndef APP_EDGE_PUSH_GUARD_H
#define APP_EDGE_PUSH_GUARD_H

#include "app/session/session.h"
#include "core/clock.h"

enum {
    PUSH_AFTER_US = 3 * US_PER_SECOND, /* the wait for the end of the publish before */
};

/** Its row is in app/guards.c. */
extern const struct session_guard edge_push_guard;

#endif
