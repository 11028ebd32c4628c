/* WHEP: WebRTC of another server, in which this one is the client (app/rtc/call.h). */
#include <string.h>
#include <strings.h>

#include "app/forward/loop.h"
#include "app/relay/forms.h"
#include "app/relay/order.h"
#include "app/rtc/call.h"
#include "app/rtc/publisher_sound.h"
#include "app/rtc/wish.h"
#include "app/server/server.h"
#include "app/source/source.h"
#include "core/buf.h"
#include "core/mem.h"
#include "protocol/io.h"
#include "protocol/rtc/receiver.h"

/* Packets that come while guards are asked whether the stream may be published; more are lost, and asked for again. */
enum { EARLY_BYTES_MAX = 1 << 20 };

struct pulling {
    struct attempt        *a;
    struct co             *co;
    struct rtc_call        call;
    struct rtc_receiver    receiver;
    struct publisher_sound sound;
    struct buf             early; /* packets, each behind its length */
    bool                   receives;
    struct err            *failed;   /* what ends the pull */
    int64_t                wakes_us; /* when the coroutine wakes by itself */
};

/* ---- media, in the coroutine that reads the socket ---- */

static struct err *feed(struct pulling *p, struct frame_unit *unit)
{
    if (!p->sound.converter || unit->codec != CODEC_OPUS)
        return attempt_put_unit(p->a, unit);
    p->a->heard_us = now_us();
    return publisher_sound_take(&p->sound, unit);
}

static void take_unit(void *arg, struct frame_unit *unit)
{
    struct pulling *p = arg;
    if (!p->failed)
        p->failed = feed(p, unit);
}

static void send_rtcp(void *arg, uint8_t *rtcp, size_t len, size_t room)
{
    struct pulling *p = arg;
    if (room >= RTC_SEAL_MAX)
        rtc_call_send_rtcp(&p->call, rtcp, len);
}

static void after_packet(struct pulling *p, int64_t now)
{
    if (rtc_receiver_due_us(&p->receiver) <= now)
        rtc_receiver_tick(&p->receiver, now);
    if (p->receiver.no_memory && !p->failed)
        p->failed = err_no_memory();
    if (p->failed || rtc_receiver_due_us(&p->receiver) < p->wakes_us)
        co_unpark(p->co);
}

static void keep_early(struct pulling *p, const uint8_t *bytes, size_t len)
{
    uint16_t size = (uint16_t)len;
    if (p->early.len == 0)
        co_unpark(p->co);
    if (p->early.len + sizeof size + len > EARLY_BYTES_MAX)
        return;
    buf_append(&p->early, &size, sizeof size);
    buf_append(&p->early, bytes, len);
}

static void take_rtp(void *arg, int64_t now, uint8_t *bytes, size_t len)
{
    struct pulling *p = arg;
    if (!p->receives) {
        keep_early(p, bytes, len);
        return;
    }
    rtc_receiver_take_rtp(&p->receiver, now, bytes, len);
    after_packet(p, now);
}

static void take_rtcp(void *arg, int64_t now, uint8_t *bytes, size_t len)
{
    struct pulling *p = arg;
    if (!p->receives)
        return;
    rtc_receiver_take_rtcp(&p->receiver, now, bytes, len);
    after_packet(p, now);
}

/* ---- the session ---- */

static struct err *judge(void *arg, const char *url, int fd)
{
    struct attempt *a = arg;
    struct err     *e = reach_judge(&a->reach, fd);
    return e ? e : forward_loop_check_rtc(a->server->conf, a->order->key, url, fd);
}

/* An http URL needs no certificates, but may redirect to an https one. */
static struct err *find_trust(struct attempt *a)
{
    struct err *e = attempt_trust(a);
    if (strncasecmp(a->url, "https:", 6) == 0 || strncasecmp(a->url, "wheps:", 6) == 0)
        return e;
    err_free(e);
    return NULL;
}

static struct err *offer(struct pulling *p, int64_t deadline_us)
{
    struct attempt          *a = p->a;
    struct sdp_wish          wish = { .is_play = false };
    struct err              *e = find_trust(a);
    struct conf             *conf = conf_ref(a->server->conf);
    const struct conf_vhost *vhost = conf_vhost_named(conf, a->order->vhost);
    if (!e && !vhost)
        e = err_new(E_RTMP_VHOST_NOT_FOUND, "vhost %s is gone", a->order->vhost);
    if (!e) {
        const struct rtc_call_setup setup = {
            .how = { .url = a->url, .tls = a->tls, .judge = judge, .judge_arg = a },
            .conf = conf,
            .rtc = &vhost->rtc,
            .rtp = take_rtp,
            .rtcp = take_rtcp,
            .arg = p,
        };
        rtc_wish_to_take(&wish);
        e = rtc_call_offer(&p->call, &setup, &wish, deadline_us);
    }
    conf_unref(&conf);
    attempt_heard(a, e);
    return e;
}

