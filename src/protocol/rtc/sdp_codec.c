#include "protocol/rtc/sdp_codec.h"

#include <string.h>

#include "core/attr.h"
#include "core/hex.h"

static const struct row {
    enum codec  codec;
    const char *name;
    uint32_t    clock_hz;
    uint8_t     channels;
} rows[] = {
    { CODEC_H264, "H264", 90000, 1 }, { CODEC_HEVC, "H265", 90000, 1 }, { CODEC_AV1, "AV1", 90000, 1 },
    { CODEC_VP8, "VP8", 90000, 1 },   { CODEC_VP9, "VP9", 90000, 1 },   { CODEC_OPUS, "opus", 48000, 2 },
    { CODEC_PCMA, "PCMA", 8000, 1 },  { CODEC_PCMU, "PCMU", 8000, 1 },
};

enum codec sdp_codec_find(struct sdp_text name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sdp_is(name, rows[i].name))
            return rows[i].codec;
    return CODEC_NONE;
}

static const struct row *row_of(enum codec codec)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].codec == codec)
            return &rows[i];
    return NULL;
}

const char *sdp_codec_encoding(enum codec codec)
{
    const struct row *row = row_of(codec);
    return row ? row->name : NULL;
}

uint32_t sdp_codec_clock(enum codec codec, uint8_t *channels)
{
    const struct row *row = row_of(codec);
    *channels = row ? row->channels : 0;
    return row ? row->clock_hz : 0;
}

uint32_t sdp_h264_profile(const struct sdp_format *f)
{
    uint8_t         b[3];
    struct sdp_text text = sdp_parameter(f->fmtp, "profile-level-id");
    if (text.len != 2 * sizeof b || !hex_decode(text.at, b, sizeof b))
        return H264_PROFILE_DEFAULT;
    return (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
}

/* Points of a format, 0: impossible. Packetization mode 1 decides: mode 0 has no place for NAL units longer than a packet. Next is the
 * profile of the stream, and whether it is constrained in the same way. */
static int judge_h264(const struct sdp_format *f, uint32_t wanted)
{
    uint32_t mode = sdp_parameter_number(f->fmtp, "packetization-mode", 0);
    uint32_t have = sdp_h264_profile(f);
    if (mode > 1)
        return 0;
    return 1 + (mode == 1 ? 4 : 0) + (wanted && have >> 16 == wanted >> 16 ? 2 : 0) +
           (wanted && ((have ^ wanted) & 0xff4000) == 0 ? 1 : 0);
}

/* Main (1) is what nearly all streams are; Main 10 (2) decoders take both. Several RTP streams for one picture are not served. */
static int judge_hevc(const struct sdp_format *f)
{
    uint32_t        profile = sdp_parameter_number(f->fmtp, "profile-id", 1);
    struct sdp_text tx_mode = sdp_parameter(f->fmtp, "tx-mode");
    if (tx_mode.at && !sdp_is(tx_mode, "SRST"))
        return 0;
    return profile == 1 ? 2 : profile == 2 ? 1 : 0;
}

static int judge(const struct sdp_format *f, enum codec codec, uint32_t h264_profile)
{
    switch (codec) {
    case CODEC_H264: return judge_h264(f, h264_profile);
    case CODEC_HEVC: return judge_hevc(f);
    case CODEC_VP9: return sdp_parameter_number(f->fmtp, "profile-id", 0) == 0;
    case CODEC_AV1: return sdp_parameter_number(f->fmtp, "profile", 0) == 0;
    default: return 1;
    }
}

const struct sdp_format *sdp_codec_format(const struct sdp_media *m, enum codec codec, uint32_t h264_profile)
{
    const struct row        *row = row_of(codec);
    const struct sdp_format *best = NULL;
    int                      best_points = 0;
    for (size_t i = 0; row && i < m->n_formats; i++) {
        const struct sdp_format *f = &m->formats[i];
        if (!sdp_is(f->name, row->name) || f->clock_hz != row->clock_hz || f->channels != row->channels)
            continue;
        int points = judge(f, codec, h264_profile);
        if (points > best_points) {
            best = f;
            best_points = points;
        }
    }
    return best;
}

/* "111/111": the types of the blocks. Where they differ, the first one is that of the sound itself. */
static bool repeats(const struct sdp_format *red, const struct sdp_format *of)
{
    struct sdp_text rest = red->fmtp;
    uint32_t        pt = 0;
    return sdp_number(sdp_cut(&rest, '/'), UINT8_MAX, &pt) && pt == of->pt;
}

const struct sdp_format *sdp_red_format(const struct sdp_media *m, const struct sdp_format *of)
{
    for (size_t i = 0; i < m->n_formats; i++) {
        const struct sdp_format *f = &m->formats[i];
        if (sdp_is(f->name, "red") && f->clock_hz == of->clock_hz && f->channels == of->channels && f->pt != 0 &&
            repeats(f, of))
            return f;
    }
    return NULL;
}

const struct sdp_format *sdp_rtx_format(const struct sdp_media *m, const struct sdp_format *of)
{
    for (size_t i = 0; i < m->n_formats; i++) {
        const struct sdp_format *f = &m->formats[i];
        uint32_t                 apt = 0;
        if (sdp_is(f->name, "rtx") && f->clock_hz == of->clock_hz && f->pt != 0 &&
            sdp_number(sdp_parameter(f->fmtp, "apt"), UINT8_MAX, &apt) && apt == of->pt)
            return f;
    }
    return NULL;
}
