/**
 * The media playlist of a stream: from its lane to text.
 */
#ifndef APP_HLS_MEDIA_PLAYLIST_H
#define APP_HLS_MEDIA_PLAYLIST_H

#include "core/attr.h"
#include "core/err.h"

struct hls;
struct http_exchange;

/** Reply with the playlist; 404 while no segment is complete. Yields. */
struct err *hls_media_playlist_reply(struct http_exchange *x, struct hls *h) ATTR_MUST_USE;

#endif
