#include "protocol/rtc/receive_track.h"

#include "core/rd.h"
#include "protocol/rtc/red.h"

/* Packets that wait: of pictures at most 1024, of sound those of more than two seconds. */
enum { PICTURE_WINDOW = RTP_ORDER_WINDOW_MAX, SOUND_WINDOW = 128 };

static void begin_order(struct rtc_receive_track *t)
{
    bool asks = t->agreed->nack;
    rtp_order_init(&t->order, t->agreed->kind == FRAME_VIDEO ? PICTURE_WINDOW : SOUND_WINDOW,
                   asks ? RTC_RECEIVE_WAIT_US : RTC_RECEIVE_REORDER_US, asks);
}

void rtc_receive_track_init(struct rtc_receive_track *t, const struct rtc_track_agreed *agreed,
                            struct rtp_timeline *line, bool leads, const struct rtc_receive_sink *sink)
{
    *t = (struct rtc_receive_track){
        .agreed = agreed,
        .sink = sink,
        .ssrc = agreed->ssrc,
        .rtx_ssrc = agreed->rtx_ssrc,
        .reception = { .clock_hz = agreed->clock_hz },
        .needs_key = agreed->kind == FRAME_VIDEO,
        .last_dts_us = INT64_MIN,
    };
    begin_order(t);
    rtp_unpacker_init(&t->unpacker, agreed->codec);
    rtp_clock_init(&t->clock, line, agreed->clock_hz, leads);
}

void rtc_receive_track_may_ask(struct rtc_receive_track *t, bool may_ask)
{
    t->order.asks = t->agreed->nack && may_ask;
    t->order.wait_us = t->order.asks ? RTC_RECEIVE_WAIT_US : RTC_RECEIVE_REORDER_US;
}

void rtc_receive_track_finish(struct rtc_receive_track *t)
{
    rtp_order_finish(&t->order);
    rtp_unpacker_finish(&t->unpacker);
}

void rtc_receive_track_adopt(struct rtc_receive_track *t, uint32_t ssrc, int64_t now_us)
{
    if (t->is_heard) {
        int64_t n_lost = t->order.n_lost, n_repaired = t->order.n_repaired;
        rtp_order_finish(&t->order);
        begin_order(t);
        t->order.n_lost = n_lost;
        t->order.n_repaired = n_repaired;
        rtp_unpack_gap(&t->unpacker);
        rtp_clock_restart(&t->clock);
        t->reception = (struct rtp_reception){ .clock_hz = t->agreed->clock_hz };
    }
    t->ssrc = ssrc;
    t->is_heard = t->has_left = false;
    t->key_us = now_us;
    t->asked_key_us = now_us - RTC_RECEIVE_KEY_US + RTC_RECEIVE_FIRST_KEY_US;
}

/* ---- frames ---- */

/* False if a decoder cannot use the picture. */
static bool is_usable(struct rtc_receive_track *t, const struct rtp_frame *frame, int64_t now_us)
{
    bool needs_key = frame->is_broken || (frame->follows_gap && !frame->is_key);
    if (needs_key && !t->needs_key)
        t->n_freezes++;
    t->needs_key |= needs_key;
    if (frame->is_broken || (t->needs_key && !frame->is_key))
        return false;
    if (frame->is_key) {
        t->needs_key = false;
        t->key_us = now_us;
    }
    return true;
}

/* Times of a track increase: a correction of its clock, or a picture that is shown earlier than sent, does not change that. */
static int64_t next_dts(struct rtc_receive_track *t, int64_t us)
{
    t->last_dts_us = us > t->last_dts_us ? us : t->last_dts_us + 1;
    return t->last_dts_us;
}

static void hand_on(struct rtc_receive_track *t, const struct rtp_frame *frame, int64_t now_us)
{
    bool    is_video = t->agreed->kind == FRAME_VIDEO;
    int64_t us = rtp_clock_us(&t->clock, frame->ts, now_us);
    if (is_video && !is_usable(t, frame, now_us))
        return;
    struct frame_unit unit = {
        .codec = t->agreed->codec,
        .form = rtp_unpack_form(t->agreed->codec),
        .channels = t->agreed->channels,
        .is_key = is_video && frame->is_key,
        .bytes = rd_over(frame->bytes, frame->len),
    };
    unit.dts_us = unit.pts_us = next_dts(t, us);
    t->sink->unit(t->sink->arg, &unit);
}

