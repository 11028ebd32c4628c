#include "app/rtc/publisher.h"

#include "app/rtc/breaker.h"
#include "app/rtc/peer.h"
#include "app/rtc/publisher_sound.h"
#include "app/rtc/wish.h"
#include "app/session/patience.h"
#include "app/source/feed.h"
#include "app/source/life.h"
#include "app/source/pacer.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/rtc/receiver.h"

/* The interval at which deadlines are computed again, because a reload may have moved them. */
enum { LOOK_AGAIN_US = US_PER_SECOND };

struct rtc_publisher {
    struct rtc_peer       *peer;
    struct publisher       publisher;
    struct feed            feed;
    struct patience        patience; /* Of its silence stun_timeout decides: a browser may pause all its tracks. */
    struct rtc_receiver    receiver;
    struct publisher_sound sound;
    struct err            *failed;    /* what ends the session */
    int64_t                n_flooded; /* units that were dropped, because too many wait for their release */
    int64_t                wakes_us;  /* when the coroutine wakes by itself */
};

static void wish(struct rtc_peer *peer, struct sdp_wish *wish)
{
    (void)peer;
    rtc_wish_to_take(wish);
}

/* ---- media ---- */

static struct err *feed(struct rtc_publisher *p, struct frame_unit *unit)
{
    if (!mem_has_room())
        return err_new(E_LIMIT, "the server holds more than memory_limit");
    if (p->sound.converter && unit->codec == CODEC_OPUS)
        return publisher_sound_take(&p->sound, unit);
    return feed_unit(&p->feed, unit);
}

/* The reader of the port works for the session here: the log names the session. */
static void take_unit(void *arg, struct frame_unit *unit)
{
    struct rtc_publisher *p = arg;
    char                  trace[IDENT_CAP];
    p->peer->session.client.n_messages++;
    if (p->failed)
        return;
    if (!pacer_has_room(p->feed.source)) { /* Other publishers wait then; datagrams go on coming. */
        p->n_flooded++;
        return;
    }
    str_copy(trace, sizeof trace, co_trace());
    co_set_trace(p->peer->trace);
    p->failed = feed(p, unit);
    co_set_trace(trace);
}

static void send_rtcp(void *arg, uint8_t *rtcp, size_t len, size_t room)
{
    struct rtc_publisher *p = arg;
    if (room >= RTC_SEAL_MAX)
        rtc_peer_send_rtcp(p->peer, rtcp, len);
}

/* What has become due while packets are taken is sent with them, and the coroutine sleeps on. */
static void after_packet(struct rtc_publisher *p, int64_t now)
{
    enum rtc_level level = rtc_breaker_level();
    rtc_receiver_save(&p->receiver, level >= RTC_LEVEL_HIGH, level >= RTC_LEVEL_CRITICAL);
    if (rtc_receiver_due_us(&p->receiver) <= now)
        rtc_receiver_tick(&p->receiver, now);
    if (p->receiver.no_memory && !p->failed)
        p->failed = err_no_memory();
    if (p->failed || rtc_receiver_due_us(&p->receiver) < p->wakes_us)
        co_unpark(p->peer->co);
}

static void take_rtp(struct rtc_peer *peer, int64_t now, uint8_t *bytes, size_t len)
{
    struct rtc_publisher *p = peer->role_state;
    if (p->failed || p->publisher.taken_over)
        return;
    rtc_receiver_take_rtp(&p->receiver, now, bytes, len);
    after_packet(p, now);
}

static void take_rtcp(struct rtc_peer *peer, int64_t now, uint8_t *bytes, size_t len)
{
    struct rtc_publisher *p = peer->role_state;
    if (p->failed || p->publisher.taken_over)
        return;
    rtc_receiver_take_rtcp(&p->receiver, now, bytes, len);
    after_packet(p, now);
}

/* ---- the session ---- */

static struct err *become_publisher(struct rtc_publisher *p)
{
    struct rtc_peer *peer = p->peer;
    struct session  *s = &peer->session;
    p->publisher = (struct publisher){
        .co = peer->co,
        .trace = peer->trace,
        .is_there = &peer->verified,
        .tc_url = s->client.tc_url,
        .page_url = s->client.page_url,
        .swf_url = s->client.swf_url,
        .host = s->host,
        .param = s->param,
    };
    struct err *e = source_publish(s->source, &p->publisher);
    if (e) {
        s->verdict = SESSION_BUSY;
        session_note_refusal(s, e);
        return e;
    }
    co_set_urgent(false); /* This is the client's HTTP connection; the session's own coroutine is urgent (run()). */
    feed_init(&p->feed, s->source);
    source_spell(s->source, s->app, s->stream);
    return NULL;
}

