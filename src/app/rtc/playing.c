#include "app/rtc/playing.h"

#include "app/live/delivery.h"
#include "app/rtc/breaker.h"
#include "app/source/audience.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "protocol/rtc/rtcp.h"

/* Step between the times of pictures that would else have the same: more than a tick of 90 kHz. */
enum { TIME_STEP_US = 20 };

/* Before all times of a stream, and far enough from the end of the numbers to be reckoned with. */
#define LONG_AGO_US (INT64_MIN / 2)

/* The bit rate of the stream. */
static int kbps_of(const struct rtc_playing *p)
{
    return p->reader.source->traffic.in.sample.kbps;
}

/* ---- clocks ---- */

/* Tie the clocks anew at a frame, if the stream is far off what they tell: at the beginning, and after it has broken off. */
static void follow_clock(struct rtc_playing *p, const struct rtc_packed *f)
{
    int64_t off_us = (f->dts_us - p->clock.stream_us) - (f->arrived_us - p->clock.mono_us);
    if (p->clock.wall_us && off_us < RTC_CLOCK_OFF_US && off_us > -RTC_CLOCK_OFF_US)
        return;
    int64_t now = now_us();
    p->clock = (struct rtc_clock){ f->dts_us, f->arrived_us, wall_now_us() - (now - f->arrived_us) };
}

static bool is_catching_up(const struct rtc_playing *p, const struct rtc_packed *f)
{
    return f->pts_us < p->live_us;
}

/* The time with which a picture is sent. Those of before the present are close together, and never before one that was sent. */
static int64_t time_of_picture(struct rtc_playing *p, const struct rtc_packed *f)
{
    bool    is_early = is_catching_up(p, f);
    int64_t us = is_early ? p->live_us - (p->live_us - f->pts_us) / RTC_CATCH_UP_TIMES : f->pts_us;
    if (us <= p->shown_us && (is_early || !f->is_late))
        us = p->shown_us + TIME_STEP_US;
    if (us > p->shown_us)
        p->shown_us = us;
    return us;
}

/* ---- where to read ---- */

/* Read from `seq` on: frames that are older than the newest one of now are sent quickly, until the player has reached the present. */
static void catch_up_from(struct rtc_playing *p, uint64_t seq)
{
    const struct source *s = p->reader.source;
    p->live_us = seq < s->ring.head ? ring_at(&s->ring, s->ring.head - 1)->dts_us : LONG_AGO_US;
    p->began_seq = seq;
    p->live_seq = s->ring.head;
    p->shows = false;
    p->is_cut = false;
}

static uint64_t newest_key(const struct rtc_playing *p)
{
    return gops_place(&p->reader.source->gops)->seq;
}

/* The moment from which on a viewer that asks for a key frame may be answered. */
static int64_t answer_due_us(const struct rtc_playing *p)
{
    return p->answered_us + (newest_key(p) == p->answered_seq ? p->answer_again_us : RTC_KEY_EVERY_US);
}

/* A viewer that is sent a GOP to catch up would never reach the present, if each loss on the way began it anew. */
static bool may_answer(const struct rtc_playing *p)
{
    return (p->reader.seq >= p->live_seq && !p->is_cut) || newest_key(p) > p->began_seq;
}

/* Go back to the newest key frame, if it is in the log. One that is asked for again and again is sent less and less often. */
static void answer_key(struct rtc_playing *p, int64_t now_us)
{
    const struct source *s = p->reader.source;
    uint64_t             seq = newest_key(p);
    if (now_us < answer_due_us(p) || !may_answer(p))
        return;
    p->asks_key = false;
    p->answered_us = now_us;
    if (!s->gops.is_cached || seq < s->ring.tail || seq >= p->reader.seq)
        return;
    int64_t again_us = seq == p->answered_seq ? 2 * p->answer_again_us : RTC_KEY_EVERY_US;
    p->answer_again_us = again_us < RTC_KEY_AGAIN_MAX_US ? again_us : RTC_KEY_AGAIN_MAX_US;
    p->answered_seq = seq;
    p->reader.seq = seq;
    reader_close_gate(&p->reader);
    catch_up_from(p, seq);
}

