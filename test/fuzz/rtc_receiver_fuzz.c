/* A receiver gets datagrams of RTP and RTCP, as the input has them, while time passes: its RTCP must be well-formed, its units within
 * their bytes, and nothing may stay due. Input: the codec of the pictures, then datagrams: time, a length, bytes. */
#include "core/clock.h"
#include "protocol/rtc/receiver.h"

#include "fuzzing.h"

static void take_unit(void *arg, struct frame_unit *unit)
{
    int64_t *last_us = (int64_t *)arg + (codec_kind(unit->codec) == FRAME_VIDEO);
    check(rd_left(&unit->bytes) > 0 && unit->dts_us > *last_us);
    *last_us = unit->dts_us;
}

static void take_rtcp(void *arg, uint8_t *rtcp, size_t len, size_t room)
{
    struct rd          r = rd_over(rtcp, len);
    struct rtcp_packet packet;
    size_t             n = 0;
    (void)arg;
    check(room >= 20);
    while (rtcp_next(&r, &packet))
        n++;
    check(n > 0 && !r.bad);
}

static void pass(struct rtc_receiver *receiver, int64_t from_us, int64_t until_us)
{
    while (rtc_receiver_due_us(receiver) <= until_us) {
        int64_t due = rtc_receiver_due_us(receiver);
        from_us = due > from_us ? due : from_us;
        rtc_receiver_tick(receiver, from_us);
        check(rtc_receiver_due_us(receiver) > from_us);
    }
    check(!receiver->no_memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum codec codecs[] = { CODEC_H264, CODEC_HEVC, CODEC_VP8, CODEC_VP9, CODEC_AV1 };
    struct rd               r = rd_over(data, size);
    int64_t                 last_us[2] = { INT64_MIN, INT64_MIN }, now = US_PER_SECOND;
    struct rtc_agreement    agreed = { .n_tracks = 2 };
    uint8_t                 head = rd_u8(&r);
    agreed.tracks[0] = (struct rtc_track_agreed){
        .mid = "0",
        .active = true,
        .kind = FRAME_AUDIO,
        .codec = CODEC_OPUS,
        .pt = 111,
        .red_pt = 63,
        .clock_hz = 48000,
        .channels = 2,
        .ext_mid = 4,
    };
    agreed.tracks[1] = (struct rtc_track_agreed){
        .mid = "1",
        .active = true,
        .kind = FRAME_VIDEO,
        .codec = codecs[head % 5],
        .pt = 96,
        .rtx_pt = 97,
        .clock_hz = 90000,
        .ext_twcc = 3,
        .ext_mid = 4,
        .ssrc = head & 0x80 ? 0 : 1,
        .nack = true,
        .pli = true,
        .twcc = true,
        .rtcp_rsize = true,
    };
    struct rtc_receiver_setup setup = {
        .agreed = &agreed, .cname = "fuzz", .key_every_us = 2 * US_PER_SECOND, .sink = { last_us, take_unit, take_rtcp }
    };
    struct rtc_receiver receiver;
    rtc_receiver_init(&receiver, &setup, now);
    while (rd_left(&r) > 0) {
        int64_t        until = now + (int64_t)rd_u8(&r) * 4 * US_PER_MS;
        size_t         len = rd_u8(&r), left = rd_left(&r);
        const uint8_t *bytes = rd_bytes(&r, len = len < left ? len : left);
        pass(&receiver, now, until);
        now = until;
        if (rtp_is_rtcp(bytes, len))
            rtc_receiver_take_rtcp(&receiver, now, bytes, len);
        else
            rtc_receiver_take_rtp(&receiver, now, bytes, len);
    }
    pass(&receiver, now, now + 2 * US_PER_SECOND);
    rtc_receiver_finish(&receiver);
    return 0;
}
