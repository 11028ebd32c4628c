/**
 * The life of a struct hls: of a stream, and of its renditions.
 *
 * Yields     no
 */
#ifndef APP_HLS_LIFE_H
#define APP_HLS_LIFE_H

#include "app/hls/hls.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Begin to show a stream, with the lane that the view has wished for, and the renditions of the tracks that have been heard.
 *
 * Errors     of the names; out of memory. *out is NULL then
 */
struct err *hls_begin(struct hls **out, struct viewing *v) ATTR_MUST_USE;

/** End it, and its renditions. Takes NULL. */
void hls_end(struct hls *h, enum view_end why);

/** The group of the stream may be another one now. Errors are logged. */
void hls_follow_group(struct hls *h);

/** A track of sound beside the first is heard: make the renditions that are missing. Errors are logged. */
void hls_hear(struct hls *main, unsigned track);

/**
 * The rendition of that name (track_path.h), made if it is not there.
 *
 * Errors     of the names; out of memory; E_LIMIT: there are too many. *out is NULL then
 */
struct err *hls_rendition_get(struct hls *main, const char *track, struct hls **out) ATTR_MUST_USE;

#endif
