/**
 * The life of a struct hls.
 *
 * Yields     no
 */
#ifndef APP_HLS_LIFE_H
#define APP_HLS_LIFE_H

#include "app/hls/hls.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Begin to show a stream, with the lane that the view has wished for.
 *
 * Errors     of the names; out of memory. *out is NULL then
 */
struct err *hls_begin(struct hls **out, struct viewing *v) ATTR_MUST_USE;

/** End it. Takes NULL. */
void hls_end(struct hls *h, enum view_end why);

/** The group of the stream may be another one now. Errors are logged. */
void hls_follow_group(struct hls *h);

#endif
