/**
 * The readers of a source as a whole: they join and leave, and the pacer runs while there are any.
 */
#ifndef APP_SOURCE_AUDIENCE_H
#define APP_SOURCE_AUDIENCE_H

#include "core/attr.h"
#include "core/err.h"

struct reader;
struct source;

/**
 * Join: the cursor at the newest GOP if that is cached, else at the live end; headers first. A newcomer waits for no release:
 * all that is in the log is due, and until it has taken something so is each frame that comes; from then on it keeps step with
 * the others.
 *
 * Ownership  the caller holds a reference to the source until audience_leave()
 * Errors     out of memory: the reader has not joined
 * Yields     no
 */
struct err *audience_join(struct reader *r, struct source *s) ATTR_MUST_USE;

/** Takes a reader that has not joined, if it is all zero. Does not yield. */
void audience_leave(struct reader *r);

#endif
