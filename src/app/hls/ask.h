/**
 * One request for a playlist, segment or key, and the viewer that makes it.
 *
 *     e = hls_ask_begin(&a, x, vhost, app, stream, HLS_ASK_PLAYLIST);
 *     if (!e && !a.is_answered)
 *         e = a.is_new ? reply with the master playlist and hls_ask_master_query()
 *                      : reply with the media playlist and hls_ask_media_query()
 *     hls_ask_end(&a, x);
 *
 * With `hls_ctx on` a playlist without a valid `hls_ctx` makes a new viewer. With `hls_ts_ctx on` segments are for viewers alone, and
 * keys always are. With `hls_ctx off` everything is served to everybody, and with `hls_ts_ctx off` segments are: their URLs carry
 * no id that could be checked.
 *
 * A viewer may come from another address than before, as phones and CDNs do, if `security` lets that address play.
 *
 * Ownership  a struct hls_ask belongs to its request; `id` lives until hls_ask_end()
 */
#ifndef APP_HLS_ASK_H
#define APP_HLS_ASK_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "app/hls/viewer.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "kernel/hls/text.h"
#include "protocol/http/exchange.h"

/* HLS_ASK_FILE: a segment that a former run has left. Before its stream came back, a playlist file without ids listed it. */
enum hls_ask_for { HLS_ASK_PLAYLIST, HLS_ASK_SEGMENT, HLS_ASK_FILE, HLS_ASK_KEY };

/* The longest query that a request can have, with the id that is added. */
enum { HLS_ASK_QUERY_MAX = 3 * HTTP_REQUEST_LINE_MAX };

/** True if only a viewer of the stream gets this. */
bool hls_ask_needs_viewer(const struct conf_vhost *vhost, enum hls_ask_for what);

struct hls_ask {
    struct hls_viewer_reply reply;
    struct hls_viewer      *viewer;      /* a reference; NULL: served without a viewer */
    bool                    is_new;      /* the viewer has just been made */
    bool                    is_answered; /* the request was refused, and the reply has been sent */
    bool                    has_waited;  /* the door was asked: what was borrowed before may be gone */
};

/**
 * Find or admit the viewer of a request for a stream that has a playlist.
 *
 * Shape      app, stream: in normal form; of a rendition or variant, those of the master playlist
 * Errors     the socket's; out of memory. A refusal is no error: it is answered
 * Yields     if a->has_waited or a->is_answered is set; `vhost`, `app` and `stream` are not used after that
 */
struct err *hls_ask_begin(struct hls_ask *a, struct http_exchange *x, const struct conf_vhost *vhost, const char *app,
                          const char *stream, enum hls_ask_for what) ATTR_MUST_USE;

/** The reply is over: count it for the viewer. Follows each hls_ask_begin(). Does not yield. */
void hls_ask_end(struct hls_ask *a, const struct http_exchange *x);

/** The viewer has been told a target duration: it may be silent for some of these. */
void hls_ask_expect(const struct hls_ask *a, int64_t target_us);

/** True if the viewer was kicked meanwhile: a reply that has waited for media must not bring it. */
bool hls_ask_is_over(const struct hls_ask *a);

/** Reply to a viewer that was kicked, or whose time is over. Yields. */
struct err *hls_ask_reply_over(const struct hls_ask *a, struct http_exchange *x) ATTR_MUST_USE;

/**
 * Append the query of URIs in the master playlist: `hls_ctx` of the viewer, then all that the request had. Empty when there is
 * neither.
 */
void hls_ask_master_query(const struct hls_ask *a, const struct http_exchange *x, struct buf *out);

/** The same for URIs in a media playlist: `hls_ctx`, and the vhost if a parameter names it, as http_request_vhost() finds it. */
void hls_ask_media_query(const struct hls_ask *a, const struct http_exchange *x, struct buf *out);

/** The set of enum hls_uri_kind that get the query of hls_ask_media_query(). */
unsigned hls_ask_uri_kinds(const struct hls_ask *a, const struct conf_vhost *vhost);

#endif
