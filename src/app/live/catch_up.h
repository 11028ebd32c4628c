/**
 * Players that have much to catch up on take turns, so that players that keep up do not wait for all of them.
 *
 * A newcomer gets the GOP cache, and a player that fell behind gets seconds of the stream: megabytes each, as fast as
 * its socket takes them. With hundreds of them at once, a turn of the loop would take as long as all their writes
 * together. So they wait in a queue: their writes get a fifth of the computing time of each turn, within the bounds
 * below, and continue with the next turn.
 *
 *     catch_up_wait(&p->place);     before each write of frames older than the newest release
 *
 * One queue serves all sources.
 *
 * Ownership  the place is part of the player; it is in the queue only while catch_up_wait() runs
 */
#ifndef APP_LIVE_CATCH_UP_H
#define APP_LIVE_CATCH_UP_H

#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"

struct co;

/* A player's place in the queue. */
struct catch_up {
    struct list link; /* used only by catch_up_wait() */
    struct co  *co;
};

/* Bounds of the time for these players in each turn of the loop. The least is about one write of BATCH_BYTES. */
enum { CATCH_UP_MIN_US = 300, CATCH_UP_MAX_US = 10000 };

/**
 * Wait for the caller's turn; then it may write once. `place` needs no initial value.
 *
 * Errors     E_THREAD_INTERRUPTED
 * Yields     if others wait, or if the time of this turn of the loop is used up
 */
struct err *catch_up_wait(struct catch_up *place) ATTR_MUST_USE;

#endif
