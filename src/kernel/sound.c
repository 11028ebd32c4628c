#include "kernel/sound.h"

#include "kernel/aac.h"
#include "kernel/ac3.h"
#include "kernel/mp3.h"

static bool read_adts(const uint8_t *bytes, size_t len, struct sound *s)
{
    struct aac_adts adts;
    if (!aac_adts_parse_header(bytes, len, &adts))
        return false;
    *s = (struct sound){ adts.header_len, adts.frame_len - adts.header_len, AAC_FRAME_LEN, aac_rate(adts.rate_index) };
    return true;
}

static bool read_mp3(const uint8_t *bytes, size_t len, struct sound *s)
{
    struct mp3_header h;
    if (!mp3_header_parse(bytes, len, &h))
        return false;
    *s = (struct sound){ 0, h.frame_len ? h.frame_len : len, h.samples, h.sample_rate };
    return true;
}

/* Read a syncframe, together with those that depend on it. */
static bool read_ac3(const uint8_t *bytes, size_t len, struct sound *s)
{
    struct ac3_header h, next;
    if (!ac3_header_parse(bytes, len, &h))
        return false;
    *s = (struct sound){ 0, h.frame_len, h.samples, h.sample_rate };
    while (s->len < len && ac3_header_parse(bytes + s->len, len - s->len, &next) && next.is_dependent &&
           next.frame_len <= len - s->len)
        s->len += next.frame_len;
    return true;
}

static bool read_header(enum codec codec, const uint8_t *bytes, size_t len, struct sound *s)
{
    switch (codec) {
    case CODEC_AAC: return read_adts(bytes, len, s);
    case CODEC_MP3: return read_mp3(bytes, len, s);
    case CODEC_AC3:
    case CODEC_EAC3: return read_ac3(bytes, len, s);
    default: return false;
    }
}

enum sound_next sound_next(enum codec codec, const uint8_t *bytes, size_t len, struct sound *s)
{
    *s = (struct sound){ 0 };
    if (!read_header(codec, bytes, len, s))
        return len < SOUND_HEADER_MAX ? SOUND_CUT : SOUND_BAD;
    return s->skip + s->len <= len ? SOUND_FRAME : SOUND_CUT;
}