static void unpack(struct rtc_receive_track *t, const struct rtp_packet *packet, int64_t now_us)
{
    struct rtp_part  part = { .packet = *packet };
    struct rtp_frame frame;
    while (rtp_unpack(&t->unpacker, &part, &frame))
        hand_on(t, &frame, now_us);
}

/* ---- packets ---- */

void rtc_receive_track_tick(struct rtc_receive_track *t, int64_t now_us)
{
    struct rtp_order_item item;
    while (rtp_order_take(&t->order, now_us, &item)) {
        if (item.n_lost)
            rtp_unpack_gap(&t->unpacker);
        else
            unpack(t, &item.packet, now_us);
    }
}

static enum rtp_ordered put_in_order(struct rtc_receive_track *t, const struct rtp_packet *packet, int64_t now_us,
                                     bool is_first)
{
    enum rtp_ordered ordered;
    do {
        ordered = rtp_order_put(&t->order, packet, now_us, is_first);
        if (ordered == RTP_ORDER_JUMPED)
            rtp_unpack_gap(&t->unpacker);
        if (ordered == RTP_ORDER_NEXT || ordered == RTP_ORDER_JUMPED)
            unpack(t, packet, now_us);
        rtc_receive_track_tick(t, now_us);
    } while (ordered == RTP_ORDER_FULL);
    t->no_memory |= ordered == RTP_ORDER_NO_MEMORY;
    return ordered;
}

void rtc_receive_track_take(struct rtc_receive_track *t, const struct rtp_packet *packet, int64_t now_us)
{
    t->is_heard = true;
    t->heard_us = now_us;
    t->n_packets++;
    enum rtp_ordered ordered = put_in_order(t, packet, now_us, true);
    if (ordered == RTP_ORDER_JUMPED)
        rtp_reception_restart(&t->reception);
    if (ordered != RTP_ORDER_STRANGE)
        rtp_reception_take(&t->reception, packet, now_us);
}

/* A block of another codec, as comfort noise is, has a number but no sound for us. */
static struct rtp_packet packet_of(const struct rtc_receive_track *t, const struct rtp_packet *packet,
                                   const struct rtp_red_block *block, uint16_t seq)
{
    struct rtp_packet p = *packet;
    p.pt = t->agreed->pt;
    p.seq = seq;
    p.ts -= block->offset;
    p.payload = block->bytes;
    p.len = block->pt == t->agreed->pt ? block->len : 0;
    return p;
}

void rtc_receive_track_take_red(struct rtc_receive_track *t, const struct rtp_packet *packet, int64_t now_us)
{
    struct rtp_red red;
    if (!rtp_red_parse(&red, packet->payload, packet->len))
        return;
    struct rtp_packet p = packet_of(t, packet, &red.blocks[red.n - 1], packet->seq);
    rtc_receive_track_take(t, &p, now_us); /* It comes first: only then those before it are missed. */
    for (size_t i = 0; i + 1 < red.n; i++) {
        uint16_t seq = (uint16_t)(packet->seq - (red.n - 1 - i));
        p = packet_of(t, packet, &red.blocks[i], seq);
        if (p.len > 0 && rtp_order_misses(&t->order, seq))
            put_in_order(t, &p, now_us, false);
    }
}

void rtc_receive_track_take_rtx(struct rtc_receive_track *t, const struct rtp_packet *packet, int64_t now_us)
{
    struct rd         r = rd_over(packet->payload, packet->len);
    struct rtp_packet original = *packet;
    original.seq = rd_u16(&r);
    if (r.bad || rd_left(&r) == 0) /* padding, to measure the way */
        return;
    original.payload = r.p;
    original.len = rd_left(&r);
    put_in_order(t, &original, now_us, false);
}

void rtc_receive_track_take_sr(struct rtc_receive_track *t, const struct rtcp_sender_info *info, int64_t now_us)
{
    rtp_reception_take_sr(&t->reception, info, now_us);
    rtp_clock_report(&t->clock, info, now_us);
}

int64_t rtc_receive_track_key_due_us(const struct rtc_receive_track *t, int64_t every_us)
{
    if (t->agreed->kind != FRAME_VIDEO || !t->is_heard || !(t->agreed->pli || t->agreed->fir))
        return INT64_MAX;
    int64_t may_us = t->asked_key_us + RTC_RECEIVE_KEY_US, due_us = t->key_us + every_us;
    if (t->needs_key)
        return may_us;
    if (every_us == 0)
        return INT64_MAX;
    return due_us > may_us ? due_us : may_us;
}
