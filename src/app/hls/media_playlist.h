/**
 * The media playlist of a stream: from its lane to text, rendered once for each version of the lane.
 */
#ifndef APP_HLS_MEDIA_PLAYLIST_H
#define APP_HLS_MEDIA_PLAYLIST_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"

struct hls;
struct hls_ask;
struct hls_text;
struct http_exchange;

/* Most segments of a playlist: a day of two seconds. Older ones are not listed. */
enum { HLS_PLAYLIST_SEGMENTS_MAX = 43200 };

/** False while no segment is complete. Does not yield. */
bool hls_media_playlist_is_there(const struct hls *h);

/**
 * Render the playlist unless its newest version is there. Needs a complete segment.
 *
 * Errors     out of memory, E_LIMIT
 * Yields     no
 */
struct err *hls_media_playlist_render(struct hls *h) ATTR_MUST_USE;

/** Reply with the playlist; 404 while it is not there. Yields. */
struct err *hls_media_playlist_reply(struct http_exchange *x, struct hls *h, const struct hls_ask *ask) ATTR_MUST_USE;

/**
 * Write the playlist that lies beside the files: segments that are not on the disk are gaps.
 *
 * Ownership  hls_text_finish(), also after an error
 * Yields     no
 */
struct err *hls_media_playlist_of_files(struct hls *h, struct hls_text *t) ATTR_MUST_USE;

#endif