/* Wait for `us`, or a change; the server is asked whether it is still there. */
static struct err *wait(struct pulling *p, int64_t us)
{
    int64_t due_us = rtc_call_due_us(&p->call), deadline_us = attempt_deadline(p->a);
    p->wakes_us = due_us < us ? due_us : us;
    p->wakes_us = deadline_us < p->wakes_us ? deadline_us : p->wakes_us;
    struct err *e = err_except(co_park(p->wakes_us), E_SOCKET_TIMEOUT);
    if (!e)
        e = rtc_call_tend(&p->call);
    if (!e && now_us() >= attempt_deadline(p->a))
        e = err_new(E_SOCKET_TIMEOUT, "no frame came");
    p->a->bytes_in = p->call.bytes_in;
    p->a->bytes_out = p->call.bytes_out;
    return e;
}

static struct err *wait_for_media(struct pulling *p)
{
    struct err *e = rtc_call_tend(&p->call);
    while (!e && p->early.len == 0)
        e = wait(p, DEADLINE_NEVER);
    return e;
}

/* Become the publisher, and take what has come meanwhile. */
static struct err *begin(struct pulling *p)
{
    const struct rtc_addr *from = rtc_transport_peer(p->call.transport);
    io_addr_host(&from->any, p->a->ip, sizeof p->a->ip);
    struct err *e = attempt_begin(p->a, -1, NULL);
    if (e)
        return e;
    const struct conf_rtc          *conf = &p->a->entry.session.source->vhost->rtc;
    const struct rtc_receiver_setup setup = {
        .agreed = &p->call.agreed,
        .cname = p->call.cname,
        .key_every_us = conf->rtc_to_rtmp ? conf->pli_for_rtmp_us : 0,
        .sink = { .arg = p, .unit = take_unit, .send = send_rtcp },
    };
    if (conf->rtc_to_rtmp && (e = publisher_sound_begin(&p->sound, &p->a->entry.feed, &p->a->entry.publisher)))
        return e;
    rtc_receiver_init(&p->receiver, &setup, now_us());
    p->receives = true;
    for (size_t at = 0; at < p->early.len;) {
        uint16_t size;
        memcpy(&size, p->early.bytes + at, sizeof size);
        rtc_receiver_take_rtp(&p->receiver, now_us(), (const uint8_t *)p->early.bytes + at + sizeof size, size);
        at += sizeof size + size;
    }
    buf_finish(&p->early);
    return NULL;
}

static struct err *receive(struct pulling *p)
{
    struct err *e = NULL;
    while (!e) {
        rtc_receiver_tick(&p->receiver, now_us());
        e = p->failed;
        p->failed = NULL;
        if (!e && p->a->entry.session.client.over_kbps)
            e = err_new(E_THREAD_INTERRUPTED, "the publisher is cut"); /* entry_end_reason() says why */
        if (!e)
            e = wait(p, rtc_receiver_due_us(&p->receiver));
    }
    return e;
}

static struct err *run(struct pulling *p)
{
    int64_t     deadline_us = attempt_deadline(p->a);
    struct err *e = offer(p, deadline_us);
    if (!e)
        e = rtc_call_connect(&p->call, deadline_us);
    p->a->heard_us = now_us(); /* It has answered: now it has as long again for its first frame. */
    co_trim_stack();           /* Return the stack pages that the handshake touched. */
    if (!e)
        e = wait_for_media(p);
    if (!e)
        e = begin(p);
    if (!e)
        e = receive(p);
    if (err_code(e) != E_END_OF_STREAM)
        return e;
    err_free(e);
    return attempt_end(p->a);
}

struct err *whep_form_run(struct attempt *a)
{
    struct pulling *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_no_memory();
    p->a = a;
    p->co = co_self();
    p->early = buf_up_to(EARLY_BYTES_MAX);
    struct err *e = run(p);
    rtc_call_close(&p->call); /* Nothing comes any more. */
    if (p->receives)
        rtc_receiver_finish(&p->receiver);
    publisher_sound_end(&p->sound);
    buf_finish(&p->early);
    err_free(p->failed);
    mem_free(p);
    return e;
}
