#include "kernel/mp4/sample_entry.h"

#include "core/attr.h"
#include "kernel/aac.h"
#include "kernel/ac3.h"
#include "kernel/av1.h"
#include "kernel/flac.h"
#include "kernel/media_info.h"
#include "kernel/mp3.h"
#include "kernel/mp4/ac3_box.h"
#include "kernel/mp4/box.h"
#include "kernel/mp4/esds.h"
#include "kernel/mp4/in_band.h"
#include "kernel/opus.h"
#include "kernel/vp9.h"

enum { RATE_90K = 90000 };

enum {
    VISUAL_LEN = 8 + 70, /* 12.1.3: SampleEntry and VisualSampleEntry */
    AUDIO_LEN = 8 + 20,
};

static const uint8_t *record(const struct mp4_sample_entry *e)
{
    return e->config->data + e->config->media_offset;
}

static size_t record_len(const struct mp4_sample_entry *e)
{
    return e->config->media_len;
}

/* ---- AVC, HEVC, AV1: the box holds the record as it was received ---- */

static size_t record_box_len(const struct mp4_sample_entry *e)
{
    return record_len(e);
}

static void write_record(const struct mp4_sample_entry *e, struct wr *w)
{
    if (e->in_band)
        mp4_in_band_write_record(e->config, w);
    else
        wr_bytes(w, record(e), record_len(e));
}

/* RFC 6381 3.3: profile_idc, constraint flags and level_idc, in hex */
static void avc_codecs(const struct mp4_sample_entry *e, struct str *s)
{
    const uint8_t *r = record(e);
    str_printf(s, "avc1.%02x%02x%02x", r[1], r[2], r[3]);
}

/* 14496-15 Annex E.3: compatibility flags in reverse bit order; constraint bytes without the zeros that trail them */
static void hevc_codecs(const struct mp4_sample_entry *e, struct str *s)
{
    enum { PROFILE_AT = 1, COMPATIBILITY_AT = 2, CONSTRAINTS_AT = 6, LEVEL_AT = 12 };
    static const char *const spaces[] = { "", "A", "B", "C" };
    const uint8_t           *r = record(e);
    uint32_t                 reversed = 0;
    unsigned                 end = LEVEL_AT;
    for (unsigned i = 0; i < 32; i++)
        reversed |= (uint32_t)(r[COMPATIBILITY_AT + i / 8] >> (7 - i % 8) & 1) << i;
    str_printf(s, "hvc1.%s%u.%x.%c%u", spaces[r[PROFILE_AT] >> 6], r[PROFILE_AT] & 31u, (unsigned)reversed,
               r[PROFILE_AT] & 0x20 ? 'H' : 'L', r[LEVEL_AT]);
    while (end > CONSTRAINTS_AT && r[end - 1] == 0)
        end--;
    for (unsigned i = CONSTRAINTS_AT; i < end; i++)
        str_printf(s, ".%x", r[i]);
}

/* AV1 in ISOBMFF 5: profile, level and tier, depth */
static void av1_codecs(const struct mp4_sample_entry *e, struct str *s)
{
    struct av1_config config;
    if (av1_config_parse(record(e), record_len(e), &config))
        str_printf(s, "av01.%u.%02u%c.%02u", config.profile, config.level_idx, config.tier ? 'H' : 'M',
                   config.bit_depth);
}

/* ---- VP9 ---- */

static size_t vpcc_len(const struct mp4_sample_entry *e)
{
    (void)e;
    return VP9_CONFIG_LEN;
}

static void write_vpcc(const struct mp4_sample_entry *e, struct wr *w)
{
    struct vp9_config c;
    if (vp9_config_parse(record(e), record_len(e), &c))
        vp9_config_write(w, &c);
}

static void vp9_codecs(const struct mp4_sample_entry *e, struct str *s)
{
    enum { LEVEL_GUESS = 41 }; /* Browsers do not accept level 0. This one allows 1080p at 60. */
    struct vp9_config c;
    if (vp9_config_parse(record(e), record_len(e), &c))
        str_printf(s, "vp09.%02u.%02u.%02u", c.profile, c.level ? c.level : LEVEL_GUESS, c.bit_depth);
}

