/**
 * How media gets into a source: what an input has received becomes frames, which get their time and are appended. Inputs that
 * carry FLV bodies (RTMP publishers, pulled HTTP-FLV streams, posted FLV) give those; all others give units of their codecs.
 *
 * Shape      feed_init() before the first body of each publish, feed_finish() at its end. pacer_wait_for_room() is the caller's to call before it reads
 *            more: a feed takes whatever it is given.
 * Units      ts_ms: milliseconds, 32 bits that wrap, as RTMP and FLV carry them; units have unwrapped microseconds
 * Ownership  borrows the source, of which the caller holds a reference
 * Yields     no
 */
#ifndef APP_SOURCE_FEED_H
#define APP_SOURCE_FEED_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "kernel/frame_make.h"

struct source;

struct feed {
    struct source     *source;
    struct frame_maker maker;
    int64_t            n_dropped;  /* bodies and units that could not be read; the first one is logged */
    int64_t            n_metadata; /* onMetaData messages */
};

void feed_init(struct feed *feed, struct source *s);

/** Let go of what the maker remembers. */
void feed_finish(struct feed *feed);

/**
 * Append what one body carries. A body that cannot be read is dropped and counted, which is no error.
 *
 * Shape      (*body)->kind, len and data[] are set by the caller; FRAME_SCRIPT: an AMF0 data message
 * Ownership  `*body` has one reference, which stays the caller's; it may be replaced by another frame
 * Errors     out of memory
 */
struct err *feed_body(struct feed *feed, struct frame **body, uint32_t ts_ms) ATTR_MUST_USE;

/**
 * Append what one unit of a codec holds, all of its frames. What cannot be read is dropped and counted, which is no error.
 *
 * Shape      u: frame_make.h; it is used up
 * Errors     out of memory
 */
struct err *feed_unit(struct feed *feed, struct frame_unit *u) ATTR_MUST_USE;

#endif
