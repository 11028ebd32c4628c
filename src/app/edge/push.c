#include "app/edge/push.h"

#include <string.h>
#include <strings.h>

#include "app/conf/variable.h"
#include "app/edge/edge_order.h"
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

static struct list pushes = { &pushes, &pushes };

/* ---- its life ---- */

static bool copy_texts(struct edge_push *p, const struct session *s)
{
    char               key[STREAM_IDENTITY_CAP];
    const char *const  from[] = { s->client.id,       stream_name_key(key, s->vhost->name, s->app, s->stream),
                                  s->vhost->name,     s->app,
                                  s->stream,          s->param,
                                  s->client.page_url, s->client.swf_url };
    const char **const to[] = { &p->id, &p->key, &p->vhost, &p->app, &p->stream, &p->param, &p->page_url, &p->swf_url };
    size_t             len = 0;
    for (size_t i = 0; i < ARRAY_LEN(from); i++)
        len += strlen(from[i]) + 1;
    char *at = p->texts = mem_alloc(len);
    if (!at)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(from); i++) {
        size_t n = strlen(from[i]) + 1;
        memcpy(at, from[i], n);
        *to[i] = at;
        at += n;
    }
    return true;
}

static bool copy_args(struct edge_push *p, const struct session *s)
{
    if (!s->args || s->args_len > PUSH_ARGS_MAX)
        return true;
    if (!(p->args = mem_alloc(s->args_len)))
        return false;
    memcpy(p->args, s->args, s->args_len);
    p->args_len = s->args_len;
    return true;
}

struct edge_push *edge_push_new(struct session *s)
{
    struct edge_push *p = mem_calloc(1, sizeof *p);
    if (!p)
        return NULL;
    *p = (struct edge_push){ .refs = 1, .client = &s->client, .at.io.fd = -1 };
    list_init(&p->link);
    if (!copy_texts(p, s) || !copy_args(p, s)) {
        edge_push_unref(&p);
        return NULL;
    }
    list_push(&pushes, &p->link);
    return p;
}

void edge_push_unref(struct edge_push **pp)
{
    struct edge_push *p = *pp;
    *pp = NULL;
    if (!p || --p->refs > 0)
        return;
    edge_push_close(p);
    list_remove(&p->link);
    mem_free(p->texts);
    mem_free(p->args);
    mem_free(p->origin);
    mem_free(p->asked_vhost);
    mem_free(p);
}

struct edge_push *edge_push_find(const char *id)
{
    for (struct list *it = pushes.next; it != &pushes; it = it->next) {
        struct edge_push *p = LIST_ENTRY(it, struct edge_push, link);
        if (p->client && str_equal(p->id, id))
            return p;
    }
    return NULL;
}

struct edge_push *edge_push_other(const struct edge_push *than)
{
    for (struct list *it = pushes.next; it != &pushes; it = it->next) {
        struct edge_push *p = LIST_ENTRY(it, struct edge_push, link);
        if (p != than && (p->is_asked || p->is_open) && str_equal(p->key, than->key))
            return p;
    }
    return NULL;
}

/* ---- what the origin is asked ---- */

struct err *edge_push_origins(struct conf_words *words, const struct conf_vhost *vhost)
{
    const struct conf_cluster *c = &vhost->cluster;
    const char                *schema = c->protocol == CONF_CLUSTER_RTMPS ? "rtmps://" : "rtmp://";
    *words = (struct conf_words){ 0 };
    if (c->origins.count == 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "vhost %s is an edge without an origin", vhost->name);
    if (!(words->items = mem_calloc(c->origins.count, sizeof *words->items)))
        return err_no_memory();
    for (; words->count < c->origins.count; words->count++) {
        struct buf word = buf_up_to(RTMP_URL_MAX);
        buf_printf(&word, "%s%s", schema, c->origins.items[words->count]);
        struct err *e = buf_error(&word);
        if (!e)
            words->items[words->count] = buf_take(&word);
        buf_finish(&word);
        if (e)
            return e;
    }
    return NULL;
}

void edge_push_finish_origins(struct conf_words *words)
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

