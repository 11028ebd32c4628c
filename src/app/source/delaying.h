/**
 * The delay of a stream (`delay 30s;`). What its publisher brings is appended that much later, so all outputs are late by the same
 * time, and nothing behind the log knows of it.
 *
 * A reload changes the delay at once. If it is shorter, what is overdue goes out as fast as readers take it; if it is longer, the
 * stream stands still until it is reached. The stream's time goes on without a jump in both cases.
 *
 * When the publisher leaves, the stream stays live without one until the last held frame has gone out, and ends then
 * (source_end_late()). A publisher that comes meanwhile is let in: its frames follow, and the change from one publish to the next
 * (source_begin_late()) happens where the first of them goes out.
 *
 * Bounds     a stream holds at most DELAY_BYTES_MAX, and less while the process holds more than its limit of memory: then the oldest
 *            frames go out early, and a warning says so
 * Life       a coroutine for each delayed stream, in sources->delays. It has a reference to the source, and ends when the stream has
 *            no publisher and nothing is held, or the delay is switched off
 */
#ifndef APP_SOURCE_DELAYING_H
#define APP_SOURCE_DELAYING_H

#include "core/attr.h"
#include "core/err.h"

struct arrival;
struct source;
struct sources;

/**
 * Append what a publisher brings, now or after the delay of the stream. Does not yield.
 *
 * Shape      the caller has the only reference to the frame
 * Ownership  the source takes a reference of its own
 * Errors     out of memory: the frame is lost
 */
struct err *source_take(struct source *s, const struct arrival *a) ATTR_MUST_USE;

/**
 * The server ends, and no client is left: append what is held to its streams at once. What attendants publish from now on is not held
 * any more.
 *
 * Yields     yes
 */
void delays_end(struct sources *all);

#endif
