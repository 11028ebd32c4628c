/**
 * A publisher that may go on where the last one stopped (struct publisher, `seams`), on a stream that is held: what it brings waits until
 * the place is found (seam.h).
 *
 * If it is found, the publish goes on: clock, headers and GOP are those that were, and no reader or attendant notices more than an
 * absence. Otherwise it is another publish, which begins with all that has waited.
 *
 * Bounds     SEAM_PATIENCE_US, SEAM_BYTES_MAX and SEAM_FRAMES_MAX
 */
#ifndef APP_SOURCE_SEAMING_H
#define APP_SOURCE_SEAMING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct arrival;
struct source;

/**
 * Look at what a publisher brings, while source->seam is in use: for source_take().
 *
 * Shape      *enters: it is to enter the stream now; `a` has the time for that. Otherwise it was kept, or the log has it
 * Ownership  the caller has the only reference to the frame, and keeps it
 * Errors     out of memory: frames are lost
 * Yields     no
 */
struct err *seaming_look(struct source *s, struct arrival *a, bool *enters) ATTR_MUST_USE;

/**
 * Decide for a publisher that brings nothing more for now, once it has been waited for long enough. The owner of the publisher calls it.
 *
 * Returns    when to call it again; DEADLINE_NEVER: not for this publisher
 * Yields     no
 */
int64_t seaming_tend(struct source *s);

#endif
