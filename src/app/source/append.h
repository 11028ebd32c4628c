/**
 * Writing to the log of a source. Only its publisher does that.
 */
#ifndef APP_SOURCE_APPEND_H
#define APP_SOURCE_APPEND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "kernel/frame.h"

struct source;

/**
 * Give a parsed frame, of which the caller has the only reference, its times in the stream. A break of the encoder's time is
 * logged.
 *
 * Shape      raw_us: the encoder's time, unwrapped (stream_clock_unwrap()); f->dts_us and f->pts_us: their difference is the
 *            composition time
 * Yields     no
 * Returns    false: sound of a time that has been heard in the last publish; leave it out
 */
bool source_stamp(struct source *s, struct frame *f, int64_t raw_us);

/**
 * Append one frame, whose times, kind, codec and flags are set. The log takes a reference of its own.
 *
 * Errors     out of memory: the frame is lost, the source is whole
 * Yields     no
 */
struct err *source_append(struct source *s, struct frame *f) ATTR_MUST_USE;

/**
 * Append the frames that still wait to be sorted (`mix_correct`), at the end of a publish.
 *
 * Errors     out of memory: the frames that are left still wait
 * Yields     no
 */
struct err *source_append_rest(struct source *s) ATTR_MUST_USE;

#endif
