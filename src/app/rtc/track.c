#include "app/rtc/track.h"

#include <string.h>

#include "core/ident.h"
#include "core/mem.h"
#include "core/wr.h"
#include "protocol/rtc/red.h"
#include "protocol/rtc/rtp.h"

enum { SENT_FIRST = 64 };

/* Bytes of an abs-capture-time without the offset of a clock; units of playout-delay. */
enum { CAPTURE_LEN = 8, PLAYOUT_LEN = 3, PLAYOUT_UNIT_MS = 10 };

/* One packet that was sent. */
struct rtc_sent {
    struct rtc_packed *frame; /* a reference; NULL: an empty place */
    uint32_t           ts;
    uint32_t           index; /* of the payload */
    uint32_t           sent_ms, again_ms;
    uint16_t           seq, picture_id, twcc;
    uint8_t            n_again;
};

/* ---- numbers ---- */

void rtc_track_init(struct rtc_track *t, const struct rtc_track_agreed *agreed)
{
    *t = (struct rtc_track){ .agreed = *agreed };
    random_bytes(&t->seq, sizeof t->seq);
    random_bytes(&t->rtx_seq, sizeof t->rtx_seq);
    random_bytes(&t->picture_id, sizeof t->picture_id);
    random_bytes(&t->ts_base, sizeof t->ts_base);
    t->seq &= 0x7fff; /* RFC 3711 3.3.1: a start in the lower half, so that a loss at the start does not hide a wrap. */
    t->rtx_seq &= 0x7fff;
}

void rtc_track_finish(struct rtc_track *t)
{
    for (size_t i = 0; i < t->n_sent; i++)
        rtc_packed_unref(&t->sent[i].frame);
    mem_free(t->sent);
    t->sent = NULL;
    t->n_sent = 0;
    rtc_packed_unref(&t->frame);
    rtc_packed_unref(&t->before);
}

static uint32_t ticks(const struct rtc_track *t, int64_t us)
{
    return t->ts_base + rtp_ticks_from_us(us, t->agreed.clock_hz);
}

static uint64_t ntp_at(const struct rtc_clock *clock, int64_t mono_us)
{
    return rtp_ntp_from_wall_us(clock->wall_us + (mono_us - clock->mono_us));
}

void rtc_track_frame(struct rtc_track *t, struct rtc_packed *frame, int64_t time_us)
{
    rtc_packed_unref(&t->frame);
    t->frame = rtc_packed_ref(frame);
    t->time_us = time_us;
    t->picture_id = (t->picture_id + 1) & 0x7fff;
}

/* ---- what was sent ---- */

static bool is_recent(const struct rtc_sent *s, uint32_t now_ms)
{
    return s->frame && now_ms - s->sent_ms < RTC_SENT_KEPT_US / US_PER_MS;
}

/* Have `n` places. Those of the packets that are dropped for it are no longer recent, or there are more places than before. */
static bool resize(struct rtc_track *t, size_t n)
{
    struct rtc_sent *sent = n <= RTC_SENT_MAX ? mem_calloc(n, sizeof *sent) : NULL;
    if (!sent)
        return false;
    for (size_t i = 0; i < t->n_sent; i++) {
        struct rtc_sent *was = &t->sent[i], *is = &sent[was->seq & (n - 1)];
        bool             is_newer = was->frame && (!is->frame || (int16_t)(uint16_t)(was->seq - is->seq) > 0);
        rtc_packed_unref(is_newer ? &is->frame : &was->frame);
        if (is_newer)
            *is = *was;
    }
    mem_free(t->sent);
    t->sent = sent;
    t->n_sent = n;
    return true;
}

static bool grow(struct rtc_track *t)
{
    return resize(t, t->n_sent ? 2 * t->n_sent : SENT_FIRST);
}

/*
 * Halve the places when the newest packets fill few of them: a viewer that joins is sent a GOP at once, and then much less. Looked
 * at after each quarter of the places.
 */
