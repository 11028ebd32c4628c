#include "protocol/rtc/receiver.h"

#include <string.h>

/* Room for one packet of RTCP, and behind it for what encryption adds; the most lost packets that one NACK names. */
enum { RTCP_MAX = 1200, RTCP_ROOM = 64, NACKS_MAX = 250 };

void rtc_receiver_init(struct rtc_receiver *r, const struct rtc_receiver_setup *setup, int64_t now_us)
{
    *r = (struct rtc_receiver){ .setup = *setup, .reduced = true };
    bool has_sound = rtc_agreed_track(setup->agreed, FRAME_AUDIO) != NULL;
    for (size_t i = 0; i < setup->agreed->n_tracks && r->n_tracks < RTC_RECEIVER_TRACKS_MAX; i++) {
        const struct rtc_track_agreed *agreed = &setup->agreed->tracks[i];
        if (!agreed->active)
            continue;
        bool leads = agreed->kind == FRAME_AUDIO || !has_sound;
        rtc_receive_track_init(&r->tracks[r->n_tracks++], agreed, &r->line, leads, &r->setup.sink);
        r->ext_twcc = agreed->twcc && agreed->ext_twcc ? agreed->ext_twcc : r->ext_twcc;
        r->ext_mid = agreed->ext_mid ? agreed->ext_mid : r->ext_mid;
        r->reduced &= agreed->rtcp_rsize;
    }
    r->report_due_us = now_us + RTC_RECEIVER_REPORT_US;
}

void rtc_receiver_finish(struct rtc_receiver *r)
{
    for (unsigned i = 0; i < r->n_tracks; i++)
        rtc_receive_track_finish(&r->tracks[i]);
    twcc_finish(&r->twcc);
    r->n_tracks = 0;
}

const struct rtc_receive_track *rtc_receiver_track(const struct rtc_receiver *r, enum frame_kind kind)
{
    for (unsigned i = 0; i < r->n_tracks; i++)
        if (r->tracks[i].agreed->kind == kind)
            return &r->tracks[i];
    return NULL;
}

/* ---- RTP ---- */

static struct rtc_receive_track *track_of_mid(struct rtc_receiver *r, const struct rtp_packet *p)
{
    size_t         len = 0;
    const uint8_t *mid = r->ext_mid ? rtp_find_extension(p, r->ext_mid, &len) : NULL;
    for (unsigned i = 0; mid && i < r->n_tracks; i++) {
        const char *own = r->tracks[i].agreed->mid;
        if (len == strlen(own) && memcmp(mid, own, len) == 0)
            return &r->tracks[i];
    }
    return NULL;
}

static bool is_media(const struct rtc_receive_track *t, const struct rtp_packet *p)
{
    return p->pt == t->agreed->pt;
}

static bool is_red(const struct rtc_receive_track *t, const struct rtp_packet *p)
{
    return t->agreed->red_pt && p->pt == t->agreed->red_pt;
}

static bool is_rtx(const struct rtc_receive_track *t, const struct rtp_packet *p)
{
    return t->agreed->rtx_pt && p->pt == t->agreed->rtx_pt;
}

static struct rtc_receive_track *track_of_pt(struct rtc_receiver *r, const struct rtp_packet *p)
{
    for (unsigned i = 0; i < r->n_tracks; i++)
        if (is_media(&r->tracks[i], p) || is_red(&r->tracks[i], p) || is_rtx(&r->tracks[i], p))
            return &r->tracks[i];
    return NULL;
}

/* The track of a packet whose SSRC is not known. NULL: it is dropped. */
static struct rtc_receive_track *adopt(struct rtc_receiver *r, const struct rtp_packet *p, int64_t now_us)
{
    struct rtc_receive_track *t = track_of_mid(r, p);
    if (!t)
        t = track_of_pt(r, p);
    if (t && is_rtx(t, p)) {
        t->rtx_ssrc = p->ssrc; /* Numbers that are not missed do no harm. */
        return t;
    }
    if (!t || !(is_media(t, p) || is_red(t, p)))
        return NULL;
    if (t->is_heard && !t->has_left && now_us - t->heard_us < RTC_RECEIVER_SILENCE_US)
        return NULL;
    rtc_receive_track_adopt(t, p->ssrc, now_us);
    rtc_receive_track_may_ask(t, !r->saves_nacks);
    return t;
}

