#include "app/rtc/player.h"

#include "app/rtc/playing.h"
#include "app/rtc/wish.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"

struct player {
    struct rtc_playing playing;
    bool               has_joined;
    bool               has_told_late;
};

/* ---- which codecs ---- */

static void wish(struct rtc_peer *peer, struct sdp_wish *w)
{
    rtc_wish_to_send(w, peer->session.source);
}

/* ---- the way to the peer ---- */

static bool send_rtp(void *arg, uint8_t *bytes, size_t len)
{
    return rtc_peer_send_rtp(arg, bytes, len);
}

static bool send_rtcp(void *arg, uint8_t *bytes, size_t len)
{
    return rtc_peer_send_rtcp(arg, bytes, len);
}

static bool is_behind(void *arg)
{
    return rtc_peer_is_behind(arg);
}

static void count(struct rtc_peer *peer, const struct rtc_playing *p)
{
    struct rtc_peer_counts      *c = &peer->counts;
    const struct rtc_track_stat *v = &p->video.stat, *a = &p->audio.stat, *shown = p->has_video ? v : a;
    c->nacks_in = v->n_asked + a->n_asked;
    c->resent = v->n_again + a->n_again;
    c->plis_in = p->stat.n_plis;
    c->lost = (int64_t)v->n_lost + a->n_lost;
    c->rtt_us = shown->rtt_us;
    c->jitter_us = shown->jitter_us;
    c->estimate_bps = p->stat.remb_bps;
    peer->session.client.n_messages = p->stat.n_frames;
}

static void take_rtcp(struct rtc_peer *peer, int64_t now_us, uint8_t *bytes, size_t len)
{
    struct player *p = peer->role_state;
    if (!p->has_joined)
        return;
    rtc_playing_take_rtcp(&p->playing, bytes, len, now_us);
    count(peer, &p->playing);
}

/* A player sends no media. */
static void take_rtp(struct rtc_peer *peer, int64_t now_us, uint8_t *bytes, size_t len)
{
    (void)peer, (void)now_us, (void)bytes, (void)len;
}

/* ---- the session ---- */

static struct err *begin(struct rtc_peer *peer)
{
    peer->role_state = mem_calloc(1, sizeof(struct player));
    return peer->role_state ? NULL : err_no_memory();
}

static struct err *join(struct rtc_peer *peer, struct player *p)
{
    struct rtc_playing_setup setup = rtc_playing_setup_of(peer->session.source, peer->agreed, peer->cname);
    setup.outlet = (struct rtc_outlet){ .rtp = send_rtp, .rtcp = send_rtcp, .is_behind = is_behind, .arg = peer };
    struct err *e = rtc_playing_begin(&p->playing, peer->session.source, &setup);
    p->has_joined = true;
    if (!e)
        log_info("start play %s over WebRTC, ip=%s, publishing=%d, video=%s, audio=%s", peer->session.source->identity,
                 peer->ip, source_is_live(peer->session.source), setup.video ? codec_name(setup.video->codec) : "none",
                 setup.audio ? codec_name(setup.audio->codec) : "none");
    return e;
}

/* B-frames are the usual reason for a picture that stutters in browsers alone. */
static void tell_late(struct player *p)
{
    if (p->has_told_late || p->playing.stat.n_late == 0)
        return;
    p->has_told_late = true;
    log_warn("%s has B-frames, which browsers do not put in order: left out", p->playing.reader.source->identity);
}

static struct err *run(struct rtc_peer *peer)
{
    struct player *p = peer->role_state;
    struct err    *e = join(peer, p);
    while (!e && !(e = rtc_peer_check(peer))) {
        reader_take_moments(&p->playing.reader);
        p->playing.keeps_late = rtc_peer_vhost(peer)->rtc.keep_bframe;
        int64_t due_us = rtc_playing_send(&p->playing, now_us());
        count(peer, &p->playing);
        tell_late(p);
        e = err_except(reader_wait(&p->playing.reader, due_us), E_SOCKET_TIMEOUT);
    }
    return err_wrap(e, "play %s", peer->session.source->identity);
}

static void end(struct rtc_peer *peer, const struct err *e)
{
    struct player *p = peer->role_state;
    (void)e;
    if (p->has_joined) {
        count(peer, &p->playing);
        rtc_playing_end(&p->playing);
    }
    mem_free(p);
    peer->role_state = NULL;
}

static const struct client_type type = { .name = "rtc-play", .tag = "RTC", .protocol = STAT_RTC };

const struct rtc_role rtc_player_role = {
    .type = &type,
    .wish = wish,
    .begin = begin,
    .take_rtp = take_rtp,
    .take_rtcp = take_rtcp,
    .run = run,
    .end = end,
};
