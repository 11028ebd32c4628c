/* Pushes of streams to other servers: the list, POST, which adds a target to a stream, and DELETE, which removes it. Not in SRS. */
#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/manager.h"
#include "app/api/named_stream.h"
#include "app/api/reply.h"
#include "app/forward/forwards.h"
#include "app/forward/target.h"
#include "app/http/conn.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/jr.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/status.h"
#include "protocol/rtmp/url.h"
#include "protocol/stream_name.h"

enum { ROWS_MAX = 1000, BODY_BYTES_MAX = 16 << 10 };

/* ---- the list ---- */

static void put_target(void *arg, const struct forward *f, const struct target *t)
{
    struct api_reply *r = arg;
    struct jw        *j = &r->json;
    int64_t           retry_us = t->next_try_us - now_us();
    jw_object(j, NULL);
    jw_string(j, "vhost", f->source->vhost->name);
    jw_string(j, "app", f->source->app);
    jw_string(j, "stream", f->source->stream);
    api_put_url(r, "url", t->word);
    jw_bool(j, "added", forwards_has(f->source->key, t->word));
    jw_string(j, "state", target_state_name(t->state));
    jw_int(j, "bytes", target_bytes(t));
    jw_int(j, "messages", t->n_messages);
    jw_int(j, "lag_ms", target_lag_us(t) / US_PER_MS);
    jw_int(j, "jumps", t->n_jumps);
    jw_int(j, "failures", t->failures.n);
    jw_int(j, "retry_ms", t->state == TARGET_WAITING && retry_us > 0 ? retry_us / US_PER_MS : 0);
    api_put_failure(r, &t->failures);
    jw_object_end(j);
}

/* One page. Nothing yields in it, so its rows are of one moment. */
static struct err *put_list(struct api_reply *r)
{
    const struct forward_filter which = { api_param(r, "vhost"), api_param(r, "app"), api_param(r, "stream") };
    size_t                      start = (size_t)api_number(r, "start", 0, INT32_MAX);
    size_t                      rows = (size_t)api_number(r, "count", 10, ROWS_MAX);
    api_begin(r);
    jw_array(&r->json, "forwards");
    size_t total = forwards_walk(&which, start, rows, put_target, r);
    jw_array_end(&r->json);
    jw_int(&r->json, "total", (int64_t)total);
    jw_object_end(&r->json);
    return NULL;
}

/* ---- changes ---- */

struct wish {
    struct named_stream of;
    char                url[RTMP_URL_MAX + 1];
};

static bool is_url(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return false;
    return *text;
}

static const char *check_url(const struct wish *w)
{
    return is_url(w->url) ? NULL : "url is needed, and has no blanks";
}

static const char *read_body(const char *text, size_t len, struct wish *w, const struct conf *conf)
{
    struct jr_value body;
    const char     *wrong;
    if ((wrong = named_stream_from_body(&w->of, text, len, &body, conf)))
        return wrong;
    return named_stream_take_text(&body, "url", w->url, sizeof w->url) ? check_url(w) : "url is a text";
}

static const char *read_params(const struct api_reply *r, struct wish *w)
{
    const char *wrong = named_stream_from_query(&w->of, r);
    if (wrong)
        return wrong;
    return str_copy(w->url, sizeof w->url, api_text(r, "url")) ? check_url(w) : "url is too long";
}

/* Start or wake the attendant of the stream, if it is published. */
static void wake(struct api_reply *r, const struct wish *w)
{
    struct source *s = source_find(&r->server->sources, w->of.found, w->of.app, w->of.stream);
    if (s)
        attend_tell(s, MOMENT_CONF_CHANGED);
}

static struct err *changed(struct api_reply *r, const struct wish *w, const char *what)
{
    log_write_as(co_trace(), LOG_WARN, "forward of %s to %s is %s by %s", w->of.key, w->url, what,
                 http_visit_of(r->x)->ip);
    wake(r, w);
    return api_done(r);
}

static struct err *add(struct api_reply *r, struct wish *w)
{
    const char *text, *wrong;
    size_t      len;
    struct err *e = http_read_body(r->x, BODY_BYTES_MAX, &text, &len);
    if (e)
        return e;
    if ((wrong = read_body(text, len, w, r->server->conf)))
        return api_refuse_because(r, HTTP_STATUS_BAD_REQUEST, wrong);
    e = forwards_add(w->of.found->name, w->of.key, w->url);
    if (err_code(e) == E_LIMIT) {
        err_free(e);
        return api_refuse_because(r, HTTP_STATUS_SERVICE_UNAVAILABLE, "too many targets have been added");
    }
    return e ? e : changed(r, w, "added");
}

static struct err *drop(struct api_reply *r, struct wish *w)
{
    const char *wrong = read_params(r, w);
    if (wrong)
        return api_refuse_because(r, HTTP_STATUS_BAD_REQUEST, wrong);
    if (!forwards_remove(w->of.key, w->url))
        return api_refuse(r, HTTP_STATUS_NOT_FOUND);
    return changed(r, w, "removed");
}

static struct err *write_forwards(struct api_reply *r)
{
    if (r->method == HTTP_GET)
        return put_list(r);
    if (r->method != HTTP_POST && r->method != HTTP_DELETE)
        return api_refuse_method(r, "DELETE, GET, HEAD, OPTIONS, POST");
    if (!api_is_near(r))
        return api_refuse(r, HTTP_STATUS_FORBIDDEN);
    struct wish *w = mem_calloc(1, sizeof *w);
    if (!w)
        return err_no_memory();
    struct err *e = r->method == HTTP_POST ? add(r, w) : drop(r, w);
    mem_free(w);
    return e;
}

struct err *api_forwards(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_forwards);
}
