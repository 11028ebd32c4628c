#include "app/edge/edge_order.h"

#include <string.h>

#include "app/conf/relay.h"
#include "app/edge/origin_order.h"
#include "app/edge/origin_place.h"
#include "app/edge/origins.h"
#include "app/edge/ring.h"
#include "app/relay/pull.h"
#include "app/session/session.h"
#include "app/source/attend.h"
#include "app/source/life.h"
#include "app/source/source.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtmp/url.h"

static const char default_vhost[] = "__defaultVhost__";

/* ---- what is special ---- */

/*
 * Players are kept while another origin may have the stream: until all have been asked after an end that an origin has told of, and
 * for `hold` after an origin was lost.
 */
static void stop_holding(const struct pull *p)
{
    struct source *s = p->attendance ? p->attendance->source : NULL;
    if (s && s->state == SOURCE_HELD &&
        ((p->ended_in_order && p->round_over) || now_us() - s->held_from_us >= s->vhost->cluster.hold_us))
        source_end_hold(s);
}

const struct pull_kind edge_kind = {
    .name = "edge",
    .by = "an edge",
    .guards = session_edge_guards,
    .pause_max_us = EDGE_PAUSE_MAX_US,
    .seams = true,
    .choose = origins_choose,
    .failed = stop_holding,
    .heard = origins_heard,
    .write_path = ring_write_path,
};

/* ---- texts ---- */

/* Append the vhost that the origin is asked for. */
static void put_vhost(struct buf *out, const struct source *s)
{
    static const char variable[] = "[vhost]";
    const char       *text = s->vhost->cluster.vhost, *at;
    for (; (at = strstr(text, variable)); text = at + sizeof variable - 1) {
        buf_append(out, text, (size_t)(at - text));
        buf_text(out, s->vhost->name);
    }
    buf_text(out, text);
}

/* True for a parameter by which this server is told where the stream is. */
static bool is_for_this_server(const char *pair, size_t len)
{
    static const char *const names[] = { "vhost=", "domain=", SESSION_HOP_PARAM "=" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (len >= strlen(names[i]) && memcmp(pair, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* False for blanks and control characters, which no URL has. */
static bool is_clean(const char *pair, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)pair[i] <= ' ' || pair[i] == 0x7f)
            return false;
    return true;
}

const char *edge_put_param(struct buf *out, const char *param, const char *mark)
{
    size_t end = strcspn(param, "#");
    for (size_t at = param[0] == '?', len; at < end; at += len + 1) {
        len = strcspn(param + at, "&#");
        if (len == 0 || is_for_this_server(param + at, len) || !is_clean(param + at, len))
            continue;
        buf_text(out, mark);
        buf_append(out, param + at, len);
        mark = "&";
    }
    return mark;
}

/* ---- URLs ---- */

static struct err *make_url(char **out, const struct source *s, const char *origin, const char *host)
{
    enum conf_cluster_protocol protocol = origin_place_follow(&s->vhost->cluster, s->first_player);
    struct origin_place        at = origin_place_of(&s->vhost->cluster, origin, protocol);
    struct buf                 url = buf_up_to(RTMP_URL_MAX);
    buf_printf(&url, "%s://%.*s%s/%s/%s%s", at.scheme, at.host_len, at.host, at.port, s->app, s->stream,
               origin_place_is_http(protocol) ? ".flv" : "");
    size_t      len = url.len;
    const char *mark = edge_put_param(&url, s->param ? s->param : "", "?");
    if (url.fault == BUF_FULL) { /* One player's parameters must not keep the stream from all others. */
        buf_rewind(&url, len);
        mark = "?";
    }
    if (origin_place_is_http(protocol) && host)
        buf_printf(&url, "%svhost=%s", mark, host);
    struct err *e = buf_error(&url);
    if (!e && !conf_relay_url_is_known(url.bytes))
        e = err_new(E_SYSTEM_CONFIG_INVALID, "%.200s is no URL of an origin", url.bytes);
    if (!e && !(*out = mem_strdup(url.bytes)))
        e = err_no_memory();
    buf_finish(&url);
    return e;
}

static struct err *make_urls(struct pull_order *o, const struct source *s)
{
    const struct conf_words *origins = &s->vhost->cluster.origins;
    if (origins->count == 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "vhost %s is an edge without an origin", s->vhost->name);
    o->urls.items = mem_calloc(origins->count, sizeof *o->urls.items);
    struct err *e = o->urls.items ? NULL : err_no_memory();
    size_t      at = ORIGIN_ORDER_BEGIN;
    for (; !e && o->urls.count < origins->count; o->urls.count++) {
        at = origin_order_next(&s->vhost->cluster, s->key, at);
        e = make_url(&o->urls.items[o->urls.count], s, origins->items[at], o->host);
    }
    return e;
}

static struct err *make_host(struct pull_order *o, const struct source *s)
{
    struct buf  vhost = buf_up_to(RTMP_URL_MAX);
    struct err *e;
    put_vhost(&vhost, s);
    e = buf_error(&vhost);
    if (!e && vhost.len && !str_equal(vhost.bytes, default_vhost) && !(o->host = mem_strdup(vhost.bytes)))
        e = err_no_memory();
    buf_finish(&vhost);
    return e;
}

struct err *edge_order_make(struct pull_order *o, const struct source *s)
{
    const struct conf_cluster *c = &s->vhost->cluster;
    *o = (struct pull_order){ .kind = &edge_kind,
                              .on_demand = true,
                              .has_standby = c->backup_pull && c->origins.count > 1,
                              .linger_us = c->linger_us,
                              .timeout_us = c->timeout_us,
                              .tls_verify = c->tls_verify,
                              .tells_self = c->debug_srs_upnode };
    o->vhost = mem_strdup(s->vhost->name);
    o->app = mem_strdup(s->app);
    o->stream = mem_strdup(s->stream);
    o->key = mem_strdup(s->key);
    o->tls_ca = mem_strdup(c->tls_ca ? c->tls_ca : "");
    if (!o->vhost || !o->app || !o->stream || !o->key || !o->tls_ca)
        return err_no_memory();
    struct err *e = make_host(o, s);
    return e ? e : make_urls(o, s);
}
