/**
 * The way of media into a source: received bytes become frames, which get their times and are appended. Inputs that carry FLV
 * bodies (RTMP publishers, pulled HTTP-FLV streams, posted FLV) pass those; all others pass units of their codecs.
 *
 * Shape      feed_init() is called before the first body of each publish, feed_finish() at its end. The caller calls
 *            pacer_wait_for_room() before it reads more: a feed takes everything that it is given
 * Units      ts_ms: milliseconds, 32 bits that wrap, as in RTMP and FLV; units have unwrapped microseconds
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
    int64_t            n_dropped;  /* bodies and units that could not be parsed; the first one is logged */
    int64_t            n_metadata; /* onMetaData messages */
};

void feed_init(struct feed *feed, struct source *s);

/** Drop the references of the maker. */
void feed_finish(struct feed *feed);

/**
 * Append the frame of one body. A body that cannot be parsed is dropped and counted, which is no error.
 *
 * Shape      (*body)->kind, len and data[] are set by the caller; FRAME_SCRIPT: an AMF0 data message
 * Ownership  `*body` has one reference, which stays the caller's; it may be replaced by another frame
 * Errors     out of memory
 */
struct err *feed_body(struct feed *feed, struct frame **body, uint32_t ts_ms) ATTR_MUST_USE;

/**
 * Append all frames of one unit of a codec. A part that cannot be parsed is dropped and counted, which is no error.
 *
 * Shape      u: see frame_make.h; it is used up
 * Errors     out of memory
 */
struct err *feed_unit(struct feed *feed, struct frame_unit *u) ATTR_MUST_USE;

#endif
