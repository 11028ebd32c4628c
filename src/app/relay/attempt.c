#include "app/relay/attempt.h"

#include <stdio.h>

#include "app/conf/relay.h"
#include "app/hooks/trust.h"
#include "app/relay/order.h"
#include "app/server/server.h"
#include "app/session/upnode.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/rtmp/url.h"
#include "protocol/tls/ctx.h"

static const struct client_type rtmp_type = { .name = "rtmp-pull", .tag = "PUL", .publish = true };
static const struct client_type http_type = {
    .name = "http-pull", .tag = "HPU", .publish = true, .protocol = STAT_HTTP
};

static const struct client_type rtc_type = { .name = "rtc-pull", .tag = "RPU", .publish = true, .protocol = STAT_RTC };

struct err *attempt_trust(struct attempt *a)
{
    const struct pull_order *o = a->order;
    const struct hook_manner manner = { .timeout_us = o->timeout_us,
                                        .tls_verify = o->tls_verify,
                                        .tls_ca = o->tls_ca,
                                        .conf_serial = a->server->conf->serial };
    return a->tls ? NULL : hook_trust_take(&a->tls, &manner);
}

void attempt_heard(const struct attempt *a, const struct err *e)
{
    const struct pull_kind *kind = a->order->kind;
    bool                    answered = !e || err_code(e) == E_CONTROL_REDIRECT;
    if (kind->heard && (answered || !co_is_cancelled(a->co)))
        kind->heard(a->url, answered);
}

/* ---- becoming the publisher ---- */

static struct entry_who who_pulls(struct attempt *a)
{
    enum conf_relay_form form = conf_relay_form_of(a->url);
    return (struct entry_who){
        .client = { .type = form == CONF_RELAY_RTMP   ? &rtmp_type
                            : form == CONF_RELAY_WHEP ? &rtc_type
                                                      : &http_type,
                    .id = a->trace,
                    .ip = a->ip,
                    .co = co_self(),
                    .bytes_in = &a->bytes_in,
                    .bytes_out = &a->bytes_out },
        .by = a->order->kind->by,
        .gives_way = true,
        .seams = a->order->kind->seams,
        .query = "",
    };
}

struct err *attempt_begin(struct attempt *a, int fd, const struct rtmp_peer *peer)
{
    struct server           *server = a->server;
    const struct pull_order *o = a->order;
    struct entry_who         who = who_pulls(a);
    struct buf               url = buf_up_to(RTMP_URL_MAX);
    a->door = server->door;
    a->door.guards = o->kind->guards;
    if (fd >= 0)
        reach_peer_ip(fd, a->ip);
    buf_printf(&url, "rtmp://%s/%s/%s", o->vhost, o->app, o->stream);
    struct err *e = buf_error(&url);
    if (!e) {
        a->publishes = true;
        who.door = &a->door;
        a->upnode = peer ? *peer : (struct rtmp_peer){ .pid = -1 };
        who.upnode = *a->upnode.server || *a->upnode.id ? &a->upnode : NULL;
        e = entry_open(&a->entry, server, url.bytes, &who);
    }
    buf_finish(&url);
    if (e)
        return e;
    a->heard_us = a->began_us = now_us();
    co_unpark(a->owner); /* Another server may stand by from now on. */
    log_info("%s of %s from %s begins", o->kind->name, o->key, a->url);
    upnode_tell(&server->registry, a->entry.session.source);
    return NULL;
}

/* ---- what comes ---- */

static struct err *heard(struct attempt *a, struct err *e)
{
    int64_t n = a->entry.session.client.n_messages;
    if (n != a->n_heard)
        a->heard_us = now_us();
    a->n_heard = n;
    return e;
}

struct err *attempt_take(struct attempt *a, const uint8_t *bytes, size_t len)
{
    return heard(a, entry_take(&a->entry, bytes, len));
}

