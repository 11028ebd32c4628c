#include "kernel/ts/payload.h"

#include "kernel/opus.h"
#include "kernel/parameter_sets.h"

static const uint8_t *media(const struct frame *f)
{
    return f->data + f->media_offset;
}

/* ---- video ---- */

static void put_nalu(struct ts_pes *pes, struct nalu nalu)
{
    static const uint8_t start_code[] = { 0, 0, 0, 1 };
    ts_pes_put(pes, start_code, sizeof start_code);
    ts_pes_put(pes, nalu.p, nalu.len);
}

enum { HAS_SPS = 1, HAS_PPS = 2, HAS_VPS = 4 };

struct picture {
    bool     delimited;  /* The picture begins with an access unit delimiter. */
    unsigned sets;       /* parameter sets in the picture: HAS_… */
    unsigned hevc_layer; /* second byte of the first NAL unit */
    size_t   n_nalus;
};

static unsigned avc_set(struct nalu nalu)
{
    switch (avc_nalu_type(nalu)) {
    case AVC_NALU_SPS: return HAS_SPS;
    case AVC_NALU_PPS: return HAS_PPS;
    default: return 0;
    }
}

static unsigned hevc_set(struct nalu nalu)
{
    switch (hevc_nalu_type(nalu)) {
    case HEVC_NALU_VPS: return HAS_VPS;
    case HEVC_NALU_SPS: return HAS_SPS;
    case HEVC_NALU_PPS: return HAS_PPS;
    default: return 0;
    }
}

static bool look_at(const struct frame *f, unsigned length_size, struct picture *picture)
{
    bool        hevc = f->codec == CODEC_HEVC;
    struct rd   r = rd_over(media(f), f->media_len);
    struct nalu nalu;
    *picture = (struct picture){ .hevc_layer = 1 };
    while (nalu_next_avcc(&r, length_size, &nalu)) {
        if (picture->n_nalus++ == 0) {
            picture->delimited = parameter_sets_follow(f->codec, nalu);
            if (nalu.len >= 2)
                picture->hevc_layer = nalu.p[1];
        }
        picture->sets |= hevc ? hevc_set(nalu) : avc_set(nalu);
    }
    return picture->n_nalus; /* Bytes after the NAL units are padding, or a NAL unit that was cut. */
}

/* Put a delimiter that allows all slice types: primary_pic_type 7, pic_type 2. For HEVC it is in the temporal layer of the
 * picture (H.265 7.4.2.2). */
static void put_delimiter(struct ts_pes *pes, bool hevc, const struct picture *picture)
{
    uint8_t avc_aud[] = { AVC_NALU_AUD, 0xF0 };
    uint8_t hevc_aud[] = { HEVC_NALU_AUD << 1, (uint8_t)(picture->hevc_layer & 7), 0x50 };
    put_nalu(pes, hevc ? (struct nalu){ hevc_aud, sizeof hevc_aud } : (struct nalu){ avc_aud, sizeof avc_aud });
}

static void put_missing_sets(struct ts_pes *pes, const struct frame *f, const struct frame *config,
                             const struct picture *picture)
{
    unsigned              wanted = f->codec == CODEC_HEVC ? HAS_VPS | HAS_SPS | HAS_PPS : HAS_SPS | HAS_PPS;
    struct parameter_sets sets;
    struct nalu           nalu;
    if (!f->key || picture->sets == wanted || !parameter_sets_open(&sets, config))
        return;
    while (parameter_sets_next(&sets, &nalu))
        put_nalu(pes, nalu);
}

bool ts_payload_put_video(struct ts_pes *pes, const struct frame *f, const struct frame *config, unsigned length_size)
{
    struct picture picture;
    struct nalu    nalu;
    if (!look_at(f, length_size, &picture))
        return false;
    struct rd r = rd_over(media(f), f->media_len);
    if (!picture.delimited)
        put_delimiter(pes, f->codec == CODEC_HEVC, &picture);
    else if (nalu_next_avcc(&r, length_size, &nalu))
        put_nalu(pes, nalu);
    put_missing_sets(pes, f, config, &picture);
    while (nalu_next_avcc(&r, length_size, &nalu))
        put_nalu(pes, nalu);
    return true;
}

unsigned ts_payload_length_size(const struct frame *config)
{
    struct parameter_sets sets;
    return parameter_sets_open(&sets, config) ? sets.length_size : 0;
}

/* ---- audio ---- */

static bool put_adts(struct ts_pes *pes, const struct aac_config *aac, size_t raw_len)
{
    uint8_t   header[AAC_ADTS_HEADER_LEN];
    struct wr w = wr_over(header, sizeof header);
    if (!aac_write_adts(&w, aac, raw_len))
        return false;
    ts_pes_put(pes, header, sizeof header);
    return true;
}

/* Put an opus_control_header without trimming and extension. The size is the sum of several bytes; all but the last are 255. */
static void put_opus_header(struct ts_pes *pes, size_t len)
{
    static const uint8_t prefix[] = { 0x7F, 0xE0 };
    ts_pes_put(pes, prefix, sizeof prefix);
    for (;; len -= 255) {
        uint8_t part = (uint8_t)(len < 255 ? len : 255);
        ts_pes_put(pes, &part, 1);
        if (part < 255)
            return;
    }
}

bool ts_payload_put_audio(struct ts_pes *pes, const struct frame *f, const struct aac_config *aac)
{
    if (f->codec == CODEC_AAC && !put_adts(pes, aac, f->media_len))
        return false;
    if (f->codec == CODEC_OPUS)
        put_opus_header(pes, f->media_len);
    ts_pes_put(pes, media(f), f->media_len);
    return true;
}

/* True if an OpusHead of mapping family 1 has the layout that the codes 1 to 8 imply (RFC 7845 5.1.1.2), coupled pairs first. */
static bool is_vorbis_layout(const uint8_t *head, size_t len)
{
    enum { OFFSET = 19 }; /* place of the stream count in the OpusHead */
    static const uint8_t streams[9] = { 0, 1, 1, 2, 2, 3, 4, 4, 5 };
    static const uint8_t coupled[9] = { 0, 0, 1, 1, 2, 2, 2, 3, 3 };
    static const uint8_t mapping[9][8] = {
        { 0 },
        { 0 },
        { 0, 1 },
        { 0, 2, 1 },
        { 0, 1, 2, 3 },
        { 0, 4, 1, 2, 3 },
        { 0, 4, 1, 2, 3, 5 },
        { 0, 4, 1, 2, 3, 5, 6 },
        { 0, 6, 1, 2, 3, 4, 5, 7 },
    };
    struct rd      r = rd_over(head, len);
    const uint8_t *fixed = rd_bytes(&r, OFFSET);
    uint8_t        n = fixed ? fixed[9] : 0; /* channels */
    uint8_t        n_streams = rd_u8(&r), n_coupled = rd_u8(&r);
    const uint8_t *map = rd_bytes(&r, n);
    return map && n >= 1 && n <= 8 && n_streams == streams[n] && n_coupled == coupled[n] &&
           memcmp(map, mapping[n], n) == 0;
}

uint8_t ts_payload_opus_channels(const struct frame *config)
{
    enum { STEREO = 2 };
    struct opus_head head;
    if (config->media_len == 0) /* Enhanced RTMP: mono or stereo by default */
        return STEREO;
    if (!opus_head_parse(media(config), config->media_len, &head))
        return 0;
    if (head.mapping_family == 0)
        return head.channels;
    return head.mapping_family == 1 && is_vorbis_layout(media(config), config->media_len) ? head.channels : 0;
}
