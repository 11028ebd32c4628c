#include "app/forward/whip.h"

#include <strings.h>

#include "app/forward/backend.h"
#include "app/forward/loop.h"
#include "app/forward/target_state.h"
#include "app/hooks/trust.h"
#include "app/rtc/call.h"
#include "app/rtc/playing.h"
#include "app/rtc/wish.h"
#include "app/source/source.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/tls/ctx.h"

/* How long the offer waits for the other kind of media, and how often it looks. */
enum { FORWARD_WHIP_CODECS_US = US_PER_SECOND, LOOK_US = 20 * US_PER_MS };

struct push {
    struct target     *target;
    struct rtc_call    call;
    struct rtc_playing playing;
    bool               has_joined;
    int64_t            n_before; /* messages of earlier pushes */
};

/* ---- the way to the server ---- */

static bool send_rtp(void *arg, uint8_t *bytes, size_t len)
{
    struct push *p = arg;
    return rtc_call_send_rtp(&p->call, bytes, len);
}

static bool send_rtcp(void *arg, uint8_t *bytes, size_t len)
{
    struct push *p = arg;
    return rtc_call_send_rtcp(&p->call, bytes, len);
}

/* A server of WHIP sends no media. */
static void take_rtp(void *arg, int64_t now_us, uint8_t *bytes, size_t len)
{
    (void)arg, (void)now_us, (void)bytes, (void)len;
}

static void take_rtcp(void *arg, int64_t now_us, uint8_t *bytes, size_t len)
{
    struct push *p = arg;
    if (p->has_joined)
        rtc_playing_take_rtcp(&p->playing, bytes, len, now_us);
}

static struct err *judge(void *arg, const char *url, int fd)
{
    const struct target *t = arg;
    return forward_loop_check_rtc(t->source->conf, t->source->key, url, fd);
}

/* ---- the session ---- */

static struct err *wait_for_codecs(struct target *t, int64_t deadline_us)
{
    const struct source *s = t->source;
    struct err          *e = NULL;
    int64_t              until_us = deadline_us;
    while (!e && !t->leaves) {
        bool has_video = source_codec(s, FRAME_VIDEO) != CODEC_NONE,
             has_audio = source_codec(s, FRAME_AUDIO) != CODEC_NONE;
        int64_t now = now_us();
        if ((has_video || has_audio) && until_us == deadline_us)
            until_us = now + FORWARD_WHIP_CODECS_US;
        if ((has_video && has_audio) || now >= until_us)
            return NULL;
        e = err_except(co_park(now + LOOK_US), E_SOCKET_TIMEOUT);
    }
    return e;
}

/* What the offer names: only what the stream has. */
static struct err *make_wish(struct sdp_wish *wish, const struct source *s)
{
    *wish = (struct sdp_wish){ .is_play = true };
    rtc_wish_to_send(wish, s);
    if (source_codec(s, FRAME_VIDEO) == CODEC_NONE)
        wish->n_video = 0;
    if (source_codec(s, FRAME_AUDIO) == CODEC_NONE)
        wish->n_audio = 0;
    if (wish->n_video > 0 || wish->n_audio > 0)
        return NULL;
    return err_new(E_RTC_TRACK_CODEC, "%s has nothing that WebRTC carries", s->identity);
}

/* An http URL needs no certificates, but may redirect to an https one. */
static struct err *find_trust(struct tls_ctx **tls, const struct target *t, int64_t timeout_us)
{
    struct conf             *conf = conf_ref(t->source->conf); /* A reload may come while the files are read. */
    const struct hook_manner manner = forward_manner(conf, t->source->vhost, timeout_us);
    struct err              *e = hook_trust_take(tls, &manner);
    conf_unref(&conf);
    if (strncasecmp(t->to.url, "https:", 6) == 0 || strncasecmp(t->to.url, "whips:", 6) == 0)
        return e;
    err_free(e);
    return NULL;
}

static struct err *offer(struct push *p, int64_t deadline_us)
{
    struct target  *t = p->target;
    struct source  *s = t->source;
    struct tls_ctx *tls = NULL;
    struct sdp_wish wish;
    struct err     *e = find_trust(&tls, t, deadline_us - now_us());
    if (!e)
        e = make_wish(&wish, s);
    if (!e) {
        struct conf                *conf = conf_ref(s->conf);
        const struct rtc_call_setup setup = {
            .how = { .url = t->to.url, .tls = tls, .judge = judge, .judge_arg = t },
            .conf = conf,
            .rtc = &s->vhost->rtc,
            .rtp = take_rtp,
            .rtcp = take_rtcp,
            .arg = p,
        };
        e = rtc_call_offer(&p->call, &setup, &wish, deadline_us);
        conf_unref(&conf);
    }
    tls_ctx_unref(&tls);
    return e;
}

static struct err *join(struct push *p)
{
    struct rtc_playing_setup setup = rtc_playing_setup_of(p->target->source, &p->call.agreed, p->call.cname);
    setup.outlet = (struct rtc_outlet){ .rtp = send_rtp, .rtcp = send_rtcp, .arg = p };
    p->has_joined = true;
    struct err *e = rtc_playing_begin(&p->playing, p->target->source, &setup);
    if (!e)
        p->target->reader = &p->playing.reader;
    return e;
}

static struct err *send_frames(struct push *p)
{
    struct target *t = p->target;
    struct reader *reader = &p->playing.reader;
    struct err    *e = NULL;
    while (!e && !(e = rtc_call_tend(&p->call))) {
        bool is_last = t->leaves; /* Frames that come after it was told to leave need not be sent. */
        reader_take_moments(reader);
        p->playing.keeps_late = t->source->vhost->rtc.keep_bframe;
        int64_t due_us = rtc_playing_send(&p->playing, now_us()), other_us = rtc_call_due_us(&p->call);
        t->n_messages = p->n_before + p->playing.stat.n_frames;
        if (is_last && reader->seq >= t->source->ring.head)
            return NULL;
        e = err_except(reader_wait(reader, due_us < other_us ? due_us : other_us), E_SOCKET_TIMEOUT);
    }
    return e;
}

static struct err *run(struct push *p, int64_t deadline_us)
{
    struct target *t = p->target;
    struct err    *e = wait_for_codecs(t, deadline_us);
    if (e || t->leaves)
        return e;
    if (!(e = offer(p, deadline_us)) && !(e = rtc_call_connect(&p->call, deadline_us)) && !(e = join(p))) {
        t->state = TARGET_PUSHING;
        log_info("forward of %s to %s begins", t->source->identity, t->word);
        co_trim_stack(); /* Return the stack pages that the handshake touched. */
        e = send_frames(p);
    }
    return e;
}

struct err *forward_whip(struct target *t, int64_t deadline_us, int64_t *n_bytes)
{
    struct push *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_no_memory();
    p->target = t;
    p->n_before = t->n_messages;
    t->bytes_out = &p->call.bytes_out;
    struct err *e = run(p, deadline_us);
    t->reader = NULL;
    if (p->has_joined) {
        t->n_jumps += p->playing.reader.n_jumps;
        p->has_joined = false; /* before the end yields: what still comes is not for it */
        rtc_playing_end(&p->playing);
    }
    t->bytes_out = NULL;
    *n_bytes = p->call.bytes_out;
    rtc_call_close(&p->call);
    mem_free(p);
    return e;
}
