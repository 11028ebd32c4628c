/**
 * Players who have much to catch up on take turns, so that those who keep up do not wait for all of them.
 *
 * A newcomer gets the GOP cache, a player who fell behind has seconds of stream to come: megabytes each, as fast as
 * his socket takes them. When hundreds do that at once a turn of the loop would take as long as all their writes
 * together. So they stand in line: their writes get a fifth of each turn's computing time, within the bounds below, and
 * go on with the next turn.
 *
 *     catch_up_wait();     before each write of frames older than the newest release
 *
 * One line serves all sources.
 */
#ifndef APP_LIVE_CATCH_UP_H
#define APP_LIVE_CATCH_UP_H

#include "core/attr.h"
#include "core/err.h"

/* Of each turn of the loop. The least is what one write of BATCH_BYTES takes. */
enum { CATCH_UP_MIN_US = 300, CATCH_UP_MAX_US = 10000 };

/**
 * Wait for the caller's turn; then it may write once.
 *
 * Errors     a cancel
 * Yields     when others wait, or the time of this turn of the loop is used up
 */
struct err *catch_up_wait(void) ATTR_MUST_USE;

#endif