static void follow_reader(struct rtc_playing *p)
{
    reader_catch_up(&p->reader);
    if (p->reader.n_jumps == p->seen_jumps)
        return;
    p->seen_jumps = p->reader.n_jumps;
    catch_up_from(p, p->reader.seq);
}

/* ---- frames ---- */

static void tell_codec(struct rtc_playing *p, const struct rtc_packed *f)
{
    if (!p->has_told)
        log_warn("%s has %s now, but the viewer agreed on %s: no pictures for it", p->reader.source->identity,
                 codec_name(f->codec), codec_name(p->video.agreed.codec));
    p->has_told = true;
}

static void take_picture(struct rtc_playing *p, struct rtc_packed *f)
{
    const struct source *s = p->reader.source;
    if (rtc_breaker_level() == RTC_LEVEL_DYING) {
        p->shows = false;
        p->stat.n_dropped++;
        return;
    }
    if (f->codec != p->video.agreed.codec) {
        p->shows = false;
        tell_codec(p, f);
        return;
    }
    p->shows |= f->is_key || s->gops.keyless;
    if (!p->shows) {
        p->stat.n_dropped += p->video.has_begun;
        return;
    }
    if (f->is_droppable && (!p->keeps_late || is_catching_up(p, f))) {
        p->stat.n_late++;
        return;
    }
    rtc_track_frame(&p->video, f, time_of_picture(p, f));
    p->stat.n_frames++;
    p->next_payload = 0;
    p->is_cut = true;
}

static void send_sound(struct rtc_playing *p, struct rtc_packed *f, int64_t now_us)
{
    bool is_past = f->pts_us < p->live_us - RTC_SOUND_BEFORE_US || f->pts_us <= p->heard_us;
    if (f->codec != p->audio.agreed.codec || is_past || rtc_breaker_level() == RTC_LEVEL_DYING)
        return;
    p->heard_us = f->pts_us;
    rtc_track_frame(&p->audio, f, f->pts_us);
    p->stat.n_frames++;
    for (uint32_t i = 0; i < f->n; i++)
        rtc_track_send(&p->audio, &p->outlet, i, &p->clock, now_us);
    rtc_pace_take(&p->pace, f->n_bytes);
}

static void take_packed(struct rtc_playing *p, struct rtc_packed *packed, int64_t now_us)
{
    follow_clock(p, packed);
    if (packed->n == 0) /* Nothing of it is sent, and it has no time. */
        return;
    if (packed->kind == FRAME_VIDEO && p->has_video)
        take_picture(p, packed);
    else if (packed->kind == FRAME_AUDIO && p->has_audio)
        send_sound(p, packed, now_us);
}

/* Take the next frame that is due. False: there is none. */
static bool take_frame(struct rtc_playing *p, int64_t now_us)
{
    struct source      *s = p->reader.source;
    const struct frame *f = reader_peek(&p->reader, 0);
    if (!f)
        return false;
    if (!reader_is_prologue(&p->reader, 0) && !frame_is_header(f)) {
        struct rtc_packed *packed = rtc_packets_at(p->packets, p->reader.seq);
        if (packed)
            take_packed(p, packed, now_us);
        else if (f->kind == FRAME_VIDEO && f->track == s->video_track)
            p->shows = false; /* It is lost: what follows cannot be decoded. */
    }
    reader_advance(&p->reader, 1);
    return true;
}

/* Sound that is not in the log. Nobody is woken for it: it goes out with the log's own sound and pictures. */
static void send_other_sound(struct rtc_playing *p, int64_t now_us)
{
    struct frame *f;
    while (p->other.of && (f = other_sound_next(&p->other))) {
        struct rtc_packed *packed = rtc_packets_of_sound(p->packets, f);
        if (packed)
            send_sound(p, packed, now_us);
        frame_unref(&f);
    }
}