static struct err *make_destination(struct forward_destination *to, const struct edge_push *p)
{
    struct buf param = buf_up_to(RTMP_URL_MAX);
    edge_put_param(&param, p->param, "?");
    struct err *e = buf_error(&param);
    *to = (struct forward_destination){ 0 };
    if (!e) {
        struct forward_names names = { p->asked_vhost, p->app, p->stream, param.len ? param.bytes : "" };
        e = forward_destination_make(to, p->origin, &names);
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

bool edge_push_is_up_to_date(const struct edge_push *p, const struct conf_vhost *vhost)
{
    struct conf_words words;
    char             *name = NULL;
    size_t            at = 0;
    struct err       *e = edge_push_origins(&words, vhost);
    if (!e)
        e = name_vhost(&name, p->vhost, vhost);
    bool is = !e && p->is_open && is_listed(&words, p->origin, &at) && str_equal(name, p->asked_vhost);
    edge_push_finish_origins(&words);
    mem_free(name);
    err_free(e);
    return is;
}

/* Choose the origin and the vhost that it is asked for. */
static struct err *choose(struct edge_push *p, const struct conf_vhost *vhost)
{
    struct conf_words words;
    char             *name = NULL, *origin = NULL;
    size_t            last = PULL_URL_NONE;
    struct err       *e = edge_push_origins(&words, vhost);
    if (!e)
        e = name_vhost(&name, p->vhost, vhost);
    if (!e && p->origin && !is_listed(&words, p->origin, &last))
        last = PULL_URL_NONE;
    if (!e && !(origin = mem_strdup(words.items[origins_choose(&words, last)])))
        e = err_no_memory();
    edge_push_finish_origins(&words);
    if (e) {
        mem_free(name);
        return e;
    }
    mem_free(p->origin);
    mem_free(p->asked_vhost);
    p->origin = origin;
    p->asked_vhost = name;
    return NULL;
}

/* ---- opening ---- */

bool edge_push_is_verdict(const struct edge_push *p, const struct err *e)
{
    enum err_code code = err_code(e);
    return (code == E_END_OF_STREAM && p->was_connected) || code == E_REFUSED || code == E_SYSTEM_STREAM_BUSY ||
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

static struct err *open_at(struct edge_push *p, struct rtmp_client_target *at, const struct conf *conf,
                           const struct conf_vhost *vhost, int64_t deadline_us)
{
    struct err *e = find_trust(&at->tls, at->url, conf, vhost, deadline_us);
    if (!e)
        e = rtmp_client_open(&p->at, at, deadline_us);
    p->was_connected = !e;
    if (!e)
        e = forward_loop_check(conf, p->key, &p->at, at->tc_url ? at->tc_url : p->at.address.tc_url);
    return e ? e : rtmp_client_publish(&p->at, deadline_us);
}

/* Open, and follow redirects. */
static struct err *open_client(struct edge_push *p, const struct forward_destination *to, const struct conf *conf,
                               const struct conf_vhost *vhost, int64_t deadline_us)
{
    struct rtmp_client_target at = {
        .url = to->url,
        .stream = to->stream,
        .tc_url = to->tc_url,
        .page_url = p->page_url,
        .swf_url = p->swf_url,
        .args = p->args,
        .args_len = p->args_len,
        .no_fc = true,
    };
    char       *moved_to = NULL, *next;
    struct err *e = open_at(p, &at, conf, vhost, deadline_us);
    for (int n = 0; n < PUSH_REDIRECTS_MAX && (next = rtmp_client_take_redirect(&p->at, &e)); n++) {
        log_info("edge: the publisher of %s is redirected to %.200s", p->key, next);
        mem_free(moved_to);
        at.url = moved_to = next;
        at.stream = at.tc_url = NULL;
        e = open_at(p, &at, conf, vhost, deadline_us);
    }
    tls_ctx_unref(&at.tls);
    mem_free(moved_to);
    return e;
}

struct err *edge_push_open(struct edge_push *p, struct conf *conf, const struct conf_vhost *vhost, int64_t deadline_us)
{
    struct forward_destination to = { 0 };
    struct conf               *held = conf_ref(conf); /* A reload may come while the origin is asked. */
    rtmp_client_close(&p->at);
    struct err *e = choose(p, vhost);
    if (!e)
        e = make_destination(&to, p);
    if (!e)
        e = open_client(p, &to, conf, vhost, deadline_us);
    p->is_open = !e;
    p->was_connected &= !p->is_open; /* What comes later is no verdict. */
    if (p->origin && err_code(e) != E_THREAD_INTERRUPTED)
        origins_heard(p->origin, !e || p->was_connected || edge_push_is_verdict(p, e));
    forward_destination_finish(&to);
    conf_unref(&held);
    return e;
}

void edge_push_close(struct edge_push *p)
{
    rtmp_client_close(&p->at);
    p->is_open = false;
}