static struct rtc_receive_track *track_of(struct rtc_receiver *r, const struct rtp_packet *p, int64_t now_us)
{
    for (unsigned i = 0; i < r->n_tracks; i++) {
        struct rtc_receive_track *t = &r->tracks[i];
        if (t->ssrc && t->ssrc == p->ssrc) {
            if (!t->is_heard) {
                rtc_receive_track_adopt(t, p->ssrc, now_us);
                rtc_receive_track_may_ask(t, !r->saves_nacks);
            }
            return t;
        }
        if (t->rtx_ssrc && t->rtx_ssrc == p->ssrc)
            return t;
    }
    return adopt(r, p, now_us);
}

static void record(struct rtc_receiver *r, const struct rtp_packet *p, int64_t now_us)
{
    size_t         len = 0;
    const uint8_t *number = r->ext_twcc ? rtp_find_extension(p, r->ext_twcc, &len) : NULL;
    if (!number || len < 2 || r->saves_arrivals)
        return;
    if (!twcc_has_news(&r->twcc))
        r->twcc_due_us = now_us + TWCC_INTERVAL_US;
    r->no_memory |= !twcc_record(&r->twcc, (uint16_t)(number[0] << 8 | number[1]), now_us);
}

void rtc_receiver_take_rtp(struct rtc_receiver *r, int64_t now_us, const uint8_t *bytes, size_t len)
{
    struct rtp_packet p;
    if (!rtp_parse(&p, bytes, len) || (r->setup.drop_pt && p.pt == r->setup.drop_pt))
        return;
    record(r, &p, now_us);
    struct rtc_receive_track *t = track_of(r, &p, now_us);
    if (t && p.ssrc == t->ssrc && is_media(t, &p))
        rtc_receive_track_take(t, &p, now_us);
    else if (t && p.ssrc == t->ssrc && is_red(t, &p))
        rtc_receive_track_take_red(t, &p, now_us);
    else if (t && p.ssrc == t->rtx_ssrc && is_rtx(t, &p))
        rtc_receive_track_take_rtx(t, &p, now_us);
    else
        r->n_strange++;
    r->no_memory |= t && t->no_memory;
}

/* ---- RTCP ---- */

void rtc_receiver_take_rtcp(struct rtc_receiver *r, int64_t now_us, const uint8_t *bytes, size_t len)
{
    struct rd               compound = rd_over(bytes, len);
    struct rtcp_packet      packet;
    struct rtcp_sender_info info;
    while (rtcp_next(&compound, &packet)) {
        bool has_info = packet.type == RTCP_SENDER_REPORT && rtcp_take_sender_info(&packet, &info);
        for (unsigned i = 0; i < r->n_tracks; i++) {
            struct rtc_receive_track *t = &r->tracks[i];
            if (has_info && packet.ssrc == t->ssrc)
                rtc_receive_track_take_sr(t, &info, now_us);
            t->has_left |= packet.type == RTCP_BYE && rtcp_bye_has(&packet, t->ssrc);
        }
    }
}

struct rtcp_out {
    uint8_t   bytes[RTCP_MAX + RTCP_ROOM];
    struct wr w;
};

static void begin_rtcp(const struct rtc_receiver *r, struct rtcp_out *out)
{
    out->w = wr_over(out->bytes, RTCP_MAX);
    if (r->reduced)
        return;
    rtcp_write_rr(&out->w, RTC_RECEIVER_SSRC, NULL, 0);
    rtcp_write_cname(&out->w, RTC_RECEIVER_SSRC, r->setup.cname);
}

static void end_rtcp(const struct rtc_receiver *r, struct rtcp_out *out)
{
    if (!out->w.full)
        r->setup.sink.send(r->setup.sink.arg, out->bytes, wr_len(&out->w), RTCP_ROOM);
}

static void ask_for_lost(struct rtc_receiver *r, struct rtc_receive_track *t, int64_t now_us)
{
    uint16_t        seqs[NACKS_MAX];
    struct rtcp_out out;
    for (size_t n; (n = rtp_order_nacks(&t->order, now_us, seqs, NACKS_MAX)) > 0;) {
        r->n_nacks += (int64_t)n;
        begin_rtcp(r, &out);
        rtcp_write_nack(&out.w, RTC_RECEIVER_SSRC, t->ssrc, seqs, n);
        end_rtcp(r, &out);
    }
}