static void shrink(struct rtc_track *t, uint32_t now_ms)
{
    size_t n = 0;
    if (t->n_sent <= SENT_FIRST || (t->seq & (t->n_sent / 4 - 1)) != 0)
        return;
    for (size_t i = 0; i < t->n_sent; i++)
        n += is_recent(&t->sent[i], now_ms);
    if (n <= t->n_sent / 2 - t->n_sent / 8) /* and an eighth to spare, so that they do not grow at once */
        (void)resize(t, t->n_sent / 2);
}

/* A place for the next packet; NULL: it is not kept. */
static struct rtc_sent *keep(struct rtc_track *t, uint32_t now_ms)
{
    shrink(t, now_ms);
    bool is_full = t->n_sent == 0 || is_recent(&t->sent[t->seq & (t->n_sent - 1)], now_ms);
    if (!t->agreed.nack || (is_full && !grow(t) && t->n_sent == 0))
        return NULL;
    struct rtc_sent *s = &t->sent[t->seq & (t->n_sent - 1)];
    rtc_packed_unref(&s->frame);
    return s;
}

/* ---- packets ---- */

static struct rtp_extension *add_extension(struct rtp_head *h, uint8_t id, uint8_t len)
{
    struct rtp_extension *x = &h->extensions[h->n_extensions++];
    *x = (struct rtp_extension){ .id = id, .len = len };
    return x;
}

static void add_twcc(const struct rtc_track *t, struct rtp_head *h, uint16_t number)
{
    if (!t->agreed.ext_twcc)
        return;
    struct rtp_extension *x = add_extension(h, t->agreed.ext_twcc, 2);
    x->bytes[0] = (uint8_t)(number >> 8);
    x->bytes[1] = (uint8_t)number;
}

/* Every packet has the mid, not only the first ones: one that is sent again without RTX must have the bytes of its first time. */
static void add_mid(const struct rtc_track *t, struct rtp_head *h)
{
    if (!t->agreed.ext_mid)
        return;
    size_t len = strlen(t->agreed.mid);
    memcpy(add_extension(h, t->agreed.ext_mid, (uint8_t)len)->bytes, t->agreed.mid, len);
}

/* The time at which the frame was captured, by our wall clock, and how late it may be shown. */
static void add_times(const struct rtc_track *t, struct rtp_head *h, const struct rtc_clock *clock)
{
    if (t->agreed.ext_abs_capture) {
        struct rtp_extension *x = add_extension(h, t->agreed.ext_abs_capture, CAPTURE_LEN);
        struct wr             w = wr_over(x->bytes, CAPTURE_LEN);
        wr_u64(&w, ntp_at(clock, clock->mono_us + (t->frame->pts_us - clock->stream_us)));
    }
    if (t->agreed.ext_playout_delay && t->frame->is_key) {
        struct rtp_extension *x = add_extension(h, t->agreed.ext_playout_delay, PLAYOUT_LEN);
        struct wr             w = wr_over(x->bytes, PLAYOUT_LEN);
        wr_u24(&w, RTC_PLAYOUT_MAX_MS / PLAYOUT_UNIT_MS); /* twelve bits each: at least 0, at most this */
    }
}

/* Write the head, `before` bytes of RTX, and the payload; returns the length, 0 if it has no room. */
static size_t write_packet(const struct rtp_head *h, const struct rtc_packed *frame, uint32_t index,
                           uint16_t picture_id, const uint16_t *original, uint8_t bytes[static RTC_PACKET_CAP])
{
    const struct rtp_payload *p = &frame->list[index];
    struct wr                 w = wr_over(bytes, RTC_PACKET_CAP);
    rtp_write_head(&w, h);
    if (original)
        wr_u16(&w, *original);
    size_t at = wr_len(&w);
    wr_bytes(&w, frame->bytes + p->at, p->len);
    if (w.full)
        return 0;
    rtp_set_picture_id(frame->codec, bytes + at, p->len, picture_id);
    return wr_len(&w);
}

