#include "app/hls/ask.h"

#include <string.h>

#include "app/bans/guard.h"
#include "app/hls/file_guard.h"
#include "app/hls/viewers.h"
#include "app/http/conn.h"
#include "app/http/refusal.h"
#include "app/http/site.h"
#include "app/session/access.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/status.h"

/* The parameter that names the vhost stands behind each URI of a playlist. A name has at most 253 bytes (RFC 1035, 2.3.4). */
enum { VHOST_PAIR_MAX = 264 };

/* ---- queries --------------------------------------------------------------------------------------------------- */

static bool is_named(const char *pair, size_t len, const char *name)
{
    size_t n = strlen(name);
    return len >= n && memcmp(pair, name, n) == 0 && (len == n || pair[n] == '=');
}

/* What may stand in a query (RFC 3986, 3.4); everything else is encoded, so that it ends neither a line nor a quoted string. */
static void put_encoded(struct buf *out, const char *text, size_t len)
{
    static const char other[] = "-._~!$'()*+,;=:@/?%";
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(other, c));
        if (plain)
            buf_append(out, &c, 1);
        else
            buf_printf(out, "%%%02X", (unsigned char)c);
    }
}

/* Append the pairs of a query that `wanted` wants; "&" stands between them, and before the first if there is something already. */
static void put_pairs(struct buf *out, const char *query, bool (*wanted)(const char *pair, size_t len))
{
    while (*query) {
        size_t len = strcspn(query, "&");
        if (len > 0 && wanted(query, len)) {
            if (out->len > 0)
                buf_text(out, "&");
            put_encoded(out, query, len);
        }
        query += len + (query[len] == '&');
    }
}

static bool is_no_id(const char *pair, size_t len)
{
    return !is_named(pair, len, HLS_VIEWER_ID_PARAM);
}

/* Append the first pair of that name; false if there is none, or it has no value. One that is too long for a vhost is left out. */
static bool put_first(struct buf *out, const char *query, const char *name)
{
    while (*query) {
        size_t len = strcspn(query, "&");
        if (is_named(query, len, name)) {
            if (len <= strlen(name) + 1)
                return false;
            buf_text(out, out->len > 0 && len <= VHOST_PAIR_MAX ? "&" : "");
            put_encoded(out, query, len <= VHOST_PAIR_MAX ? len : 0);
            return true;
        }
        query += len + (query[len] == '&');
    }
    return false;
}

static void put_id(const struct hls_ask *a, struct buf *out)
{
    if (a->viewer) {
        buf_text(out, HLS_VIEWER_ID_PARAM "=");
        buf_text(out, a->viewer->id);
    }
}

void hls_ask_master_query(const struct hls_ask *a, const struct http_exchange *x, struct buf *out)
{
    put_id(a, out);
    put_pairs(out, http_request_of(x)->raw_query, is_no_id);
}

void hls_ask_media_query(const struct hls_ask *a, const struct http_exchange *x, struct buf *out)
{
    const char *query = http_request_of(x)->raw_query;
    put_id(a, out);
    if (!put_first(out, query, "vhost"))
        (void)put_first(out, query, "domain");
}