static void ask_for_key(struct rtc_receiver *r, struct rtc_receive_track *t, int64_t now_us)
{
    struct rtcp_out out;
    if (rtc_receive_track_key_due_us(t, r->setup.key_every_us) > now_us)
        return;
    t->asked_key_us = now_us;
    r->n_plis++;
    begin_rtcp(r, &out);
    if (t->agreed->pli)
        rtcp_write_pli(&out.w, RTC_RECEIVER_SSRC, t->ssrc);
    else
        rtcp_write_fir(&out.w, RTC_RECEIVER_SSRC, t->ssrc, r->n_firs++);
    end_rtcp(r, &out);
}

static void report(struct rtc_receiver *r, int64_t now_us)
{
    struct rtcp_report reports[RTC_RECEIVER_TRACKS_MAX];
    struct rtcp_out    out;
    unsigned           n = 0;
    r->report_due_us = now_us + RTC_RECEIVER_REPORT_US;
    for (unsigned i = 0; i < r->n_tracks; i++)
        if (r->tracks[i].is_heard)
            reports[n++] = rtp_reception_report(&r->tracks[i].reception, r->tracks[i].ssrc, now_us);
    out.w = wr_over(out.bytes, RTCP_MAX);
    rtcp_write_rr(&out.w, RTC_RECEIVER_SSRC, reports, n);
    rtcp_write_cname(&out.w, RTC_RECEIVER_SSRC, r->setup.cname);
    end_rtcp(r, &out);
}

static void report_arrivals(struct rtc_receiver *r)
{
    uint8_t         bytes[TWCC_BODY_MAX];
    struct wr       body = wr_over(bytes, sizeof bytes);
    struct rtcp_out out;
    uint32_t        ssrc = r->n_tracks ? r->tracks[r->n_tracks - 1].ssrc : 0;
    while (twcc_write(&r->twcc, &body)) {
        begin_rtcp(r, &out);
        rtcp_write_feedback(&out.w, RTCP_FEEDBACK_TRANSPORT, RTCP_FMT_TWCC, RTC_RECEIVER_SSRC, ssrc, bytes,
                            wr_len(&body));
        end_rtcp(r, &out);
        body = wr_over(bytes, sizeof bytes);
    }
}

static bool twcc_is_due(const struct rtc_receiver *r, int64_t now_us)
{
    return twcc_has_news(&r->twcc) && (r->twcc_due_us <= now_us || r->twcc.end - r->twcc.next >= TWCC_PACKETS_MAX);
}

void rtc_receiver_tick(struct rtc_receiver *r, int64_t now_us)
{
    for (unsigned i = 0; i < r->n_tracks; i++) {
        struct rtc_receive_track *t = &r->tracks[i];
        rtc_receive_track_tick(t, now_us);
        if (rtp_order_due_us(&t->order) <= now_us)
            ask_for_lost(r, t, now_us);
        ask_for_key(r, t, now_us);
    }
    if (twcc_is_due(r, now_us))
        report_arrivals(r);
    if (r->report_due_us <= now_us)
        report(r, now_us);
}

void rtc_receiver_save(struct rtc_receiver *r, bool nacks, bool arrivals)
{
    for (unsigned i = 0; i < r->n_tracks && nacks != r->saves_nacks; i++)
        rtc_receive_track_may_ask(&r->tracks[i], !nacks);
    if (arrivals && !r->saves_arrivals) {
        uint8_t n_feedbacks = r->twcc.n_feedbacks;
        twcc_finish(&r->twcc);
        r->twcc.n_feedbacks = n_feedbacks;
    }
    r->saves_nacks = nacks;
    r->saves_arrivals = arrivals;
}

int64_t rtc_receiver_due_us(const struct rtc_receiver *r)
{
    int64_t due = r->report_due_us;
    if (twcc_has_news(&r->twcc) && r->twcc_due_us < due)
        due = r->twcc_due_us;
    for (unsigned i = 0; i < r->n_tracks; i++) {
        int64_t order = rtp_order_due_us(&r->tracks[i].order);
        int64_t key = rtc_receive_track_key_due_us(&r->tracks[i], r->setup.key_every_us);
        due = order < due ? order : due;
        due = key < due ? key : due;
    }
    return due;
}