/* ---- redundant sound ---- */

/* True if the packet before is repeated with this one, of time `ts`. */
static bool repeats(const struct rtc_track *t, uint32_t ts, int64_t now_us)
{
    if (!t->agreed.red_pt || !t->before || now_us >= t->red_until_us || t->frame->n != 1)
        return false;
    size_t len = t->before->list[0].len;
    return ts - t->before_ts <= RTP_RED_OFFSET_MAX && len > 0 && len <= RTP_RED_LEN_MAX &&
           RTP_RED_HEAD_LEN + 1 + len + t->frame->list[0].len <= RTP_PAYLOAD_MAX;
}

static struct rtp_red_block block_of(const struct rtc_track *t, const struct rtc_packed *sound, uint32_t offset)
{
    return (struct rtp_red_block){ t->agreed.pt, (uint16_t)offset, sound->bytes + sound->list[0].at,
                                   sound->list[0].len };
}

static size_t write_red(const struct rtc_track *t, struct rtp_head *h, uint8_t bytes[static RTC_PACKET_CAP])
{
    struct rtp_red red = { 2, { block_of(t, t->before, h->ts - t->before_ts), block_of(t, t->frame, 0) } };
    struct wr      w = wr_over(bytes, RTC_PACKET_CAP);
    h->pt = t->agreed.red_pt;
    rtp_write_head(&w, h);
    rtp_red_write(&w, &red);
    return w.full ? 0 : wr_len(&w);
}

static void remember(struct rtc_track *t, uint32_t ts)
{
    rtc_packed_unref(&t->before);
    if (!t->agreed.red_pt || t->frame->n != 1)
        return;
    t->before = rtc_packed_ref(t->frame);
    t->before_ts = ts;
}

/* ---- packets that go out ---- */

static bool is_last_of_picture(const struct rtc_packed *frame, uint32_t index)
{
    return frame->kind == FRAME_VIDEO && index + 1 == frame->n;
}

bool rtc_track_send(struct rtc_track *t, struct rtc_outlet *out, uint32_t i, const struct rtc_clock *clock,
                    int64_t now_us)
{
    uint8_t         bytes[RTC_PACKET_CAP];
    uint32_t        now_ms = (uint32_t)(now_us / US_PER_MS);
    struct rtp_head h = { .pt = t->agreed.pt, .seq = t->seq, .ts = ticks(t, t->time_us), .ssrc = t->agreed.ssrc };
    h.marker = is_last_of_picture(t->frame, i);
    add_twcc(t, &h, out->twcc);
    add_mid(t, &h);
    if (i == 0 && (t->agreed.rtx_pt || !t->agreed.nack))
        add_times(t, &h, clock);
    bool             is_red = repeats(t, h.ts, now_us);
    size_t           len = is_red ? write_red(t, &h, bytes) : write_packet(&h, t->frame, i, t->picture_id, NULL, bytes);
    struct rtc_sent *s = is_red ? NULL : keep(t, now_ms);
    if (s)
        *s = (struct rtc_sent){ .frame = rtc_packed_ref(t->frame),
                                .ts = h.ts,
                                .index = i,
                                .sent_ms = now_ms,
                                .seq = h.seq,
                                .picture_id = t->picture_id,
                                .twcc = out->twcc };
    t->seq++;
    out->twcc++;
    t->stat.n_packets++;
    t->stat.n_bytes += t->frame->list[i].len;
    t->has_begun = true;
    remember(t, h.ts);
    if (len > 0 && out->rtp(out->arg, bytes, len))
        return true;
    t->stat.n_refused++;
    return false;
}