/* Whether more may be queued now. The pictures of before the present can wait for the way to the viewer. */
static bool may_send(struct rtc_playing *p, int kbps, int64_t now_us)
{
    bool can_wait = p->reader.seq < p->live_seq && p->outlet.is_behind;
    return rtc_pace_allows(&p->pace, kbps, now_us) && !(can_wait && p->outlet.is_behind(p->outlet.arg));
}

/* Send the payloads of a picture, as far as the pace allows. */
static void send_picture(struct rtc_playing *p, int kbps, int64_t now_us)
{
    struct rtc_packed *f = p->video.frame;
    while (p->is_cut && may_send(p, kbps, now_us)) {
        bool is_sent = rtc_track_send(&p->video, &p->outlet, p->next_payload, &p->clock, now_us);
        rtc_pace_take(&p->pace, f->list[p->next_payload].len);
        p->next_payload++;
        p->is_cut = is_sent && p->next_payload < f->n;
        if (!is_sent) {
            p->shows = false;
            p->stat.n_dropped++;
        }
    }
}

/* ---- reports ---- */

/* One packet for each track, as browsers do: GStreamer reads only the first sender report of a packet, and would not know the other's time. */
static void send_report(struct rtc_playing *p, const struct rtc_track *t, int64_t now_us, bool says_goodbye)
{
    uint8_t   bytes[RTC_PACKET_CAP];
    struct wr w = wr_over(bytes, sizeof bytes);
    if (!t->has_begun)
        return;
    rtc_track_write_report(t, &w, &p->clock, now_us);
    rtcp_write_cname(&w, t->agreed.ssrc, p->cname);
    if (says_goodbye)
        rtcp_write_bye(&w, t->agreed.ssrc);
    p->outlet.rtcp(p->outlet.arg, bytes, wr_len(&w));
}

static void send_reports(struct rtc_playing *p, int64_t now_us)
{
    p->report_due_us = now_us + RTC_REPORT_EVERY_US;
    if (p->has_video)
        send_report(p, &p->video, now_us, false);
    if (p->has_audio)
        send_report(p, &p->audio, now_us, false);
}

int64_t rtc_playing_send(struct rtc_playing *p, int64_t now_us)
{
    int  kbps = kbps_of(p);
    bool allowed;
    if (p->asks_key)
        answer_key(p, now_us);
    follow_reader(p);
    while ((allowed = may_send(p, kbps, now_us)) && (p->is_cut || take_frame(p, now_us)))
        send_picture(p, kbps, now_us);
    send_other_sound(p, now_us);
    if (now_us >= p->report_due_us && (p->video.has_begun || p->audio.has_begun))
        send_reports(p, now_us);
    if (!allowed)
        return now_us + RTC_PACE_STEP_US;
    return p->asks_key && may_answer(p) ? answer_due_us(p) : DEADLINE_NEVER;
}

/* ---- what the viewer asks for ---- */

static void take_feedback(struct rtc_playing *p, struct rtcp_packet *packet, int64_t now_us)
{
    uint16_t          first, mask;
    uint32_t          ssrc;
    uint8_t           number;
    uint64_t          bps;
    struct rtc_track *t = packet->media_ssrc == p->video.agreed.ssrc ? &p->video : &p->audio;
    bool              answers = rtc_breaker_level() < RTC_LEVEL_CRITICAL;
    bool              is_ours = answers && packet->media_ssrc == t->agreed.ssrc;
    /* What the pace leaves out is asked for again. */
    while (is_ours && rtc_pace_allows(&p->pace, kbps_of(p), now_us) && rtcp_take_nack(packet, &first, &mask))
        rtc_pace_take(&p->pace, (int64_t)rtc_track_resend(t, &p->outlet, first, mask, now_us));
    if (rtcp_read_remb(packet, &bps))
        p->stat.remb_bps = (int64_t)bps;
    bool asks = packet->type == RTCP_FEEDBACK_MEDIA && packet->count == RTCP_FMT_PLI && t == &p->video;
    while (rtcp_take_fir(packet, &ssrc, &number))
        asks |= ssrc == p->video.agreed.ssrc;
    if (!asks || !p->has_video)
        return;
    p->stat.n_plis++;
    if (!answers) /* It asks again. */
        return;
    p->asks_key = true;
    co_unpark(p->reader.co);
}