static void receive(struct rtc_publisher *p)
{
    const struct conf_rtc          *conf = &rtc_peer_vhost(p->peer)->rtc;
    const struct rtc_receiver_setup setup = {
        .agreed = p->peer->agreed,
        .cname = p->peer->cname,
        .key_every_us = conf->rtc_to_rtmp ? conf->pli_for_rtmp_us : 0,
        .drop_pt = (unsigned)conf->drop_for_pt,
        .sink = { .arg = p, .unit = take_unit, .send = send_rtcp },
    };
    rtc_receiver_init(&p->receiver, &setup, now_us());
}

static void leave(struct rtc_publisher *p)
{
    rtc_receiver_finish(&p->receiver);
    publisher_sound_end(&p->sound);
    feed_finish(&p->feed);
    source_unpublish(p->feed.source, &p->publisher);
    err_free(p->failed);
    p->peer->role_state = NULL;
    mem_free(p);
}

static struct err *begin(struct rtc_peer *peer)
{
    struct rtc_publisher *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_no_memory();
    p->peer = peer;
    struct err *e = become_publisher(p);
    if (e) {
        mem_free(p);
        return e;
    }
    peer->role_state = p;
    receive(p);
    patience_begin(&p->patience, peer->session.source);
    if (rtc_peer_vhost(peer)->rtc.rtc_to_rtmp && (e = publisher_sound_begin(&p->sound, &p->feed, &p->publisher)))
        leave(p);
    else
        log_info("start publish %s by WebRTC, ip=%s", peer->session.source->identity, peer->ip);
    return e;
}

static void count(struct rtc_publisher *p)
{
    struct rtc_peer_counts         *counts = &p->peer->counts;
    const struct rtc_receive_track *picture = rtc_receiver_track(&p->receiver, FRAME_VIDEO);
    counts->nacks_out = p->receiver.n_nacks;
    counts->plis_out = p->receiver.n_plis;
    counts->lost = 0;
    for (unsigned i = 0; i < p->receiver.n_tracks; i++)
        counts->lost += p->receiver.tracks[i].order.n_lost;
    if (!picture)
        return;
    counts->freezes = picture->n_freezes;
    counts->jitter_us = rtp_reception_jitter_us(&picture->reception);
    if (picture->order.n_repaired)
        counts->rtt_us = picture->order.rtt_us;
}

/* NULL: it goes on. */
static struct err *judge(struct rtc_publisher *p)
{
    struct err *e = rtc_peer_check(p->peer);
    if (!e) {
        e = p->failed;
        p->failed = NULL;
    }
    if (!e && p->peer->session.client.over_kbps)
        e = err_new(E_THREAD_INTERRUPTED, "the publisher is cut"); /* session_end_reason() says why */
    if (!e && now_us() >= patience_idle_deadline(&p->patience))
        e = patience_judge(&p->patience);
    return e;
}

static struct err *wait(struct rtc_publisher *p)
{
    int64_t due = rtc_receiver_due_us(&p->receiver), deadline = patience_idle_deadline(&p->patience);
    p->wakes_us = now_us() + LOOK_AGAIN_US;
    p->wakes_us = due < p->wakes_us ? due : p->wakes_us;
    p->wakes_us = deadline < p->wakes_us ? deadline : p->wakes_us;
    struct err *e = co_park(p->wakes_us);
    if (err_code(e) != E_SOCKET_TIMEOUT)
        return e;
    err_free(e);
    return NULL;
}

static struct err *run(struct rtc_peer *peer)
{
    struct rtc_publisher *p = peer->role_state;
    struct err           *e;
    co_set_urgent(true);
    while (!(e = judge(p)) && !(e = wait(p))) {
        rtc_receiver_tick(&p->receiver, now_us());
        count(p);
    }
    if (p->publisher.taken_over) {
        err_free(e);
        e = err_new(E_TAKEOVER, "another publisher took %s over", p->feed.source->identity);
    }
    return err_wrap(e, "publish %s", p->feed.source->identity);
}

static void end(struct rtc_peer *peer, const struct err *e)
{
    struct rtc_publisher *p = peer->role_state;
    count(p);
    log_info("published %s by WebRTC, frames=%lld, dropped=%lld, lost=%lld, freezes=%lld", p->feed.source->identity,
             (long long)peer->session.client.n_messages,
             (long long)(p->feed.n_dropped + p->n_flooded + p->sound.n_flooded), (long long)peer->counts.lost,
             (long long)peer->counts.freezes);
    if (err_code(e) == E_SOCKET_TIMEOUT)
        session_note_refusal(&peer->session, e);
    leave(p);
}

static const struct client_type client_type = {
    .name = "rtc-publish", .tag = "RTC", .publish = true, .protocol = STAT_RTC
};

const struct rtc_role rtc_publisher_role = {
    .type = &client_type,
    .wish = wish,
    .begin = begin,
    .take_rtp = take_rtp,
    .take_rtcp = take_rtcp,
    .run = run,
    .end = end,
};
