/**
 * The attendant of a stream that is published at an edge: it sends the frames to the origin.
 *
 * An origin that fails is followed by the next one at once, and after a round of all of them by a pause that grows to PUSH_PAUSE_MAX_US. The
 * publisher stays meanwhile, for `hold` at most. An origin that refuses the stream then ends the publisher, and so does the end of that time.
 * A reload that takes the origin away, or asks it for another vhost, moves the stream.
 */
#ifndef APP_EDGE_PUSH_ATTEND_H
#define APP_EDGE_PUSH_ATTEND_H

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

struct attendance;

enum {
    PUSH_PAUSE_US = 250 * US_PER_MS,
    PUSH_PAUSE_MAX_US = 3 * US_PER_SECOND,
    PUSH_LEAVE_US = 2 * US_PER_SECOND, /* for the origin to receive everything */
};

/** Send while the stream is published. Its row is in app/attendants.c. Errors: out of memory, E_THREAD_INTERRUPTED. Yields. */
struct err *edge_push_attend(struct attendance *a) ATTR_MUST_USE;

#endif
