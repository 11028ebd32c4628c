/**
 * A WebRTC viewer without a network, for tests: the packets that it was sent, read again.
 */
#ifndef TEST_UNIT_APP_RTC_VIEWER_H
#define TEST_UNIT_APP_RTC_VIEWER_H

#include "app/rtc/playing.h"
#include "app/source/fixture.h"
#include "kernel/nalu_form.h"
#include "protocol/rtc/rtp.h"

enum {
    VIDEO_SSRC = 0x1111,
    VIDEO_RTX_SSRC = 0x2222,
    AUDIO_SSRC = 0x3333,
    VIDEO_PT = 102,
    RTX_PT = 103,
    AUDIO_PT = 111
};
enum { GOT_MAX = 8192 };

struct got {
    uint8_t           bytes[RTC_PACKET_CAP];
    size_t            len;
    struct rtp_packet rtp;
};

struct viewer {
    struct rtc_playing playing;
    struct got        *got;
    size_t             n_got;
    uint8_t            reports[2][RTC_PACKET_CAP]; /* the last two compounds of RTCP */
    size_t             reports_len[2];
    int                n_reports;
    bool               is_full; /* It takes no packet. */
};

static const struct rtc_track_agreed video_track = { .active = true,
                                                     .kind = FRAME_VIDEO,
                                                     .codec = CODEC_H264,
                                                     .pt = VIDEO_PT,
                                                     .rtx_pt = RTX_PT,
                                                     .clock_hz = 90000,
                                                     .ext_twcc = 3,
                                                     .ssrc = VIDEO_SSRC,
                                                     .rtx_ssrc = VIDEO_RTX_SSRC,
                                                     .nack = true,
                                                     .pli = true };
static const struct rtc_track_agreed audio_track = { .active = true,
                                                     .kind = FRAME_AUDIO,
                                                     .codec = CODEC_OPUS,
                                                     .pt = AUDIO_PT,
                                                     .clock_hz = 48000,
                                                     .channels = 2,
                                                     .ext_twcc = 3,
                                                     .ssrc = AUDIO_SSRC };

static inline bool viewer_rtp(void *arg, uint8_t *bytes, size_t len)
{
    struct viewer *v = arg;
    assert_true(len + 20 <= RTC_PACKET_CAP); /* room for the tag of SRTP */
    if (v->is_full)
        return false;
    assert_in_range(v->n_got, 0, GOT_MAX - 1);
    struct got *g = &v->got[v->n_got++];
    memcpy(g->bytes, bytes, len);
    g->len = len;
    assert_true(rtp_parse(&g->rtp, g->bytes, len));
    return true;
}

static inline bool viewer_rtcp(void *arg, uint8_t *bytes, size_t len)
{
    struct viewer *v = arg;
    assert_true(len + 20 <= RTC_PACKET_CAP);
    memcpy(v->reports[v->n_reports % 2], bytes, len);
    v->reports_len[v->n_reports++ % 2] = len;
    return true;
}

static inline void viewer_init(struct viewer *v)
{
    *v = (struct viewer){ .got = calloc(GOT_MAX, sizeof *v->got) };
    assert_non_null(v->got);
}

static inline struct rtc_outlet viewer_outlet(struct viewer *v)
{
    return (struct rtc_outlet){ .rtp = viewer_rtp, .rtcp = viewer_rtcp, .arg = v };
}

static inline void viewer_free(struct viewer *v)
{
    free(v->got);
    v->got = NULL;
}

/** Make an access unit with one NAL unit of this head and length. */
static inline struct frame *picture_of(uint8_t head, size_t len, int64_t dts_ms, int64_t pts_ms)
{
    struct frame *f = frame_new(4 + len);
    assert_non_null(f);
    f->kind = FRAME_VIDEO;
    f->codec = CODEC_H264;
    f->key = f->idr = (head & 0x1f) == 5;
    f->nalu_form = NALU_LENGTHS_4;
    f->dts_us = dts_ms * US_PER_MS;
    f->pts_us = pts_ms * US_PER_MS;
    f->len = f->media_len = (uint32_t)(4 + len);
    struct wr w = wr_over(f->data, f->cap);
    wr_u32(&w, (uint32_t)len);
    wr_u8(&w, head);
    for (size_t i = 1; i < len; i++)
        wr_u8(&w, (uint8_t)(i % 250 + 1));
    return f;
}

static inline struct frame *sound_of(enum codec codec, int64_t ms)
{
    struct frame *f = frame_new(40);
    assert_non_null(f);
    f->kind = FRAME_AUDIO;
    f->codec = (uint8_t)codec;
    f->dts_us = f->pts_us = ms * US_PER_MS;
    f->len = f->media_len = 40;
    memset(f->data, 0xfc, 40);
    return f;
}

static inline void put(struct source *s, struct frame *f)
{
    f->arrived_us = now_us();
    assert_null(source_append(s, f));
    frame_unref(&f);
}

#endif
