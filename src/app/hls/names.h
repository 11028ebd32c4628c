/**
 * The names of a stream's HLS files, below `hls_path`, and the names by which a playlist refers to them.
 *
 * Ownership  results are released with mem_free(); NULL without memory, or when a name is too long
 * Yields     no
 */
#ifndef APP_HLS_NAMES_H
#define APP_HLS_NAMES_H

#include "app/segment/segment.h"
#include "app/segment/show.h"
#include "core/attr.h"

char *hls_name_playlist(const struct show *show) ATTR_MUST_USE;

char *hls_name_segment(const struct show *show, const struct segment *s) ATTR_MUST_USE;

/** The first init segment has the configured name; later ones, of other configurations, a number in it. */
char *hls_name_init(const struct show *show, uint64_t number) ATTR_MUST_USE;

#endif
