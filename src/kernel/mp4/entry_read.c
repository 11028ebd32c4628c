#include "kernel/mp4/entry_read.h"

#include <string.h>

#include "core/attr.h"
#include "kernel/mp4/box_read.h"
#include "kernel/mp4/esds.h"

/* A descriptor of MPEG-4 systems: its tag, and a size in one to four bytes of seven bits. */
static bool next_descriptor(struct rd *r, uint8_t *tag, struct rd *body)
{
    enum { SIZE_BYTES_MAX = 4 };
    uint32_t len = 0;
    *tag = rd_u8(r);
    for (int i = 0; i < SIZE_BYTES_MAX; i++) {
        uint8_t byte = rd_u8(r);
        len = len << 7 | (byte & 0x7f);
        if (!(byte & 0x80))
            break;
    }
    const uint8_t *p = rd_bytes(r, len);
    if (p)
        *body = rd_over(p, len);
    return p != NULL;
}

static bool find_descriptor(struct rd r, uint8_t wanted, struct rd *body)
{
    uint8_t tag;
    while (rd_left(&r) && next_descriptor(&r, &tag, body))
        if (tag == wanted)
            return true;
    return false;
}

/* The descriptor of the decoder, whose type tells AAC from MP3. */
static bool read_esds(struct rd esds, struct mp4_entry *e)
{
    enum { ES_DESCR = 3, DECODER_CONFIG = 4, DECODER_SPECIFIC = 5 };
    enum { HAS_DEPENDENCE = 0x80, HAS_URL = 0x40, HAS_OCR = 0x20 };
    struct rd es, decoder, specific;
    rd_bytes(&esds, 4); /* version, flags */
    if (!find_descriptor(esds, ES_DESCR, &es))
        return false;
    rd_u16(&es);
    uint8_t flags = rd_u8(&es);
    rd_bytes(&es, (flags & HAS_DEPENDENCE ? 2 : 0) + (flags & HAS_OCR ? 2 : 0));
    if (es.bad || (flags & HAS_URL) || !find_descriptor(es, DECODER_CONFIG, &decoder))
        return false;
    uint8_t type = rd_u8(&decoder);
    rd_bytes(&decoder, 12);
    if (type == MP4_ESDS_MPEG1_AUDIO || type == MP4_ESDS_MPEG2_AUDIO) {
        e->codec = CODEC_MP3;
        return !decoder.bad;
    }
    if (decoder.bad || type != MP4_ESDS_AAC || !find_descriptor(decoder, DECODER_SPECIFIC, &specific))
        return false;
    e->codec = CODEC_AAC;
    e->config = specific.p;
    e->config_len = rd_left(&specific);
    return e->config_len > 0;
}

static bool read_sound(struct rd r, const char *config_box, struct mp4_entry *e)
{
    struct mp4_box config;
    uint16_t       version = rd_u16(&r); /* of QuickTime, whose others have more fields */
    rd_bytes(&r, 6);
    e->channels = (uint8_t)rd_u16(&r);
    rd_bytes(&r, 10); /* samplesize, samplerate, what is between them */
    if (r.bad || version != 0)
        return false;
    return !*config_box || (mp4_box_find(r, config_box, &config) && read_esds(config.body, e));
}

static bool read_video(struct rd r, const char *config_box, struct mp4_entry *e)
{
    struct mp4_box config;
    rd_bytes(&r, 16);
    e->width = rd_u16(&r);
    e->height = rd_u16(&r);
    rd_bytes(&r, 50); /* resolution, compressorname, depth */
    if (r.bad || !mp4_box_find(r, config_box, &config))
        return false;
    e->config = config.body.p;
    e->config_len = rd_left(&config.body);
    return e->config_len > 0;
}

bool mp4_entry_read(struct rd entry, struct mp4_entry *e)
{
    static const struct {
        char       type[5], config[5];
        enum codec codec;
    } known[] = {
        { "avc1", "avcC", CODEC_H264 }, { "avc3", "avcC", CODEC_H264 }, { "hvc1", "hvcC", CODEC_HEVC },
        { "hev1", "hvcC", CODEC_HEVC }, { "av01", "av1C", CODEC_AV1 },  { "mp4a", "esds", CODEC_AAC },
        { "Opus", "", CODEC_OPUS },     { "ac-3", "", CODEC_AC3 },      { "ec-3", "", CODEC_EAC3 },
    };
    struct mp4_box b;
    *e = (struct mp4_entry){ 0 };
    if (!mp4_box_next(&entry, &b))
        return false;
    rd_bytes(&b.body, 8); /* reserved, data_reference_index */
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        e->codec = known[i].codec;
        if (mp4_box_is(&b, known[i].type))
            return codec_kind(e->codec) == FRAME_VIDEO ? read_video(b.body, known[i].config, e)
                                                       : read_sound(b.body, known[i].config, e);
    }
    return false;
}
