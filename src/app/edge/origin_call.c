#include "app/edge/origin_call.h"

#include <string.h>
#include <strings.h>

#include "app/conf/variable.h"
#include "app/edge/edge_order.h"
#include "app/edge/origin_order.h"
#include "app/edge/origin_place.h"
#include "app/edge/origins.h"
#include "app/forward/destination.h"
#include "app/forward/loop.h"
#include "app/hooks/manner.h"
#include "app/hooks/trust.h"
#include "app/relay/order.h"
#include "app/session/session.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtmp/url.h"
#include "protocol/stream_name.h"
#include "protocol/tls/ctx.h"

/* ---- its life ---- */

static bool copy_texts(struct origin_call *c, const struct origin_client *who)
{
    char               key[STREAM_IDENTITY_CAP];
    const char *const  from[] = { who->id,      who->vhost, who->app,
                                  who->stream,  who->param, who->page_url,
                                  who->swf_url, who->ip,    stream_name_key(key, who->vhost, who->app, who->stream) };
    const char **const to[] = { &c->who.id,       &c->who.vhost,   &c->who.app, &c->who.stream, &c->who.param,
                                &c->who.page_url, &c->who.swf_url, &c->who.ip,  &c->key };
    size_t             len = 0;
    for (size_t i = 0; i < ARRAY_LEN(from); i++)
        len += strlen(from[i]) + 1;
    char *at = c->texts = mem_alloc(len);
    for (size_t i = 0; at && i < ARRAY_LEN(from); i++)
        *to[i] = str_pack(&at, from[i], strlen(from[i]));
    return c->texts;
}

static bool copy_args(struct origin_call *c, const struct origin_client *who)
{
    if (!who->args || who->args_len > ORIGIN_ARGS_MAX)
        return true;
    if (!(c->args = mem_alloc(who->args_len)))
        return false;
    memcpy(c->args, who->args, who->args_len);
    c->who.args = c->args;
    c->who.args_len = who->args_len;
    return true;
}

struct origin_client origin_client_of(const struct session *s)
{
    return (struct origin_client){
        .id = s->client.id,
        .vhost = s->vhost->name,
        .app = s->app,
        .stream = s->stream,
        .param = s->param,
        .page_url = s->client.page_url,
        .swf_url = s->client.swf_url,
        .ip = s->client.ip,
        .args = s->args,
        .args_len = s->args_len,
        .plays = !s->client.type->publish,
    };
}

bool origin_call_init(struct origin_call *c, const struct origin_client *who)
{
    *c = (struct origin_call){ .who.plays = who->plays, .at.io.fd = -1 };
    if (copy_texts(c, who) && copy_args(c, who))
        return true;
    origin_call_finish(c);
    return false;
}

void origin_call_finish(struct origin_call *c)
{
    origin_call_close(c);
    mem_free(c->texts);
    mem_free(c->args);
    mem_free(c->origin);
    mem_free(c->asked_vhost);
    *c = (struct origin_call){ .at.io.fd = -1 };
}

/* ---- what the origin is asked ---- */

static struct err *list_origins(struct conf_words *words, const struct conf_vhost *vhost, const char *key)
{
    const struct conf_cluster *cluster = &vhost->cluster;
    *words = (struct conf_words){ 0 };
    if (cluster->origins.count == 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "vhost %s is an edge without an origin", vhost->name);
    if (!(words->items = mem_calloc(cluster->origins.count, sizeof *words->items)))
        return err_no_memory();
    size_t at = ORIGIN_ORDER_BEGIN;
    for (; words->count < cluster->origins.count; words->count++) {
        at = origin_order_next(cluster, key, at);
        struct origin_place place = origin_place_of(cluster, cluster->origins.items[at], origin_place_rtmp(cluster));
        struct buf          word = buf_up_to(RTMP_URL_MAX);
        buf_printf(&word, "%s://%.*s%s", place.scheme, place.host_len, place.host, place.port);
        struct err *e = buf_error(&word);
        if (!e)
            words->items[words->count] = buf_take(&word);
        buf_finish(&word);
        if (e)
            return e;
    }
    return NULL;
}

