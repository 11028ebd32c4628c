#include "app/hls/playlist_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "app/hls/ask.h"
#include "core/mem.h"
#include "protocol/http/exchange.h"
#include "protocol/http/negotiate.h"
#include "protocol/http/status.h"

static const char type[] = "application/vnd.apple.mpegurl";

/* FNV-1a, 64 bits. A publisher that makes two playlists with one hash misleads only the viewers of its own stream. */
static uint64_t hash_of(const char *text, size_t len)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
    return hash;
}

struct err *hls_playlist_text_new(struct hls_playlist_text **out, struct hls_text *text)
{
    struct err *e = hls_text_error(text);
    *out = e ? NULL : mem_calloc(1, sizeof **out);
    if (!*out) {
        hls_text_finish(text);
        return e ? e : err_no_memory();
    }
    **out = (struct hls_playlist_text){ .refs = 1, .text = *text };
    uint64_t hash = hash_of(text->text.bytes, text->text.len);
    snprintf((*out)->etag, sizeof(*out)->etag, "\"%016" PRIx64 "\"", hash);
    snprintf((*out)->gzipped_etag, sizeof(*out)->gzipped_etag, "\"%016" PRIx64 "-gz\"", hash);
    *text = (struct hls_text){ 0 };
    return NULL;
}

void hls_playlist_text_unref(struct hls_playlist_text **tp)
{
    struct hls_playlist_text *t = *tp;
    *tp = NULL;
    if (!t || --t->refs > 0)
        return;
    hls_text_finish(&t->text);
    blob_unref(&t->gzipped);
    mem_free(t);
}

/* How a text is sent to one client. */
struct sending {
    const char *query; /* of this viewer; "": none */
    unsigned    kinds; /* set of enum hls_uri_kind that get it */
    const char *cache_control;
};

/* ---- gzip ---- */

/* Compress on the loop: the text is short, and the fastest level takes about a millisecond for the longest. */
static struct blob *compress_text(const struct buf *text)
{
    enum { GZIP_WINDOW_BITS = 15 + 16, GZIP_MORE_THAN_ZLIB = 32 }; /* In zlib, 16 more asks for a gzip header. */
    z_stream     z = { .next_in = (Bytef *)text->bytes, .avail_in = (uInt)text->len };
    struct blob *made = NULL, *room = blob_new(compressBound(text->len) + GZIP_MORE_THAN_ZLIB);
    if (!room)
        return NULL;
    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW_BITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK) {
        z.next_out = room->bytes;
        z.avail_out = (uInt)room->len;
        if (deflate(&z, Z_FINISH) == Z_STREAM_END)
            made = blob_copy(room->bytes, z.total_out);
        deflateEnd(&z);
    }
    blob_unref(&room);
    return made;
}

/* The compressed text if the request takes it; NULL: send it as it is. */
static const struct blob *gzipped_for(struct http_exchange *x, struct hls_playlist_text *t, const struct sending *how)
{
    if (*how->query || t->text.text.len < HLS_GZIP_BYTES_MIN || t->text.text.len > HLS_GZIP_BYTES_MAX ||
        !http_accepts_gzip(http_request_field(http_request_of(x), "Accept-Encoding")))
        return NULL;
    if (!t->gzipped && !t->gzip_failed) {
        t->gzipped = compress_text(&t->text.text);
        t->gzip_failed = !t->gzipped;
    }
    return t->gzipped;
}

/* ---- replies ---- */

static struct err *add_fields(struct http_exchange *x, const char *etag, bool is_gzipped, const struct sending *how)
{
    struct err *e = http_add_field(x, "Cache-Control", how->cache_control);
    if (!e)
        e = http_add_field(x, "ETag", etag);
    if (!e && !*how->query)
        e = http_add_field(x, "Vary", "Accept-Encoding");
    if (!e && is_gzipped)
        e = http_add_field(x, "Content-Encoding", "gzip");
    return e;
}

static struct err *reply_expanded(struct http_exchange *x, const struct hls_playlist_text *t, const struct sending *how)
{
    struct buf  out = buf_up_to(2 * HLS_TEXT_BYTES_MAX);
    struct err *e;
    hls_text_expand(&out, &t->text, how->kinds, how->query);
    if (!(e = buf_error(&out)))
        e = http_reply(x, HTTP_STATUS_OK, type, out.bytes, out.len);
    buf_finish(&out);
    return e;
}

static struct err *send_text(struct http_exchange *x, struct hls_playlist_text *t, const struct sending *how)
{
    const struct blob *gzipped = gzipped_for(x, t, how);
    const char        *etag = gzipped ? t->gzipped_etag : t->etag;
    struct err        *e = add_fields(x, etag, gzipped != NULL, how);
    if (e)
        return e;
    if (http_has_version(http_request_of(x), etag))
        return http_reply(x, HTTP_STATUS_NOT_MODIFIED, NULL, NULL, 0);
    if (gzipped)
        return http_reply(x, HTTP_STATUS_OK, type, gzipped->bytes, gzipped->len);
    if (*how->query)
        return reply_expanded(x, t, how);
    return http_reply(x, HTTP_STATUS_OK, type, t->text.text.bytes, t->text.text.len);
}

struct err *hls_playlist_text_reply(struct http_exchange *x, struct hls_playlist_text *t, const struct hls_ask *ask,
                                    const struct conf_vhost *vhost, const char *cache_control)
{
    struct hls_playlist_text *held = hls_playlist_text_ref(t);
    struct buf                query = buf_up_to(HLS_ASK_QUERY_MAX);
    if (ask->is_new)
        hls_ask_master_query(ask, x, &query);
    else
        hls_ask_media_query(ask, x, &query);
    struct sending how = {
        .query = query.len ? query.bytes : "",
        .kinds = hls_ask_uri_kinds(ask, vhost),
        .cache_control = ask->viewer ? "no-store" : cache_control,
    };
    struct err *e = buf_error(&query);
    if (!e)
        e = send_text(x, held, &how);
    buf_finish(&query);
    hls_playlist_text_unref(&held);
    return e;
}
