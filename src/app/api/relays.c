/*
 * Streams that are pulled from other servers: the list, with the pulls of edges; POST, which adds a relay, and DELETE, which removes it. Not in
 * SRS.
 */
#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/manager.h"
#include "app/api/named_stream.h"
#include "app/api/reply.h"
#include "app/conf/relay.h"
#include "app/edge/edge.h"
#include "app/http/conn.h"
#include "app/relay/pulls.h"
#include "app/relay/relay.h"
#include "core/clock.h"
#include "core/jr.h"
#include "core/list.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/location.h"
#include "protocol/http/status.h"

enum { ROWS_MAX = 1000, BODY_BYTES_MAX = 128 << 10, NAME_CAP = 2 * STREAM_NAME_MAX + 2 };

/* Defaults and bounds as in the configuration. */
enum { LINGER_S = 10, LINGER_MAX_S = 86400, TIMEOUT_S = 10, TIMEOUT_MAX_S = 3600 };

/* ---- the list ---- */

static void put_urls(struct api_reply *r, const struct pull *p)
{
    jw_array(&r->json, "urls");
    for (size_t i = 0; i < p->order.urls.count; i++)
        api_put_url(r, NULL, p->order.urls.items[i]);
    jw_array_end(&r->json);
}

static void put_pull(struct api_reply *r, const struct pull *p)
{
    struct jw *j = &r->json;
    int64_t    retry_us = p->next_try_us - now_us();
    jw_object(j, NULL);
    jw_string(j, "vhost", p->order.vhost);
    jw_string(j, "app", p->order.app);
    jw_string(j, "stream", p->order.stream);
    jw_string(j, "kind", p->order.kind->name);
    put_urls(r, p);
    api_put_url(r, "url", p->order.urls.items[p->at]);
    jw_bool(j, "added", p->added);
    jw_bool(j, "on_demand", p->order.on_demand);
    jw_string(j, "state", pull_state_name(pull_state(p)));
    jw_int(j, "bytes", pull_bytes(p));
    jw_int(j, "frames", pull_frames(p));
    jw_int(j, "failures", p->failures.n);
    jw_int(j, "retry_ms", pull_state(p) == PULL_WAITING && retry_us > 0 ? retry_us / US_PER_MS : 0);
    api_put_failure(r, &p->failures);
    jw_object_end(j);
}

static int64_t count_of(const struct list *pulls)
{
    int64_t n = 0;
    for (const struct list *it = pulls->next; it != pulls; it = it->next)
        n++;
    return n;
}

/* Rows of the page that are in this list. */
static void put_rows(struct api_reply *r, const struct list *pulls, size_t *skip, size_t *rows)
{
    for (const struct list *it = pulls->next; it != pulls && *rows > 0; it = it->next) {
        if (*skip > 0) {
            --*skip;
            continue;
        }
        put_pull(r, LIST_ENTRY(it, const struct pull, link));
        --*rows;
    }
}

/* One page: first the relays, then the pulls of edges. Nothing yields in it, so its rows are of one moment. */
static struct err *put_list(struct api_reply *r)
{
    size_t start = (size_t)api_number(r, "start", 0, INT32_MAX);
    size_t rows = (size_t)api_number(r, "count", 10, ROWS_MAX);
    api_begin(r);
    jw_int(&r->json, "total", count_of(pulls_all()) + count_of(edge_pulls()));
    jw_array(&r->json, "relays");
    put_rows(r, pulls_all(), &start, &rows);
    put_rows(r, edge_pulls(), &start, &rows);
    jw_array_end(&r->json);
    jw_object_end(&r->json);
    return NULL;
}

/* ---- changes ---- */

struct wish {
    struct named_stream of;
    struct conf_relay   relay;
    char                name[NAME_CAP];
    char               *urls[CONF_RELAY_URLS_MAX];
};

static void finish_wish(struct wish *w)
{
    for (size_t i = 0; i < w->relay.urls.count; i++)
        mem_free(w->urls[i]);
    mem_free(w);
}

static const char *take_url(struct wish *w, const struct jr_value *v, char *url)
{
    struct conf_words *urls = &w->relay.urls;
    if (urls->count == CONF_RELAY_URLS_MAX || !jr_string(v, url, HTTP_URL_MAX + 1) || !conf_relay_url_is_known(url))
        return "urls are up to 16 URLs of rtmp, rtmps, http or https";
    if (!(w->urls[urls->count] = mem_strdup(url)))
        return "out of memory";
    urls->count++;
    return NULL;
}