/* ---- AAC, MP3 ---- */

static uint8_t object_type_indication(const struct mp4_sample_entry *e)
{
    struct mp3_header h;
    if (e->config->codec == CODEC_AAC)
        return MP4_ESDS_AAC;
    return mp3_header_parse(record(e), record_len(e), &h) && h.lsf ? MP4_ESDS_MPEG2_AUDIO : MP4_ESDS_MPEG1_AUDIO;
}

static struct mp4_esds esds_of(const struct mp4_sample_entry *e)
{
    bool has_config = e->config->codec == CODEC_AAC;
    return (struct mp4_esds){ object_type_indication(e), has_config ? record(e) : NULL,
                              has_config ? record_len(e) : 0 };
}

static size_t esds_len(const struct mp4_sample_entry *e)
{
    struct mp4_esds esds = esds_of(e);
    return mp4_esds_len(&esds);
}

static void write_esds(const struct mp4_sample_entry *e, struct wr *w)
{
    struct mp4_esds esds = esds_of(e);
    mp4_esds_write(w, &esds);
}

static void aac_codecs(const struct mp4_sample_entry *e, struct str *s)
{
    struct aac_config c;
    if (!aac_config_parse(record(e), record_len(e), &c))
        return;
    unsigned sbr_or_core = c.sbr ? AAC_SBR : c.object_type;
    str_printf(s, "mp4a.%x.%u", MP4_ESDS_AAC, c.ps ? AAC_PS : sbr_or_core);
}

static void mp3_codecs(const struct mp4_sample_entry *e, struct str *s)
{
    str_printf(s, "mp4a.%X", object_type_indication(e));
}

static uint32_t samples_90k(uint64_t samples, uint32_t rate)
{
    return rate ? (uint32_t)((samples * RATE_90K + rate / 2) / rate) : 0;
}

static void set_samples(struct mp4_sample_entry *e, uint32_t samples)
{
    e->samples = samples;
    e->duration_90k = samples_90k(samples, e->sample_rate);
}

static void aac_read(struct mp4_sample_entry *e)
{
    struct aac_config c;
    if (aac_config_parse(record(e), record_len(e), &c))
        set_samples(e, c.core_rate ? (uint32_t)((uint64_t)c.frame_len * c.sample_rate / c.core_rate) : 0);
}

static void mp3_read(struct mp4_sample_entry *e)
{
    struct mp3_header h;
    if (mp3_header_parse(record(e), record_len(e), &h))
        set_samples(e, h.samples);
}

static bool mp3_differs(const struct mp4_sample_entry *e, const struct frame *f)
{
    struct mp3_header was, is;
    return mp3_header_parse(record(e), record_len(e), &was) &&
           mp3_header_parse(f->data + f->media_offset, f->media_len, &is) &&
           (is.sample_rate != was.sample_rate || is.channels != was.channels || is.layer != was.layer);
}

/* ---- Opus ---- */

/* Enhanced RTMP: an empty sequence start means mono or stereo by default. */
static struct opus_head opus_head_of(const struct mp4_sample_entry *e)
{
    struct opus_head head;
    if (record_len(e) == 0 || !opus_head_parse(record(e), record_len(e), &head))
        head = (struct opus_head){ .channels = 2, .input_rate = OPUS_RATE };
    return head;
}

static size_t dops_len(const struct mp4_sample_entry *e)
{
    struct opus_head head = opus_head_of(e);
    return 11 + (head.mapping ? 2 + (size_t)head.channels : 0);
}

/* Opus in ISOBMFF 4.3.2: the identification header in big-endian, without its mark */
static void write_dops(const struct mp4_sample_entry *e, struct wr *w)
{
    struct opus_head head = opus_head_of(e);
    wr_u8(w, 0); /* version */
    wr_u8(w, head.channels);
    wr_u16(w, head.pre_skip);
    wr_u32(w, head.input_rate);
    wr_u16(w, (uint16_t)head.gain);
    wr_u8(w, head.mapping_family);
    if (head.mapping)
        wr_bytes(w, head.mapping, 2 + (size_t)head.channels);
}