static void finish_origins(struct conf_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        mem_free(words->items[i]);
    mem_free(words->items);
    *words = (struct conf_words){ 0 };
}

struct naming {
    struct buf *out;
    const char *vhost;
};

static void put_vhost(void *arg, enum variable variable)
{
    const struct naming *n = arg;
    (void)variable;
    buf_text(n->out, n->vhost);
}

/* The vhost of the origin. */
static struct err *name_vhost(char **to, const char *here, const struct conf_vhost *vhost)
{
    struct buf    out = buf_up_to(STREAM_VHOST_MAX);
    struct naming naming = { &out, here };
    variable_replace(&out, vhost->cluster.vhost, 1 << VARIABLE_VHOST, put_vhost, &naming);
    if (!out.len)
        buf_text(&out, STREAM_DEFAULT_VHOST);
    struct err *e = buf_error(&out);
    *to = e ? NULL : buf_take(&out);
    buf_finish(&out);
    return e;
}

static struct err *make_destination(struct forward_destination *to, const struct origin_call *c)
{
    struct buf param = buf_up_to(RTMP_URL_MAX);
    edge_put_param(&param, c->who.param, "?");
    struct err *e = buf_error(&param);
    *to = (struct forward_destination){ 0 };
    if (!e) {
        struct forward_names names = { c->asked_vhost, c->who.app, c->who.stream, param.len ? param.bytes : "" };
        e = forward_destination_make(to, c->origin, &names);
    }
    buf_finish(&param);
    return e;
}

static bool is_listed(const struct conf_words *words, const char *word, size_t *at)
{
    for (*at = 0; *at < words->count; ++*at)
        if (str_equal(words->items[*at], word))
            return true;
    return false;
}

bool origin_call_is_up_to_date(const struct origin_call *c, const struct conf_vhost *vhost)
{
    struct conf_words words;
    char             *name = NULL;
    size_t            at = 0;
    struct err       *e = list_origins(&words, vhost, c->key);
    if (!e)
        e = name_vhost(&name, c->who.vhost, vhost);
    bool is = !e && c->is_open && is_listed(&words, c->origin, &at) && str_equal(name, c->asked_vhost);
    finish_origins(&words);
    mem_free(name);
    err_free(e);
    return is;
}

/* Choose the origin and the vhost that it is asked for. */
static struct err *choose(struct origin_call *c, const struct conf_vhost *vhost)
{
    struct conf_words words;
    char             *name = NULL, *origin = NULL;
    size_t            last = PULL_URL_NONE;
    struct err       *e = list_origins(&words, vhost, c->key);
    if (!e)
        e = name_vhost(&name, c->who.vhost, vhost);
    if (!e && c->origin && !is_listed(&words, c->origin, &last))
        last = PULL_URL_NONE;
    if (!e && !(origin = mem_strdup(words.items[origins_choose(&words, last)])))
        e = err_no_memory();
    finish_origins(&words);
    if (e) {
        mem_free(name);
        return e;
    }
    mem_free(c->origin);
    mem_free(c->asked_vhost);
    c->origin = origin;
    c->asked_vhost = name;
    return NULL;
}

/* ---- opening ---- */

bool origin_call_is_verdict(const struct origin_call *c, const struct err *e)
{
    enum err_code code = err_code(e);
    return (code == E_END_OF_STREAM && c->was_connected) || code == E_REFUSED || code == E_SYSTEM_STREAM_BUSY ||
           code == E_AUTH_REQUIRED || code == E_RTMP_STREAM_NOT_FOUND;
}

/* The certificates that the vhost trusts. */
static struct err *find_trust(struct tls_ctx **tls, const char *url, const struct conf *conf,
                              const struct conf_vhost *vhost, int64_t deadline_us)
{
    static const char        schema[] = "rtmps:";
    const struct hook_manner manner = {
        .timeout_us = deadline_us - now_us(),
        .tls_verify = vhost->cluster.tls_verify,
        .tls_ca = vhost->cluster.tls_ca ? vhost->cluster.tls_ca : "",
        .conf_serial = conf->serial,
    };
    tls_ctx_unref(tls);
    return strncasecmp(url, schema, sizeof schema - 1) == 0 ? hook_trust_take(tls, &manner) : NULL;
}

