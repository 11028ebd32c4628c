/**
 * The variants of one stream (`hls_variants`), and the master playlist that names them all.
 *
 *     live/cam.m3u8        the master playlist of cam, cam_720, cam_480 …
 *     live/cam_720.m3u8    the media playlist of one of them
 *
 * The master names the variants that are live and have a segment; when none is live, all that still have segments. The stream whose
 * name has no suffix is a variant as well. The path of its playlist is that of the master: it is asked for by HLS_GROUP_MEDIA.
 *
 * Life       made with the first HLS of the group, gone with the last
 * Yields     no
 */
#ifndef APP_HLS_GROUP_H
#define APP_HLS_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "app/hls/playlist_text.h"
#include "app/segment/shelf.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/list.h"

struct hls;
struct http_exchange;

/* The parameter that asks for the media playlist where its path is that of a master. */
#define HLS_GROUP_MEDIA "hls_media"

struct hls_group {
    struct shelf_item item;
    char             *name;    /* of the stream without a suffix */
    char             *path;    /* of the master playlist */
    struct list       members; /* struct hls, in the order of the master */

    struct hls_playlist_cache master;
};

/** What serves the path of the master (shelf.h). */
typedef struct err *hls_group_serve_by(struct http_exchange *x, struct shelf_item *item);

/** Enter the group of the stream, if the vhost has variants; otherwise h->group is NULL. */
struct err *hls_group_enter(struct hls *h, hls_group_serve_by *serve) ATTR_MUST_USE;

/** Takes a struct hls that is in no group. */
void hls_group_leave(struct hls *h);

/** The variant whose playlist has the path of the master. NULL: that stream has no HLS. */
struct hls *hls_group_base(const struct hls_group *g);

/** True if the playlist of `h` has the path of its group's master. */
bool hls_group_is_base(const struct hls *h);

/** The variants that the master names, at most `cap`, and their number. */
size_t hls_group_list(const struct hls_group *g, struct hls **members, size_t cap);

/** Append what the URI of the playlist needs behind its path: HLS_GROUP_MEDIA, or nothing. */
void hls_group_put_query(const struct hls *h, struct buf *uri);

#endif
