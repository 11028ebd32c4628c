/* A stream of packets, whose numbers, times and losses the input chooses, goes through the reorder buffer into an unpacker, and its
 * frames through the maker of frames. Input: the codec, then packets: a step of the number, flags, a length, the payload. */
#include "core/clock.h"
#include "kernel/frame_make.h"
#include "protocol/rtc/order.h"
#include "protocol/rtc/unpack.h"

#include "fuzzing.h"

enum { WINDOW = 32, WAIT_US = 100 * US_PER_MS };

struct stream {
    struct rtp_order    order;
    struct rtp_unpacker unpacker;
    struct frame_maker  maker;
    int64_t             now_us;
    uint16_t            seq;
    uint32_t            ts;
};

static void make_frames(struct stream *s, const struct rtp_frame *frame)
{
    struct frame_unit u = {
        .codec = s->unpacker.codec,
        .form = rtp_unpack_form(s->unpacker.codec),
        .channels = 2,
        .is_key = frame->is_key,
        .bytes = rd_over(frame->bytes, frame->len),
    };
    struct frame   *f;
    enum frame_made made;
    while ((made = frame_make_next(&s->maker, &u, &f)) == FRAME_MADE)
        frame_unref(&f);
    check(made != FRAME_MAKE_NO_MEMORY);
}

static void take_packet(struct stream *s, const struct rtp_packet *packet)
{
    struct rtp_part  part = { .packet = *packet };
    struct rtp_frame frame;
    int              n = 0;
    while (rtp_unpack(&s->unpacker, &part, &frame)) {
        check(++n <= 2);
        if (!frame.is_broken)
            make_frames(s, &frame);
    }
    check(part.is_used || packet->len == 0);
}

static void take_waiting(struct stream *s)
{
    struct rtp_order_item item;
    while (rtp_order_take(&s->order, s->now_us, &item)) {
        if (item.n_lost)
            rtp_unpack_gap(&s->unpacker);
        else
            take_packet(s, &item.packet);
    }
}

static void put(struct stream *s, const struct rtp_packet *packet, bool may_begin)
{
    enum rtp_ordered ordered;
    int              n = 0;
    do {
        check(++n < 3 * WINDOW);
        ordered = rtp_order_put(&s->order, packet, s->now_us, may_begin);
        check(ordered != RTP_ORDER_NO_MEMORY);
        if (ordered == RTP_ORDER_JUMPED)
            rtp_unpack_gap(&s->unpacker);
        if (ordered == RTP_ORDER_NEXT || ordered == RTP_ORDER_JUMPED)
            take_packet(s, packet);
        take_waiting(s);
    } while (ordered == RTP_ORDER_FULL);
}

static void pass_time(struct stream *s)
{
    uint16_t asked[8];
    s->now_us += 20 * US_PER_MS;
    size_t n = rtp_order_nacks(&s->order, s->now_us, asked, 8);
    for (size_t i = 1; i < n; i++)
        check(seq16_before(asked[i - 1], asked[i]));
    take_waiting(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum codec codecs[] = { CODEC_H264, CODEC_HEVC, CODEC_VP8,  CODEC_VP9,
                                         CODEC_AV1,  CODEC_OPUS, CODEC_PCMA, CODEC_PCMU };
    struct rd               r = rd_over(data, size);
    struct stream           s = { .seq = 65530 };
    rtp_order_init(&s.order, WINDOW, WAIT_US, true);
    rtp_unpacker_init(&s.unpacker, codecs[rd_u8(&r) % 8]);
    while (rd_left(&r) > 0) {
        int8_t            step = (int8_t)rd_u8(&r);
        uint8_t           flags = rd_u8(&r);
        size_t            len = rd_u8(&r), left = rd_left(&r);
        struct rtp_packet packet = { .len = len < left ? len : left };
        packet.payload = rd_bytes(&r, packet.len);
        s.seq = (uint16_t)(s.seq + (flags & 0x80 ? step * 300 : step));
        s.ts += flags >> 2 & 3;
        packet.seq = s.seq;
        packet.ts = s.ts;
        packet.marker = flags & 1;
        put(&s, &packet, !(flags & 2));
        if (flags & 0x40)
            pass_time(&s);
    }
    rtp_order_finish(&s.order);
    check(s.order.bytes == 0);
    rtp_unpacker_finish(&s.unpacker);
    frame_maker_finish(&s.maker);
    return 0;
}