unsigned hls_ask_uri_kinds(const struct hls_ask *a, const struct conf_vhost *vhost)
{
    bool bare = a->viewer && !vhost->hls.ts_ctx;
    return HLS_URI_KEY | HLS_URI_PLAYLIST | (bare ? 0 : HLS_URI_MEDIA);
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static struct err *refuse(struct http_exchange *x, const struct hls_refusal *how, struct err *why)
{
    switch (how->verdict) {
    case SESSION_REDIRECTED:
        log_err(LOG_INFO, why, "a viewer of HLS");
        return http_reply_redirect(x, HTTP_STATUS_FOUND, how->place);
    case SESSION_UNNAMED: return refusal_unnamed(x, how->challenge, why);
    case SESSION_NOT_FOUND: return refusal_denied(x, HTTP_STATUS_NOT_FOUND, why);
    case SESSION_UNAVAILABLE: return refusal_unasked(x, why);
    case SESSION_DENIED:
    case SESSION_BUSY: return refusal_denied(x, HTTP_STATUS_FORBIDDEN, why);
    case SESSION_ADMITTED:
    case SESSION_FAILED: break;
    }
    return err_code(why) == E_LIMIT ? refusal_for_now(x, why, "No place for another viewer.\n") : why;
}

/* ---- who asks --------------------------------------------------------------------------------------------------- */

bool hls_ask_is_over(const struct hls_ask *a)
{
    return a->viewer && hls_viewer_has_ended(a->viewer);
}

void hls_ask_expect(const struct hls_ask *a, int64_t target_us)
{
    if (a->viewer)
        a->viewer->target_us = target_us;
}

struct err *hls_ask_reply_over(const struct hls_ask *a, struct http_exchange *x)
{
    if (a->viewer->session.client.is_over)
        return refusal_status(x, HTTP_STATUS_FORBIDDEN);
    char       text[sizeof "HLS stream  is EOF" + HLS_VIEWER_ID_LEN];
    struct str out = str_over(text, sizeof text);
    str_printf(&out, "HLS stream %s is EOF", a->viewer->id);
    return refusal_text(x, HTTP_STATUS_NOT_FOUND, text);
}

/* A known viewer goes on, unless it was kicked, or comes from an address that may not play. */
static struct err *go_on(struct hls_ask *a, struct http_exchange *x, const struct conf_vhost *vhost)
{
    const char *ip = http_visit_of(x)->ip;
    struct err *e;
    if (hls_ask_is_over(a)) {
        a->is_answered = true;
        return hls_ask_reply_over(a, x);
    }
    list_push(&a->viewer->replies, &a->reply.link);
    if (str_equal(ip, a->viewer->ip))
        return NULL;
    if ((e = access_check_security(vhost, ACCESS_PLAY, ip))) {
        a->is_answered = true;
        return refusal_denied(x, HTTP_STATUS_FORBIDDEN, e);
    }
    if (!a->viewer->has_moved)
        log_info("HLS viewer %.8s, ip=%s, also comes from %s", a->viewer->id, a->viewer->ip, ip);
    a->viewer->has_moved = true;
    return NULL;
}

static void put_tc_url(struct buf *out, const struct http_exchange *x, const char *app)
{
    buf_printf(out, "%s://%s/%s", http_conn_of(x)->is_tls ? "https" : "http", http_request_of(x)->host, app);
}

static void put_param(struct buf *out, const struct http_exchange *x)
{
    struct buf pairs = buf_up_to(HLS_ASK_QUERY_MAX);
    put_pairs(&pairs, http_request_of(x)->raw_query, is_no_id);
    buf_text(out, pairs.len ? "?" : "");
    buf_append(out, pairs.len ? pairs.bytes : "", pairs.len);
    if (pairs.fault)
        out->fault = pairs.fault;
    buf_finish(&pairs);
}

/* A session keeps its query, for its guards. */
static struct err *reply_too_long(struct hls_ask *a, struct http_exchange *x)
{
    a->is_answered = true;
    log_warn("HTTP client ip=%s, %s: the query of an HLS viewer is too long", http_visit_of(x)->ip,
             http_request_of(x)->path);
    return refusal_text(x, HTTP_STATUS_URI_TOO_LONG, "The query is too long.\n");
}

/* Ask the door. `id` is NULL for a new viewer. */
static struct err *admit(struct hls_ask *a, struct http_exchange *x, const struct hls_viewer_stream *of, const char *id)
{
    const struct http_request *r = http_request_of(x);
    const char                *page = http_site_page(r);
    struct buf                 param = buf_up_to(HLS_ASK_QUERY_MAX), tc_url = buf_up_to(HTTP_HEAD_MAX);
    struct hls_refusal         refusal = { .verdict = SESSION_FAILED };
    put_param(&param, x);
    put_tc_url(&tc_url, x, of->app);
    struct err *e = buf_error(&param);
    if (!e)
        e = buf_error(&tc_url);
    if (!e) {
        const struct hls_viewer_asks asks = {
            .of = *of,
            .host = http_request_vhost(r),
            .ip = http_visit_of(x)->ip,
            .param = param.bytes ? param.bytes : "",
            .page_url = page ? page : "",
            .tc_url = tc_url.bytes,
            .authorization = http_request_field(r, "Authorization"),
            .io = http_visit_of(x)->io,
        };
        a->has_waited = true;
        e = hls_viewers_admit(&a->viewer, &refusal, http_conn_of(x)->server, &asks, id);
    }
    buf_finish(&param);
    buf_finish(&tc_url);
    if (e) {
        a->is_answered = true;
        e = refuse(x, &refusal, e);
        mem_free(refusal.place);
        return e;
    }
    a->is_new = !id;
    list_push(&a->viewer->replies, &a->reply.link);
    if (!hls_ask_is_over(a))
        return NULL;
    a->is_answered = true; /* Another request with this id was quicker, and that viewer was kicked. */
    return hls_ask_reply_over(a, x);
}

bool hls_ask_needs_viewer(const struct conf_vhost *vhost, enum hls_ask_for what)
{
    if (!vhost->hls.ctx)
        return false;
    switch (what) {
    case HLS_ASK_SEGMENT: return vhost->hls.ts_ctx;
    case HLS_ASK_FILE: return vhost->hls.ts_ctx && hls_file_guard_may_refuse(vhost);
    case HLS_ASK_PLAYLIST:
    case HLS_ASK_KEY: break;
    }
    return true;
}

struct err *hls_ask_begin(struct hls_ask *a, struct http_exchange *x, const struct conf_vhost *vhost, const char *app,
                          const char *stream, enum hls_ask_for what)
{
    const struct hls_viewer_stream of = { .vhost = vhost->name, .app = app, .stream = stream };
    const char                    *id = http_request_param(http_request_of(x), HLS_VIEWER_ID_PARAM);
    *a = (struct hls_ask){ .reply = { .co = co_self(), .x = x } };
    list_init(&a->reply.link);
    struct err *banned = ban_check_stream(vhost, app, stream); /* viewers have been ended; others have no session */
    if (banned) {
        a->is_answered = true;
        return refusal_denied(x, HTTP_STATUS_FORBIDDEN, banned);
    }
    if (id && vhost->hls.ctx && (a->viewer = hls_viewers_find(id, &of)))
        return go_on(a, x, vhost);
    if (!hls_ask_needs_viewer(vhost, what))
        return NULL;
    bool is_ours = id && hls_viewer_id_is_ours(id, http_conn_of(x)->server->secret, &of);
    if ((is_ours || what == HLS_ASK_PLAYLIST) && strlen(http_request_of(x)->raw_query) > HLS_VIEWER_PARAM_MAX)
        return reply_too_long(a, x);
    if (is_ours || what == HLS_ASK_PLAYLIST)
        return admit(a, x, &of, is_ours ? id : NULL);
    a->is_answered = true;
    return refusal_denied(x, HTTP_STATUS_FORBIDDEN, hls_viewers_refuse_others());
}

void hls_ask_end(struct hls_ask *a, const struct http_exchange *x)
{
    list_remove(&a->reply.link);
    const struct http_visit *visit = http_visit_of(x);
    const struct io         *io = visit->io;
    hls_viewers_release(&a->viewer, io->bytes_in - visit->counted_in, io->bytes_out - visit->counted_out);
}