/* Wait until the server sends media, or has not refused the player for a while. */
static struct err *settle(struct origin_call *c, int64_t deadline_us)
{
    struct rtmp_message   msg = { 0 };
    enum rtmp_client_news news = RTMP_NEWS_NONE;
    int64_t               until_us = now_us() + ORIGIN_SETTLE_US;
    struct err           *e = NULL;
    while (!e && news != RTMP_NEWS_MEDIA) {
        e = rtmp_client_read(&c->at, &msg, &news, until_us < deadline_us ? until_us : deadline_us);
        frame_unref(&msg.payload);
    }
    return until_us <= deadline_us ? err_except(e, E_SOCKET_TIMEOUT) : e;
}

static struct err *play(struct origin_call *c, int64_t deadline_us)
{
    struct err *e = rtmp_client_play(&c->at, NULL, deadline_us);
    return e ? e : settle(c, deadline_us);
}

static struct err *open_at(struct origin_call *c, struct rtmp_client_target *at, const struct conf *conf,
                           const struct conf_vhost *vhost, int64_t deadline_us)
{
    struct err *e = find_trust(&at->tls, at->url, conf, vhost, deadline_us);
    if (!e)
        e = rtmp_client_open(&c->at, at, deadline_us);
    c->was_connected = !e;
    if (!e)
        e = forward_loop_check(conf, c->key, &c->at, at->tc_url ? at->tc_url : c->at.address.tc_url);
    if (e)
        return e;
    return c->who.plays ? play(c, deadline_us) : rtmp_client_publish(&c->at, deadline_us);
}

/* Open, and follow redirects. */
static struct err *open_client(struct origin_call *c, const struct forward_destination *to, const struct conf *conf,
                               const struct conf_vhost *vhost, int64_t deadline_us)
{
    struct rtmp_client_target at = {
        .url = to->url,
        .stream = to->stream,
        .tc_url = to->tc_url,
        .page_url = c->who.page_url,
        .swf_url = c->who.swf_url,
        .args = c->who.args,
        .args_len = c->who.args_len,
        .own_id = vhost->cluster.debug_srs_upnode ? c->who.id : NULL,
        .client_ip = c->who.ip,
        .no_fc = true,
        .judge = reach_judge,
        .judge_arg = &c->reach,
    };
    char *moved_to = NULL, *next;
    c->reach = (struct reach){ .url = c->origin };
    struct err *e = open_at(c, &at, conf, vhost, deadline_us);
    for (int n = 0; n < ORIGIN_REDIRECTS_MAX && (next = rtmp_client_take_redirect(&c->at, &e)); n++) {
        log_info("edge: the %s of %s is redirected to %.200s", c->who.plays ? "player" : "publisher", c->key, next);
        mem_free(moved_to);
        at.url = moved_to = next;
        at.stream = at.tc_url = NULL;
        e = open_at(c, &at, conf, vhost, deadline_us);
    }
    tls_ctx_unref(&at.tls);
    mem_free(moved_to);
    return e;
}

struct err *origin_call_open(struct origin_call *c, struct conf *conf, const struct conf_vhost *vhost,
                             int64_t deadline_us)
{
    struct forward_destination to = { 0 };
    struct conf               *held = conf_ref(conf); /* A reload may come while the origin is asked. */
    rtmp_client_close(&c->at);
    struct err *e = choose(c, vhost);
    if (!e)
        e = make_destination(&to, c);
    if (!e)
        e = open_client(c, &to, conf, vhost, deadline_us);
    c->is_open = !e;
    c->was_connected &= !c->is_open; /* What comes later is no verdict. */
    if (c->origin && err_code(e) != E_THREAD_INTERRUPTED)
        origins_heard(c->origin, !e || c->was_connected || origin_call_is_verdict(c, e));
    forward_destination_finish(&to);
    conf_unref(&held);
    return e;
}

void origin_call_close(struct origin_call *c)
{
    rtmp_client_close(&c->at);
    c->is_open = false;
}
