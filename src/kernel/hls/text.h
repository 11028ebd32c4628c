/**
 * The text of a playlist, shared by all viewers, and the places where the query of one viewer goes.
 *
 *     struct hls_text t = hls_text_up_to(TEXT_BYTES_MAX);
 *     hls_playlist_write(&t, &playlist);                          once per version of the playlist
 *     hls_text_expand(&out, &t, HLS_URI_MEDIA | HLS_URI_KEY, "hls_ctx=7f3a");       once per viewer
 *
 * A viewer without a query is sent `text` as it stands. The query becomes the first parameter: "a.ts" turns into
 * "a.ts?hls_ctx=7f3a" and "a.ts?x" into "a.ts?hls_ctx=7f3a&x".
 *
 * Nothing that is written here can end a line or a quoted string early: see hls_text_uri() and hls_text_quoted().
 *
 * Source     RFC 8216 4.1, 4.2; RFC 3986 2
 * Ownership  hls_text_finish() frees both buffers
 * Errors     those of core/buf, which stick; hls_text_error() is asked once, after all
 * Yields     no
 */
#ifndef KERNEL_HLS_TEXT_H
#define KERNEL_HLS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"

/* What a URI leads to. A viewer's query may be wanted at some and not at others: `hls_ts_ctx off`. */
enum hls_uri_kind {
    HLS_URI_PLAIN = 0,    /* another server's: no query, ever */
    HLS_URI_MEDIA = 1,    /* segment, part, initialization section */
    HLS_URI_KEY = 2,      /* key */
    HLS_URI_PLAYLIST = 4, /* media playlist, also in a rendition report */
};

struct hls_text {
    struct buf text;
    struct buf marks; /* an array of struct hls_mark, in the order of the text */
};

/** An empty text of at most `max_bytes`, below 4 GiB. */
struct hls_text hls_text_up_to(size_t max_bytes);

/**
 * Append a URI reference. Bytes that no URI may hold (controls, blanks, quotes, those above 0x7E and a few more), and a
 * leading '#', are written as %XX; a '%' stays. A name that is not encoded goes through uri_put_path() first.
 */
void hls_text_uri(struct hls_text *t, const char *uri, enum hls_uri_kind kind);

/** Append a quoted string. Line ends become blanks, quotes become apostrophes, and other controls are left out. */
void hls_text_quoted(struct buf *b, const char *text);

/** The same without the quotes, for a quoted string of several pieces. */
void hls_text_inside_quotes(struct buf *b, const char *text);

/** Append a wall time as ISO 8601 in UTC with milliseconds: 2026-11-30T05:32:31.123Z. */
void hls_text_date(struct buf *b, int64_t wall_us);

/** Forget the text, keep the memory. */
void hls_text_clear(struct hls_text *t);

/**
 * Append the text for one viewer.
 *
 * Shape      kinds: set of enum hls_uri_kind that get the query
 *            query: one or more parameters, encoded, without '?' and without '&' at either end; "" adds nothing
 */
void hls_text_expand(struct buf *out, const struct hls_text *t, unsigned kinds, const char *query);

/** NULL while all is there. */
struct err *hls_text_error(const struct hls_text *t) ATTR_MUST_USE;

void hls_text_finish(struct hls_text *t);

#endif
