/* RTMP and RTMPS: this server plays the stream of another one. */
#include <strings.h>

#include "app/forward/loop.h"
#include "app/relay/forms.h"
#include "app/relay/order.h"
#include "app/relay/reach.h"
#include "app/rtmp/intake.h"
#include "app/server/server.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtmp/client.h"
#include "protocol/rtmp/url.h"

struct reading {
    struct attempt    *a;
    struct rtmp_client client;
    struct intake      intake;
};

/* ---- connecting ---- */

/* The tcUrl that names the host of the order in place of that of the URL. */
static struct err *name_host(const struct reading *r, const char *url, struct buf *tc_url)
{
    struct rtmp_address at;
    struct err         *e = rtmp_address_parse(&at, url);
    if (!e) {
        buf_printf(tc_url, "%s://%s", at.tls ? "rtmps" : "rtmp", r->a->order->host);
        if (at.tls || at.port != RTMP_PORT_DEFAULT)
            buf_printf(tc_url, ":%u", at.port);
        buf_printf(tc_url, "/%s", at.app);
        e = buf_error(tc_url);
    }
    rtmp_address_finish(&at);
    return e;
}

/* Connect, and find out whether it is to the very stream that is to be made. */
static struct err *connect_to(struct reading *r, const struct rtmp_client_target *at, int64_t deadline_us)
{
    struct err *e = rtmp_client_open(&r->client, at, deadline_us);
    if (at->url == r->a->url) /* A server that a redirect names says nothing about the one that was chosen. */
        attempt_heard(r->a, e);
    if (e)
        return e;
    const char *tc_url = at->tc_url ? at->tc_url : r->client.address.tc_url;
    return forward_loop_check(r->a->server->conf, r->a->order->key, &r->client, tc_url);
}

static struct err *open_at(struct reading *r, const char *url, int64_t deadline_us)
{
    static const char         schema[] = "rtmps:";
    struct rtmp_client_target at = { .url = url, .judge = reach_judge, .judge_arg = &r->a->reach };
    char                      path[PULL_PATH_CAP];
    struct buf                tc_url = buf_up_to(RTMP_URL_MAX);
    struct err               *e = strncasecmp(url, schema, sizeof schema - 1) == 0 ? attempt_trust(r->a) : NULL;
    at.tls = r->a->tls;
    at.own_id = r->a->order->tells_self ? r->a->trace : NULL;
    if (at.own_id && r->a->order->kind->write_path) {
        r->a->order->kind->write_path(path, r->a->order->key, r->a->server->service_id);
        at.path = path;
    }
    if (!e && r->a->order->host)
        e = name_host(r, url, &tc_url);
    at.tc_url = tc_url.len ? tc_url.bytes : NULL;
    if (!e)
        e = connect_to(r, &at, deadline_us);
    buf_finish(&tc_url);
    return e ? e : rtmp_client_play(&r->client, NULL, deadline_us);
}

/* Open a connection, play, and follow redirects. */
static struct err *open_client(struct reading *r, int64_t deadline_us)
{
    char       *moved_to = NULL, *next;
    struct err *e = open_at(r, r->a->url, deadline_us);
    for (int n = 0; n < ATTEMPT_REDIRECTS_MAX && (next = rtmp_client_take_redirect(&r->client, &e)); n++) {
        log_info("%s of %s is redirected to %.200s", r->a->order->kind->name, r->a->order->key, next);
        mem_free(moved_to);
        moved_to = next;
        e = open_at(r, moved_to, deadline_us);
    }
    mem_free(moved_to);
    return e;
}

/* ---- media ---- */

/* True if the message is one of media; its kind is noted in the payload. */
static bool is_media(struct rtmp_message *msg, enum rtmp_client_news news)
{
    static const enum frame_kind kinds[] = {
        [RTMP_TYPE_AUDIO] = FRAME_AUDIO,
        [RTMP_TYPE_VIDEO] = FRAME_VIDEO,
        [RTMP_TYPE_DATA] = FRAME_SCRIPT,
    };
    bool is = msg->type_id == RTMP_TYPE_AUDIO || msg->type_id == RTMP_TYPE_VIDEO || msg->type_id == RTMP_TYPE_DATA;
    if (news != RTMP_NEWS_MEDIA || !is)
        return false;
    msg->payload->kind = kinds[msg->type_id];
    return true;
}

