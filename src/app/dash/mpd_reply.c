#include "app/dash/mpd_reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/conf/auth.h"
#include "app/dash/dash.h"
#include "app/dash/mpd_query.h"
#include "app/dash/mpd_text.h"
#include "app/segment/reply.h"
#include "kernel/dash/mpd.h"
#include "protocol/http/exchange.h"
#include "protocol/http/negotiate.h"
#include "protocol/http/status.h"

enum { ETAG_CAP = 64 };

/* Paths in an MPD that get a query; by how much its bytes grow when they are encoded. */
enum { PATHS_MAX = 4096, QUERY_GROWTH = 5 };

/* An MPD is asked for again and again, and is new each time: caches ask whether it has changed. */
static struct err *reply_text(struct http_exchange *x, struct blob *text, const char *etag)
{
    struct err *e = http_add_field(x, "Cache-Control", "no-cache");
    if (!e)
        e = http_add_field(x, "ETag", etag);
    if (!e && http_has_version(http_request_of(x), etag))
        return http_reply_status(x, HTTP_STATUS_NOT_MODIFIED);
    return e ? e : segment_reply_blob(x, text, MPD_CONTENT_TYPE);
}

/* Where each request needs a token, the segments need that of the MPD. */
static struct err *reply_with_query(struct http_exchange *x, const struct blob *text, const char *etag)
{
    const char *query = http_request_of(x)->raw_query;
    struct buf  out = buf_up_to(text->len + PATHS_MAX * (QUERY_GROWTH * strlen(query) + 1));
    dash_mpd_query_add(&out, (const char *)text->bytes, text->len, query);
    struct err  *e = buf_error(&out);
    struct blob *own = e ? NULL : blob_copy(out.bytes, out.len);
    buf_finish(&out);
    if (!e)
        e = own ? reply_text(x, own, etag) : err_no_memory();
    blob_unref(&own);
    return e;
}

struct err *dash_serve_mpd(struct http_exchange *x, struct shelf_item *item)
{
    struct dash *d = CONTAINER_OF(item, struct dash, mpd);
    char         etag[ETAG_CAP];
    struct err  *e = dash_mpd_text_refresh(d);
    if (e)
        return e;
    if (!d->text)
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    snprintf(etag, sizeof etag, "\"%" PRIx64 "\"", (uint64_t)d->published_us);
    if (conf_auth_asks(&d->show->vhost->auth, false) && *http_request_of(x)->raw_query)
        return reply_with_query(x, d->text, etag);
    return reply_text(x, d->text, etag);
}