void rtc_playing_take_rtcp(struct rtc_playing *p, const uint8_t *bytes, size_t len, int64_t now_us)
{
    struct rd               compound = rd_over(bytes, len);
    struct rtcp_packet      packet;
    struct rtcp_sender_info info;
    struct rtcp_report      report;
    while (rtcp_next(&compound, &packet)) {
        bool is_report = packet.type == RTCP_RECEIVER_REPORT || rtcp_take_sender_info(&packet, &info);
        while (is_report && rtcp_take_report(&packet, &report)) {
            rtc_track_take_report(&p->video, &report, &p->clock, now_us);
            rtc_track_take_report(&p->audio, &report, &p->clock, now_us);
        }
        take_feedback(p, &packet, now_us);
    }
}

/* ---- releases ---- */

/* Send what is due to a viewer that waits. One whose pace holds something back is woken, to wait for its time. */
static bool add(struct reader *r)
{
    struct rtc_playing *p = CONTAINER_OF(r, struct rtc_playing, reader);
    if (rtc_playing_send(p, now_us()) != DEADLINE_NEVER)
        co_unpark(r->co);
    return true;
}

/* Packets are queued, and the port sends its queue before the loop looks at sockets. Nothing of a source is kept. */
static void nothing(void)
{
}

/* The last reader of a source may be one of ours, and others have had another delivery. */
static void forget(const struct source *s)
{
    live_delivery.forget(s);
}

static const struct reader_delivery delivery = { .add = add, .flush = nothing, .settle = nothing, .forget = forget };

/* ---- begin and end ---- */

struct rtc_playing_setup rtc_playing_setup_of(const struct source *s, const struct rtc_agreement *agreed,
                                              const char *cname)
{
    return (struct rtc_playing_setup){
        .video = rtc_agreed_track(agreed, FRAME_VIDEO),
        .audio = rtc_agreed_track(agreed, FRAME_AUDIO),
        .packing = { .keep_sei = s->vhost->rtc.keep_avc_nalu_sei, .merge_nalus = s->conf->rtc_server.merge_nalus },
        .cname = cname,
        .keeps_late = s->vhost->rtc.keep_bframe,
    };
}

struct err *rtc_playing_begin(struct rtc_playing *p, struct source *s, const struct rtc_playing_setup *setup)
{
    *p = (struct rtc_playing){ .outlet = setup->outlet, .cname = setup->cname, .keeps_late = setup->keeps_late };
    p->live_us = p->shown_us = p->heard_us = LONG_AGO_US;
    p->answered_us = -RTC_KEY_EVERY_US;
    p->answered_seq = UINT64_MAX;
    if ((p->has_video = setup->video != NULL))
        rtc_track_init(&p->video, setup->video);
    if ((p->has_audio = setup->audio != NULL))
        rtc_track_init(&p->audio, setup->audio);
    rtc_pace_begin(&p->pace, now_us());
    struct err *e = audience_join(&p->reader, s);
    if (!e)
        e = rtc_packets_join(&p->packets, s, &setup->packing);
    if (!e && setup->audio && setup->audio->codec == CODEC_OPUS)
        e = other_sound_join(&p->other, s, NULL);
    if (e)
        return e;
    p->reader.delivery = &delivery;
    catch_up_from(p, p->reader.seq);
    return NULL;
}

void rtc_playing_end(struct rtc_playing *p)
{
    send_report(p, &p->video, now_us(), true);
    send_report(p, &p->audio, now_us(), true);
    other_sound_leave(&p->other);
    audience_leave(&p->reader);
    rtc_packets_leave(&p->packets);
    rtc_track_finish(&p->video);
    rtc_track_finish(&p->audio);
    p->video.has_begun = p->audio.has_begun = false;
}