static void opus_codecs(const struct mp4_sample_entry *e, struct str *s)
{
    (void)e;
    str_printf(s, "opus");
}

/* ---- FLAC ---- */

static size_t dfla_len(const struct mp4_sample_entry *e)
{
    (void)e;
    return 4 + 4 + FLAC_STREAMINFO_LEN;
}

static void write_dfla(const struct mp4_sample_entry *e, struct wr *w)
{
    enum { LAST_BLOCK = 0x80 }; /* and of type 0, STREAMINFO */
    struct flac_info info;
    if (!flac_info_parse(record(e), record_len(e), &info))
        return;
    wr_u32(w, 0);
    wr_u8(w, LAST_BLOCK);
    wr_u24(w, FLAC_STREAMINFO_LEN);
    wr_bytes(w, info.streaminfo, FLAC_STREAMINFO_LEN);
}

static void flac_codecs(const struct mp4_sample_entry *e, struct str *s)
{
    (void)e;
    str_printf(s, "flac");
}

static void flac_read(struct mp4_sample_entry *e)
{
    struct flac_info info;
    if (!flac_info_parse(record(e), record_len(e), &info))
        return;
    e->sample_bits = info.sample_bits;
    if (info.block_min == info.block_max)
        set_samples(e, info.block_max);
}

/* ---- AC-3, E-AC-3 ---- */

static size_t dac3_len(const struct mp4_sample_entry *e)
{
    (void)e;
    return MP4_DAC3_LEN;
}

static void write_dac3(const struct mp4_sample_entry *e, struct wr *w)
{
    mp4_dac3_write(w, record(e), record_len(e));
}

static void ac3_codecs(const struct mp4_sample_entry *e, struct str *s)
{
    (void)e;
    str_printf(s, "ac-3");
}

static size_t dec3_len(const struct mp4_sample_entry *e)
{
    return mp4_dec3_len(record(e), record_len(e));
}

static void write_dec3(const struct mp4_sample_entry *e, struct wr *w)
{
    mp4_dec3_write(w, record(e), record_len(e));
}

static void eac3_codecs(const struct mp4_sample_entry *e, struct str *s)
{
    (void)e;
    str_printf(s, "ec-3");
}

static void ac3_read(struct mp4_sample_entry *e)
{
    struct ac3_header h;
    if (ac3_header_parse(record(e), record_len(e), &h))
        set_samples(e, h.samples);
}

static bool ac3_differs(const struct mp4_sample_entry *e, const struct frame *f)
{
    struct ac3_header was, is;
    return ac3_header_parse(record(e), record_len(e), &was) &&
           ac3_header_parse(f->data + f->media_offset, f->media_len, &is) &&
           (is.enhanced != was.enhanced || is.sample_rate != was.sample_rate || is.acmod != was.acmod ||
            is.lfeon != was.lfeon);
}

/* ---- the table ---- */

struct row {
    uint8_t kind;
    char    entry[5], box[5];
    size_t (*box_len)(const struct mp4_sample_entry *); /* bytes of the box without its size and type */
    void (*write_box)(const struct mp4_sample_entry *, struct wr *);
    void (*codecs)(const struct mp4_sample_entry *, struct str *);
    void (*read)(struct mp4_sample_entry *); /* Fills in fields that media_info.h does not give; may be NULL. */
    bool (*differs)(const struct mp4_sample_entry *,
                    const struct frame *); /* For a codec without configuration frames; otherwise NULL. */
};

