/**
 * Media of a publisher, made from a script of bytes: mostly valid, so that players get something, with mistakes where the
 * script asks for them.
 */
#ifndef TEST_FUZZ_MEDIA_SCRIPT_H
#define TEST_FUZZ_MEDIA_SCRIPT_H

#include "core/rd.h"
#include "core/wr.h"
#include "kernel/flv.h"

/* The longest body of one message. */
enum { MEDIA_SCRIPT_MAX = 64 << 10 };

static const uint8_t media_script_avcc[] = { 1,    0x64, 0,    0x1e, 0xff, 0xe1, 0,    24,   0x67, 0x64, 0,
                                             0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x61, 0,    0,    3,
                                             0,    1,    0,    0,    3,    0,    0x3c, 0x0f, 0x16, 0x2d, 1,
                                             0,    6,    0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0 };

/* Copy some bytes of the script. */
static inline void media_script_noise(struct rd *script, struct wr *w, unsigned n)
{
    while (n--)
        wr_u8(w, rd_u8(script));
}

static inline void media_script_fill(struct wr *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        wr_u8(w, (uint8_t)(i * 7 + 1));
}

/* Write the composition time, which may be negative, and a NAL unit with its length. */
static inline void media_script_picture(struct rd *script, struct wr *w, bool key, size_t len)
{
    uint8_t shown = rd_u8(script);
    int32_t cts = shown < 0x80 ? shown : shown < 0xf0 ? 0x80 - shown : (int32_t)(rd_u24(script) << 8) / 256;
    wr_u8(w, key ? 0x17 : 0x27);
    wr_u8(w, 1);
    wr_u24(w, (uint32_t)cts & 0xffffff);
    wr_u32(w, (uint32_t)len + 1);
    wr_u8(w, key ? 0x65 : 0x41);
    media_script_fill(w, len);
}

static inline void media_script_avc_config(struct rd *script, struct wr *w, uint8_t more)
{
    wr_bytes(w, "\x17\0\0\0\0", 5);
    uint8_t *record = w->p;
    wr_bytes(w, media_script_avcc, sizeof media_script_avcc);
    if (more & 1)
        record[rd_u8(script) % sizeof media_script_avcc] ^= rd_u8(script);
}

/* Write a body of enhanced RTMP with any packet type, sometimes of several tracks. */
static inline void media_script_enhanced(struct rd *script, struct wr *w, bool video, uint8_t more)
{
    static const char *const pictures[] = { "avc1", "hvc1", "av01", "vp09" };
    static const char *const sounds[] = { "Opus", "fLaC", "ac-3", ".mp3" };
    wr_u8(w, (uint8_t)(0x90 | (more & 7)));
    if ((more & 7) == 6 || (video && (more & 7) == 6))
        wr_u8(w, rd_u8(script) & 0x13);
    wr_bytes(w, (video ? pictures : sounds)[more >> 3 & 3], 4);
    media_script_noise(script, w, rd_u8(script) % 48);
}

static inline void media_script_opus_config(struct wr *w, uint8_t more)
{
    wr_bytes(w, "\x90OpusOpusHead\1", 14);
    wr_u8(w, more & 7);
    wr_bytes(w, "\0\0\x80\xbb\0\0\0\0", 8);
    wr_u8(w, more >> 7);
}

/* Write the header of an MPEG audio frame, with any layer and rate if the script asks for it. */
static inline void media_script_mp3(struct rd *script, struct wr *w, uint8_t more)
{
    wr_bytes(w, "\x2f\xff", 2);
    wr_u8(w, more & 1 ? rd_u8(script) : 0xfb);
    wr_u8(w, more & 2 ? rd_u8(script) : 0x90);
    wr_u8(w, 0x64);
    media_script_fill(w, more & 0x7c);
}

/** Write the body of the next media message and return its kind. `w` has room for MEDIA_SCRIPT_MAX bytes. */
static inline enum flv_tag_type media_script_next(struct rd *script, struct wr *w)
{
    uint8_t what = rd_u8(script), more = rd_u8(script);
    size_t  len = more & 0x80 ? (size_t)(more & 0x7f) * 400 : more;
    switch (what % 16) {
    case 0: media_script_avc_config(script, w, more); return FLV_VIDEO;
    case 1: media_script_picture(script, w, true, len); return FLV_VIDEO;
    case 2:
    case 3: media_script_picture(script, w, false, len); return FLV_VIDEO;
    case 4:
        wr_bytes(w, "\xaf\0", 2);
        wr_u16(w, more & 1 ? rd_u16(script) : 0x1210);
        return FLV_AUDIO;
    case 5:
    case 6:
        wr_bytes(w, "\xaf\1", 2);
        media_script_fill(w, len);
        return FLV_AUDIO;
    case 7: media_script_mp3(script, w, more); return FLV_AUDIO;
    case 8: media_script_enhanced(script, w, true, more); return FLV_VIDEO;
    case 9: media_script_enhanced(script, w, false, more); return FLV_AUDIO;
    case 10: media_script_opus_config(w, more); return FLV_AUDIO;
    case 11:
        wr_bytes(w, "\x91Opus", 5);
        media_script_fill(w, len % 1500);
        return FLV_AUDIO;
    case 12: /* HEVC with its old codec id, of any bytes */
        wr_u8(w, more & 0x80 ? 0x2c : 0x1c);
        wr_u8(w, more & 1);
        media_script_noise(script, w, 3u + (more & 63));
        return FLV_VIDEO;
    case 13: wr_bytes(w, more & 1 ? "\x17\2\0\0\0" : "\x27\1\0\0\0", 5); return FLV_VIDEO;
    case 14: media_script_noise(script, w, 1 + more % 24); return FLV_AUDIO;
    default: media_script_noise(script, w, 1 + more % 24); return FLV_VIDEO;
    }
}

/** The time of the next message: mostly a little later, sometimes anywhere. */
static inline uint32_t media_script_time(struct rd *script, uint32_t ms)
{
    uint8_t step = rd_u8(script);
    if (step < 0xe0)
        return ms + step % 48;
    if (step < 0xf0)
        return ms - (step & 15);
    if (step < 0xf8)
        return ms + 100 * (step & 7);
    return ms + (uint32_t)(int16_t)rd_u16(script) * (step & 1 ? 1000 : 1);
}

#endif
