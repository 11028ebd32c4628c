/**
 * The media playlist of a stream: from its lane to text.
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

/**
 * Write the playlist that lies beside the files: segments that are not on the disk are gaps.
 *
 * Ownership  hls_text_finish(), also after an error
 * Yields     no
 */
struct err *hls_media_playlist_of_files(const struct hls *h, struct hls_text *t) ATTR_MUST_USE;

/** False while no segment is complete. Does not yield. */
bool hls_media_playlist_is_there(const struct hls *h);

/** Reply with the playlist. Yields. */
struct err *hls_media_playlist_reply(struct http_exchange *x, const struct hls *h,
                                     const struct hls_ask *ask) ATTR_MUST_USE;

#endif