/* clang-format off */
static const struct row table[] = {
    [CODEC_H264] = { FRAME_VIDEO, "avc1", "avcC", record_box_len, write_record, avc_codecs, NULL, NULL },
    [CODEC_HEVC] = { FRAME_VIDEO, "hvc1", "hvcC", record_box_len, write_record, hevc_codecs, NULL, NULL },
    [CODEC_AV1] = { FRAME_VIDEO, "av01", "av1C", record_box_len, write_record, av1_codecs, NULL, NULL },
    [CODEC_VP9] = { FRAME_VIDEO, "vp09", "vpcC", vpcc_len, write_vpcc, vp9_codecs, NULL, NULL },
    [CODEC_AAC] = { FRAME_AUDIO, "mp4a", "esds", esds_len, write_esds, aac_codecs, aac_read, NULL },
    [CODEC_MP3] = { FRAME_AUDIO, "mp4a", "esds", esds_len, write_esds, mp3_codecs, mp3_read, mp3_differs },
    [CODEC_OPUS] = { FRAME_AUDIO, "Opus", "dOps", dops_len, write_dops, opus_codecs, NULL, NULL },
    [CODEC_FLAC] = { FRAME_AUDIO, "fLaC", "dfLa", dfla_len, write_dfla, flac_codecs, flac_read, NULL },
    [CODEC_AC3] = { FRAME_AUDIO, "ac-3", "dac3", dac3_len, write_dac3, ac3_codecs, ac3_read, ac3_differs },
    [CODEC_EAC3] = { FRAME_AUDIO, "ec-3", "dec3", dec3_len, write_dec3, eac3_codecs, ac3_read, ac3_differs },
};
/* clang-format on */

static const struct row *row_of(unsigned codec)
{
    return codec < ARRAY_LEN(table) && table[codec].write_box ? &table[codec] : NULL;
}

bool mp4_sample_entry_carries(enum codec codec)
{
    return row_of(codec) != NULL;
}

/* ---- reading ---- */

static enum mp4_result read_video(struct mp4_sample_entry *e, const struct frame *key)
{
    struct video_info info;
    if (!media_info_video(e->config, true, &info))
        return MP4_BAD_CONFIG;
    if (info.width == 0 && key && key->kind == FRAME_VIDEO && key->codec == e->config->codec)
        media_info_size_of_key(key, &info);
    if (info.width == 0 || info.height == 0)
        return MP4_NEED_CONFIG;
    if (info.width > UINT16_MAX || info.height > UINT16_MAX)
        return MP4_BAD_CONFIG;
    e->width = (uint16_t)info.width;
    e->height = (uint16_t)info.height;
    uint64_t duration_90k = info.fps_num ? (uint64_t)info.fps_den * RATE_90K / info.fps_num : 0;
    e->duration_90k = duration_90k <= RATE_90K ? (uint32_t)duration_90k : 0; /* over a second: no frame rate */
    return MP4_OK;
}

static enum mp4_result read_audio(struct mp4_sample_entry *e)
{
    struct audio_info info;
    if (!media_info_audio(e->config, &info) || info.sample_rate == 0)
        return MP4_BAD_CONFIG;
    e->sample_rate = info.sample_rate;
    e->channels = info.channels ? info.channels : 2;
    e->sample_bits = 16;
    return MP4_OK;
}

enum mp4_result mp4_sample_entry_read(struct mp4_sample_entry *e, const struct frame *config, const struct frame *key)
{
    const struct row *row = row_of(config->codec);
    enum mp4_result   result;
    *e = (struct mp4_sample_entry){ 0 };
    if (!row || row->kind != config->kind)
        return MP4_NOT_CARRIED;
    if (!config->config && !row->differs)
        return MP4_NEED_CONFIG;
    if (config->media_len > MP4_CONFIG_MAX)
        return MP4_BAD_CONFIG;
    struct mp4_sample_entry read = { .config = config };
    result = row->kind == FRAME_VIDEO ? read_video(&read, key) : read_audio(&read);
    if (result != MP4_OK)
        return result;
    if (row->read)
        row->read(&read);
    *e = read;
    return MP4_OK;
}

bool mp4_sample_entry_differs(const struct mp4_sample_entry *e, const struct frame *f)
{
    const struct row *row = row_of(e->config->codec);
    if (row->differs)
        return row->differs(e, f);
    return f->config &&
           (f->media_len != record_len(e) || memcmp(f->data + f->media_offset, record(e), record_len(e)) != 0);
}

