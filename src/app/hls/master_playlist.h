/**
 * The master playlist of a stream, or of a group of streams: the variants, with codecs, size and measured bit rates, the tracks of
 * sound (renditions.h), and the id of the viewer.
 *
 * A track of sound is named if all variants have it; each has a group of its own, because its playlists have their own cuts.
 */
#ifndef APP_HLS_MASTER_PLAYLIST_H
#define APP_HLS_MASTER_PLAYLIST_H

#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"
#include "kernel/hls/master.h"

struct conf_hls;
struct hls;
struct hls_ask;
struct hls_group;
struct http_exchange;

/** Append the URI of a media playlist: as SRS has it from the root, or with `hls_master_m3u8_path_relative` as seen from the master. */
void hls_master_put_uri(struct buf *uri, const struct conf_hls *c, const char *m3u8, const char *master);

/** What the segments of a stream are now: codecs, size and frame rate. Does not yield. */
void hls_master_describe(const struct hls *h, struct hls_variant *v, struct str *codecs);

/**
 * Reply with the master playlist; 404 while no segment is complete. Its only variant is the media playlist under the same path, or that of
 * the pictures, from the root of the server or, with `hls_master_m3u8_path_relative on`, as seen from the master.
 *
 * Shape      h: what the path of the request belongs to; a rendition gives the master of its stream
 *
 * Yields     yes
 */
struct err *hls_master_playlist_reply(struct http_exchange *x, struct hls *h, const struct hls_ask *ask) ATTR_MUST_USE;

/** The same with all variants of a group that have something to show. Yields. */
struct err *hls_master_playlist_reply_group(struct http_exchange *x, struct hls_group *g,
                                            const struct hls_ask *ask) ATTR_MUST_USE;

#endif
