/**
 * Frames of H.264 and AAC of any length, as a publisher would send them.
 */
#ifndef TEST_APP_LIVE_MEDIA_H
#define TEST_APP_LIVE_MEDIA_H

#include <cmocka.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/wr.h"
#include "kernel/flv_frame.h"

enum media { VIDEO_CONFIG, AUDIO_CONFIG, KEY, INTER, AUDIO };

/** A parsed frame with `len` bytes of picture or sound, one reference. */
static inline struct frame *media_frame(enum media what, uint32_t len, int64_t ms)
{
    static const uint8_t avc[] = { 0x17, 0,    0,    0,    0,    0x01, 0x42, 0xc0, 0x0b, 0xff, 0xe1,
                                   0x00, 0x18, 0x67, 0x42, 0xc0, 0x0b, 0xda, 0x0a, 0x11, 0xf9, 0x70,
                                   0x11, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x32,
                                   0x0f, 0x14, 0x2a, 0xa0, 0x01, 0x00, 0x04, 0x68, 0xce, 0x0f, 0xc8 };
    static const uint8_t aac[] = { 0xaf, 0, 0x12, 0x10 };
    bool                 is_audio = what == AUDIO_CONFIG || what == AUDIO;
    struct frame        *f = frame_new(64 + len);
    assert_non_null(f);
    struct wr w = wr_over(f->data, 64 + len);
    if (what == VIDEO_CONFIG)
        wr_bytes(&w, avc, sizeof avc);
    if (what == AUDIO_CONFIG)
        wr_bytes(&w, aac, sizeof aac);
    if (what == AUDIO)
        wr_u16(&w, 0xaf01);
    if (what == KEY || what == INTER) {
        wr_u8(&w, what == KEY ? 0x17 : 0x27);
        wr_u32(&w, 0x01000028); /* shown 40 ms later */
        wr_u32(&w, 1 + len);
        wr_u8(&w, what == KEY ? 0x65 : 0x41);
    }
    for (uint32_t i = 0; what >= KEY && i < len; i++)
        wr_u8(&w, (uint8_t)(i * 5 + 3));
    f->kind = is_audio ? FRAME_AUDIO : FRAME_VIDEO;
    f->len = (uint32_t)wr_len(&w);
    f->dts_us = ms * US_PER_MS;
    assert_int_equal(flv_frame_parse(f, NULL), FLV_PARSE_OK);
    return f;
}

#endif
