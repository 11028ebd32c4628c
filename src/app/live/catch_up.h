/**
 * Players that have much to catch up on take turns, so that players that keep up do not wait for all of them.
 *
 * A newcomer gets the GOP cache, and a player that fell behind has seconds of stream to come: megabytes each, as fast as
 * its socket takes them. When hundreds do that at once, a turn of the loop would take as long as all their writes
 * together. They stand in line: their writes get a fifth of each turn's computing time, within the bounds below, and
 * go on with the next turn.
 *
 *     catch_up_wait(&p->place);     before each write of frames older than the newest release
 *
 * One line serves all sources.
 *
 * Ownership  the place is part of the player; it is in the line only while catch_up_wait() runs
 */
#ifndef APP_LIVE_CATCH_UP_H
#define APP_LIVE_CATCH_UP_H

#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"

struct co;

/* A player's place in the line. */
struct catch_up {
    struct list link; /* written by catch_up_wait() alone */
    struct co  *co;
};

/* Of each turn of the loop. The least is what one write of BATCH_BYTES takes. */
enum { CATCH_UP_MIN_US = 300, CATCH_UP_MAX_US = 10000 };

/**
 * Wait for the caller's turn; then it may write once. `place` needs no initial value.
 *
 * Errors     a cancel
 * Yields     when others wait, or the time of this turn of the loop is used up
 */
struct err *catch_up_wait(struct catch_up *place) ATTR_MUST_USE;

#endif