static size_t resend(struct rtc_track *t, struct rtc_outlet *out, struct rtc_sent *s)
{
    uint8_t         bytes[RTC_PACKET_CAP];
    bool            is_rtx = t->agreed.rtx_pt;
    struct rtp_head h = { .pt = is_rtx ? t->agreed.rtx_pt : t->agreed.pt,
                          .seq = is_rtx ? t->rtx_seq++ : s->seq,
                          .ts = s->ts };
    h.ssrc = is_rtx ? t->agreed.rtx_ssrc : t->agreed.ssrc;
    h.marker = is_last_of_picture(s->frame, s->index);
    add_twcc(t, &h, is_rtx ? out->twcc++ : s->twcc);
    add_mid(t, &h);
    size_t len = write_packet(&h, s->frame, s->index, s->picture_id, is_rtx ? &s->seq : NULL, bytes);
    if (len == 0 || !out->rtp(out->arg, bytes, len))
        return 0;
    t->stat.n_again++;
    return len;
}

static size_t resend_number(struct rtc_track *t, struct rtc_outlet *out, uint16_t seq, uint32_t now_ms)
{
    t->stat.n_asked++;
    if (t->n_sent == 0)
        return 0;
    struct rtc_sent *s = &t->sent[seq & (t->n_sent - 1)];
    bool             is_again = s->n_again > 0 && now_ms - s->again_ms < RTC_SENT_AGAIN_US / US_PER_MS;
    if (!is_recent(s, now_ms) || s->seq != seq || is_again || s->n_again == RTC_SENT_AGAIN_MAX)
        return 0;
    s->n_again++;
    s->again_ms = now_ms;
    return resend(t, out, s);
}

size_t rtc_track_resend(struct rtc_track *t, struct rtc_outlet *out, uint16_t first, uint16_t mask, int64_t now_us)
{
    uint32_t now_ms = (uint32_t)(now_us / US_PER_MS);
    size_t   sum = resend_number(t, out, first, now_ms);
    for (unsigned bit = 0; bit < 16; bit++)
        if (mask >> bit & 1)
            sum += resend_number(t, out, (uint16_t)(first + 1 + bit), now_ms);
    return sum;
}

/* ---- reports ---- */

/* RFC 3550 6.4.1: the time from a sender report to the report that names it, less what the viewer kept it. */
static int64_t round_trip_us(const struct rtcp_report *r, const struct rtc_clock *clock, int64_t now_us)
{
    if (r->last_sr == 0)
        return 0;
    int32_t took = (int32_t)(rtp_ntp_middle(ntp_at(clock, now_us)) - r->last_sr - r->delay);
    return took > 0 ? (int64_t)took * US_PER_SECOND >> 16 : 0;
}

void rtc_track_take_report(struct rtc_track *t, const struct rtcp_report *report, const struct rtc_clock *clock,
                           int64_t now_us)
{
    struct rtc_track_stat *s = &t->stat;
    if (report->ssrc != t->agreed.ssrc)
        return;
    int64_t rtt_us = round_trip_us(report, clock, now_us);
    s->is_reported = true;
    if (report->fraction_lost >= RTC_RED_LOSS_MIN)
        t->red_until_us = now_us + RTC_RED_US;
    s->fraction_lost = report->fraction_lost;
    s->n_lost = report->n_lost;
    s->jitter_us = t->agreed.clock_hz ? (int64_t)report->jitter * US_PER_SECOND / t->agreed.clock_hz : 0;
    s->rtt_us = rtt_us ? rtt_us : s->rtt_us;
}

void rtc_track_write_report(const struct rtc_track *t, struct wr *w, const struct rtc_clock *clock, int64_t now_us)
{
    struct rtcp_sender_info info = { .ntp = ntp_at(clock, now_us) };
    info.rtp_ts = ticks(t, clock->stream_us + (now_us - clock->mono_us));
    info.n_packets = (uint32_t)t->stat.n_packets;
    info.n_bytes = (uint32_t)t->stat.n_bytes;
    rtcp_write_sr(w, t->agreed.ssrc, &info, NULL, 0);
}