bool mp4_sample_entry_takes_any_frame(enum codec codec)
{
    const struct row *row = row_of(codec);
    return row && row->differs;
}

uint32_t mp4_sample_entry_samples(const struct mp4_sample_entry *e, const struct frame *f)
{
    if (f->codec == CODEC_OPUS)
        return opus_packet_samples(f->data + f->media_offset, f->media_len);
    uint32_t of_flac = f->codec == CODEC_FLAC ? flac_frame_samples(f->data + f->media_offset, f->media_len) : 0;
    if (of_flac)
        return of_flac;
    struct ac3_header h;
    if (f->codec == CODEC_EAC3 && ac3_header_parse(f->data + f->media_offset, f->media_len, &h))
        return h.samples;
    return f->kind == FRAME_AUDIO ? e->samples : 0;
}

uint32_t mp4_sample_entry_duration_90k(const struct mp4_sample_entry *e, const struct frame *f)
{
    return f->kind == FRAME_AUDIO ? samples_90k(mp4_sample_entry_samples(e, f), e->sample_rate) : 0;
}

/* ---- writing ---- */

size_t mp4_sample_entry_len(const struct mp4_sample_entry *e)
{
    const struct row *row = row_of(e->config->codec);
    size_t            fields = row->kind == FRAME_VIDEO ? VISUAL_LEN : AUDIO_LEN;
    return MP4_BOX_HEADER_LEN + fields + MP4_BOX_HEADER_LEN + row->box_len(e) + (e->cbcs ? CBCS_SINF_LEN : 0);
}

static void write_visual(const struct mp4_sample_entry *e, struct wr *w)
{
    enum { DPI_72 = 72 << 16, COLOUR = 24 };
    mp4_zeros(w, 16);
    wr_u16(w, e->width);
    wr_u16(w, e->height);
    wr_u32(w, DPI_72);
    wr_u32(w, DPI_72);
    wr_u32(w, 0);
    wr_u16(w, 1);     /* frame_count */
    mp4_zeros(w, 32); /* compressorname */
    wr_u16(w, COLOUR);
    wr_u16(w, 0xFFFF);
}

static void write_audio(const struct mp4_sample_entry *e, struct wr *w)
{
    /* The rate has the form 16.16. One that does not fit is written as 0; for FLAC it is halved until it fits (FLAC in
     * ISOBMFF 3.3.2). */
    uint32_t rate = e->sample_rate;
    while (rate > UINT16_MAX)
        rate = e->config->codec == CODEC_FLAC && rate % 2 == 0 ? rate / 2 : 0;
    mp4_zeros(w, 8);
    wr_u16(w, e->channels);
    wr_u16(w, e->sample_bits);
    wr_u32(w, 0);
    wr_u32(w, rate << 16);
}

/* The type of the entry without encryption. */
static const char *entry_name(const struct mp4_sample_entry *e, const struct row *row)
{
    return e->in_band ? mp4_in_band_entry(e->config->codec) : row->entry;
}

void mp4_sample_entry_write(const struct mp4_sample_entry *e, struct wr *w)
{
    const struct row *row = row_of(e->config->codec);
    bool              is_video = row->kind == FRAME_VIDEO;
    size_t            entry = mp4_box_begin(w, !e->cbcs ? entry_name(e, row) : is_video ? "encv" : "enca");
    mp4_zeros(w, 6);
    wr_u16(w, 1); /* data_reference_index */
    if (is_video)
        write_visual(e, w);
    else
        write_audio(e, w);
    size_t box = mp4_box_begin(w, row->box);
    row->write_box(e, w);
    mp4_box_end(w, box);
    if (e->cbcs)
        cbcs_write_sinf(e->cbcs, w, entry_name(e, row), is_video);
    mp4_box_end(w, entry);
}

void mp4_sample_entry_codecs(const struct mp4_sample_entry *e, struct str *s)
{
    row_of(e->config->codec)->codecs(e, s);
}