struct err *attempt_take_body(struct attempt *a, struct frame **body, uint32_t ts_ms)
{
    return heard(a, entry_take_body(&a->entry, body, ts_ms));
}

struct err *attempt_take_unit(struct attempt *a, struct frame_unit *unit)
{
    return heard(a, entry_take_unit(&a->entry, unit));
}

struct err *attempt_put_unit(struct attempt *a, struct frame_unit *unit)
{
    return heard(a, entry_put_unit(&a->entry, unit));
}

struct err *attempt_keep(struct attempt *a, struct frame **body, uint32_t ts_ms)
{
    int64_t now = now_us(), other_heard_us = a->other_heard_us ? *a->other_heard_us : now;
    a->heard_us = now;
    lead_note(&a->lead, now, other_heard_us);
    if (!mem_has_room())
        return err_new(E_LIMIT, "the server holds more than memory_limit");
    a->kept.holds = now - other_heard_us > ATTEMPT_SILENT_US;
    return kept_bodies_put(&a->kept, body, ts_ms) ? NULL : err_no_memory();
}

struct err *attempt_take_kept(struct attempt *a)
{
    uint32_t      ts_ms;
    struct frame *body;
    struct err   *e = NULL;
    while (!e && (body = kept_bodies_get(&a->kept, &ts_ms))) {
        e = attempt_take_body(a, &body, ts_ms);
        frame_unref(&body);
    }
    return e;
}

int64_t attempt_deadline(const struct attempt *a)
{
    return a->heard_us + a->order->timeout_us;
}

struct err *attempt_end(struct attempt *a)
{
    a->ended_in_order = true;
    return err_new(E_END_OF_STREAM, "%s has ended", a->url);
}

/* ---- its coroutine ---- */

static struct err *check_free(const struct attempt *a)
{
    const struct server     *server = a->server;
    const struct pull_order *o = a->order;
    const struct conf_vhost *vhost = conf_vhost_named(server->conf, o->vhost);
    const struct source     *s = vhost ? source_find(&server->sources, vhost, o->app, o->stream) : NULL;
    if (!vhost)
        return err_new(E_RTMP_VHOST_NOT_FOUND, "vhost %s is gone", o->vhost);
    if (!s || !s->publisher)
        return NULL;
    return err_new(E_SYSTEM_STREAM_BUSY, "client %s publishes %s already", s->publisher->trace, s->identity);
}

static void run(void *arg)
{
    struct attempt *a = arg;
    co_set_trace(a->trace);
    if (!a->stands_by)
        a->why = check_free(a);
    if (!a->why)
        a->why = a->form(a);
    if (a->publishes) {
        a->why = entry_end_reason(&a->entry, a->why);
        a->publishes = false;
        a->n_frames = a->entry.session.client.n_messages;
        entry_close(&a->entry, a->why);
    }
    tls_ctx_unref(&a->tls);
    a->ended = true;
    co_unpark(a->owner);
}

struct err *attempt_create(struct attempt **out, struct server *server, const struct pull_order *order, const char *url,
                           attempt_form *form)
{
    struct attempt *a = mem_calloc(1, sizeof *a);
    *out = NULL;
    if (!a)
        return err_no_memory();
    *a = (struct attempt){ .server = server,
                           .order = order,
                           .url = url,
                           .form = form,
                           .owner = co_self(),
                           .reach.url = url,
                           .heard_us = now_us() };
    ident_random(a->trace, IDENT_LEN);
    co_group_init(&a->group);
    kept_bodies_init(&a->kept);
    struct err *e = co_go(&a->group, "relay", run, a, &a->co);
    if (e)
        mem_free(a);
    else
        *out = a;
    return e;
}

void attempt_destroy(struct attempt *a)
{
    if (!a)
        return;
    co_group_cancel_and_join(&a->group);
    kept_bodies_clear(&a->kept);
    err_free(a->why);
    mem_free(a);
}