static void count_bytes(struct reading *r)
{
    r->a->bytes_in = r->client.io.bytes_in;
    r->a->bytes_out = r->client.io.bytes_out;
}

static struct err *take(struct reading *r, struct rtmp_message *msg, enum rtmp_client_news news)
{
    count_bytes(r);
    if (news == RTMP_NEWS_ENDED)
        return attempt_end(r->a);
    return is_media(msg, news) ? attempt_take_body(r->a, &msg->payload, msg->timestamp_ms) : NULL;
}

static struct err *keep_next(struct reading *r)
{
    struct rtmp_message   msg = { 0 };
    enum rtmp_client_news news = RTMP_NEWS_NONE;
    struct err           *e = rtmp_client_read(&r->client, &msg, &news, attempt_deadline(r->a));
    count_bytes(r);
    if (!e && news == RTMP_NEWS_ENDED)
        e = attempt_end(r->a);
    if (!e && is_media(&msg, news))
        e = attempt_keep(r->a, &msg.payload, msg.timestamp_ms);
    frame_unref(&msg.payload);
    return e;
}

/* Keep what comes until the attempt is to publish, and begin with that. */
static struct err *stand_by(struct reading *r)
{
    struct err *e = NULL;
    co_trim_stack(); /* It may be for days. */
    while (!e && r->a->stands_by)
        e = keep_next(r);
    if (!e)
        e = attempt_begin(r->a, r->client.io.fd, &r->client.peer);
    return e ? e : attempt_take_kept(r->a);
}

/* Wait for the first message of the stream, and publish it. */
static struct err *read_first(struct reading *r)
{
    struct rtmp_message   msg = { 0 };
    enum rtmp_client_news news = RTMP_NEWS_BEGUN;
    struct err           *e = NULL;
    while (!e && news == RTMP_NEWS_BEGUN)
        e = rtmp_client_read(&r->client, &msg, &news, attempt_deadline(r->a));
    if (!e && news == RTMP_NEWS_MEDIA)
        e = attempt_begin(r->a, r->client.io.fd, &r->client.peer);
    if (!e)
        e = take(r, &msg, news);
    frame_unref(&msg.payload);
    return e;
}

static struct err *read_next(struct reading *r)
{
    struct rtmp_message   msg = { 0 };
    enum rtmp_client_news news = RTMP_NEWS_NONE;
    struct err           *e = intake_read(&r->intake, r->a->entry.session.source, &msg, attempt_deadline(r->a));
    if (!e && msg.payload)
        e = rtmp_client_judge(&r->client, &msg, &news);
    if (!e && msg.payload)
        e = take(r, &msg, news);
    frame_unref(&msg.payload);
    if (!e && now_us() >= attempt_deadline(r->a))
        e = err_new(E_SOCKET_TIMEOUT, "no frame came");
    return e;
}

static struct err *read_all(struct reading *r)
{
    struct err *e = r->a->stands_by ? stand_by(r) : read_first(r);
    if (e)
        return e;
    co_trim_stack(); /* Return the stack pages that the handshake touched. */
    intake_init(&r->intake, &r->client.link);
    while (!e)
        e = read_next(r);
    intake_finish(&r->intake);
    return e;
}

struct err *rtmp_form_run(struct attempt *a)
{
    struct reading *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_no_memory();
    r->a = a;
    r->client.io.fd = -1;
    struct err *e = open_client(r, attempt_deadline(a));
    a->heard_us = now_us(); /* It has answered: now it has as long again for its first frame. */
    if (!e)
        e = read_all(r);
    count_bytes(r); /* also of a server that has sent no media */
    rtmp_client_close(&r->client);
    mem_free(r);
    return e;
}
