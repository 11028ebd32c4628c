/**
 * The master playlist of a stream: its one variant, with codecs, size and measured bit rates, and the id of its viewer.
 */
#ifndef APP_HLS_MASTER_PLAYLIST_H
#define APP_HLS_MASTER_PLAYLIST_H

#include "core/attr.h"
#include "core/err.h"

struct hls;
struct hls_ask;
struct http_exchange;

/**
 * Reply with the master playlist; 404 while no segment is complete. Its only variant is the media playlist under the same path, from
 * the root of the server or, with `hls_master_m3u8_path_relative on`, without a folder.
 *
 * Yields     yes
 */
struct err *hls_master_playlist_reply(struct http_exchange *x, struct hls *h, const struct hls_ask *ask) ATTR_MUST_USE;

#endif
