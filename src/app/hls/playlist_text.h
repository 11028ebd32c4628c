/**
 * A version of a playlist, rendered once and sent to all that ask for it.
 *
 * Its ETag is made of its content, so it is the same after a restart and behind another server. For those who accept gzip, and
 * have no query of their own in it, it is compressed once.
 *
 * Source     RFC 9110 8.8.3 (ETag), 12.5.3
 * Ownership  counted, so that a version lives until the last reply with it is sent
 */
#ifndef APP_HLS_PLAYLIST_TEXT_H
#define APP_HLS_PLAYLIST_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/blob.h"
#include "core/err.h"
#include "kernel/hls/text.h"

struct conf_vhost;
struct hls_ask;
struct http_exchange;

/* The longest text; and those that are compressed: what is shorter fits into a packet anyway, and longer ones take too long. */
enum { HLS_TEXT_BYTES_MAX = 4 << 20, HLS_GZIP_BYTES_MIN = 1 << 10, HLS_GZIP_BYTES_MAX = 256 << 10 };

struct hls_playlist_text {
    int             refs;
    struct hls_text text;
    char            etag[24], gzipped_etag[24];
    struct blob    *gzipped; /* NULL: nobody has asked, or it cannot be compressed */
    bool            gzip_failed;
};

/** The newest version of a playlist, and what it was made of. */
struct hls_playlist_cache {
    struct hls_playlist_text *text; /* NULL: not rendered yet */
    uint64_t                  of_version, of_conf;
};

/** Take a text over, also if it fails. Errors of the text; out of memory. */
struct err *hls_playlist_text_new(struct hls_playlist_text **out, struct hls_text *text) ATTR_MUST_USE;

static inline struct hls_playlist_text *hls_playlist_text_ref(struct hls_playlist_text *t)
{
    t->refs++;
    return t;
}

/** Drop the reference; *t becomes NULL, and may be NULL before. */
void hls_playlist_text_unref(struct hls_playlist_text **t);

/**
 * Reply with the text, or 304: a master playlist to a new viewer, else a media playlist. What has an id in it is for one viewer, and is
 * not to be stored; for all others, `cache_control` says how long it is good.
 *
 * Yields     yes; a reference to the text is held, and `vhost` is not used afterwards
 */
struct err *hls_playlist_text_reply(struct http_exchange *x, struct hls_playlist_text *t, const struct hls_ask *ask,
                                    const struct conf_vhost *vhost, const char *cache_control) ATTR_MUST_USE;

#endif
