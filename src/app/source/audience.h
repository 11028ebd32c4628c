/**
 * The readers of a source as a whole: they join and leave, and the pacer runs while there is a reader.
 */
#ifndef APP_SOURCE_AUDIENCE_H
#define APP_SOURCE_AUDIENCE_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct reader;
struct source;

/**
 * Join a source. The cursor is set to the newest GOP if that is cached, otherwise to the live end; headers come first. A newcomer
 * waits for no release: all frames in the log are due to it at once, and so is each new frame until it has taken one. From then
 * on it keeps step with the others.
 *
 * Ownership  the caller holds a reference to the source until audience_leave()
 * Errors     out of memory: the reader has not joined
 * Yields     no
 */
struct err *audience_join(struct reader *r, struct source *s) ATTR_MUST_USE;

/**
 * Somebody watches the segments of the stream, and is expected back until then. Attendants that fetch streams begin and go on as for a reader.
 * Does not yield.
 */
void audience_view(struct source *s, int64_t until_us);

/** Leave the source. Takes a reader that is all zero. Does not yield. */
void audience_leave(struct reader *r);

#endif
