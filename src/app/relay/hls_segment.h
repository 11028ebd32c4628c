/**
 * One segment of HLS: its initialization section and its key are loaded when they are new, then the segment, which is taken over its
 * duration.
 */
#ifndef APP_RELAY_HLS_SEGMENT_H
#define APP_RELAY_HLS_SEGMENT_H

#include "app/relay/hls_next.h"
#include "app/relay/hls_reading.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Take a segment; r->next becomes the number behind it. A few segments in a row that cannot be had are left out, which is no error.
 *
 * Errors     E_HTTP_DATA_INVALID: a kind that is not read, or broken; those of hls_reading_load() and attempt_begin()
 * Yields     yes
 */
struct err *hls_segment_take(struct hls_reading *r, const struct hls_next *next) ATTR_MUST_USE;

#endif