static const char *take_urls(struct wish *w, const struct jr_value *body)
{
    struct jr_value urls, v;
    const char     *wrong = NULL;
    char           *url = mem_alloc(HTTP_URL_MAX + 1);
    w->relay.urls.items = w->urls;
    if (!url)
        return "out of memory";
    if (!jr_member(body, "urls", &urls) || urls.kind != JR_ARRAY)
        wrong = "urls is a list";
    for (size_t at = 0; !wrong && jr_next(&urls, &at, &v);)
        wrong = take_url(w, &v, url);
    mem_free(url);
    return wrong || w->relay.urls.count ? wrong : "urls is empty";
}

static bool take_switch(const struct jr_value *body, const char *name, bool *to)
{
    struct jr_value v;
    if (!jr_member(body, name, &v))
        return true;
    *to = v.kind == JR_TRUE;
    return v.kind == JR_TRUE || v.kind == JR_FALSE;
}

static bool take_seconds(const struct jr_value *body, const char *name, int64_t min_s, int64_t max_s, int64_t *us)
{
    struct jr_value v;
    int64_t         s = *us / US_PER_SECOND;
    if (jr_member(body, name, &v) && !jr_int(&v, &s))
        return false;
    *us = s * US_PER_SECOND;
    return s >= min_s && s <= max_s;
}

static const char *take_manner(struct conf_relay *relay, const struct jr_value *body)
{
    *relay = (struct conf_relay){ .enabled = true,
                                  .tls_verify = true,
                                  .linger_us = LINGER_S * US_PER_SECOND,
                                  .timeout_us = TIMEOUT_S * US_PER_SECOND };
    if (!take_switch(body, "on_demand", &relay->on_demand) || !take_switch(body, "tls_verify", &relay->tls_verify))
        return "on_demand and tls_verify are true or false";
    if (!take_seconds(body, "linger", 0, LINGER_MAX_S, &relay->linger_us) ||
        !take_seconds(body, "timeout", 1, TIMEOUT_MAX_S, &relay->timeout_us))
        return "linger and timeout are seconds, up to 86400 and from 1 to 3600";
    return NULL;
}

static const char *read_body(const char *text, size_t len, struct wish *w, const struct conf *conf)
{
    struct jr_value        body;
    struct conf_relay_name names;
    struct str             name = str_over(w->name, sizeof w->name);
    const char            *wrong;
    if ((wrong = named_stream_from_body(&w->of, text, len, &body, conf)) || (wrong = take_manner(&w->relay, &body)) ||
        (wrong = take_urls(w, &body)))
        return wrong;
    str_printf(&name, "%s/%s", w->of.app, w->of.stream);
    w->relay.name = w->name;
    return conf_relay_name_find(&names, w->name, "") ? NULL : "app or stream is no valid name";
}

static struct err *changed(struct api_reply *r, const struct named_stream *of, const char *what)
{
    log_write_as(co_trace(), LOG_WARN, "relay of %s is %s by %s", of->key, what, http_visit_of(r->x)->ip);
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
    e = relay_add(w->of.found->name, &w->relay);
    if (err_code(e) == E_SYSTEM_STREAM_BUSY) {
        err_free(e);
        return api_refuse_because(r, HTTP_STATUS_CONFLICT, "the stream has a relay");
    }
    if (err_code(e) == E_LIMIT) {
        err_free(e);
        return api_refuse_because(r, HTTP_STATUS_SERVICE_UNAVAILABLE, "too many relays have been added");
    }
    return e ? e : changed(r, &w->of, "added");
}

static struct err *drop(struct api_reply *r, struct named_stream *of)
{
    const char *wrong = named_stream_from_query(of, r);
    if (wrong)
        return api_refuse_because(r, HTTP_STATUS_BAD_REQUEST, wrong);
    if (!relay_remove(of->key))
        return api_refuse(r, HTTP_STATUS_NOT_FOUND);
    return changed(r, of, "removed");
}

static struct err *write_relays(struct api_reply *r)
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
    struct err *e = r->method == HTTP_POST ? add(r, w) : drop(r, &w->of);
    finish_wish(w);
    return e;
}

struct err *api_relays(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_relays);
}
