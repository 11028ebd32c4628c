/**
 * Replies with the bytes of segments.
 *
 * Yields     yes; each function takes the references that it needs before
 */
#ifndef APP_SEGMENT_REPLY_H
#define APP_SEGMENT_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "app/segment/segment.h"
#include "core/attr.h"
#include "core/err.h"

struct http_exchange;
struct lane;
struct show;

/** Reply with a complete segment, or the range of it that the request asks for. */
struct err *segment_reply(struct http_exchange *x, struct segment *s, const char *type) ATTR_MUST_USE;

/**
 * Reply with the open segment as it grows, in chunks.
 *
 * Shape      lane: that of the segment
 */
struct err *segment_reply_growing(struct http_exchange *x, struct show *show, struct lane *lane, struct segment *s,
                                  const char *type) ATTR_MUST_USE;

/** Reply with bytes that never change: a part, an init segment, a key. */
struct err *segment_reply_blob(struct http_exchange *x, struct blob *bytes, const char *type) ATTR_MUST_USE;

/**
 * Give the viewer a time to take a segment of this length (http_reply_until()): it holds the segment's memory, also when nobody else
 * needs it any more. The replies above do so by themselves. Does not yield.
 */
void segment_reply_in_time(struct http_exchange *x, int64_t length_us);

#endif
