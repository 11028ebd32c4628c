#include "kernel/mp4/moov.h"

#include "core/attr.h"
#include "kernel/mp4/box.h"

static const char video_name[] = "VideoHandler", audio_name[] = "SoundHandler";

/* Lengths of the boxes that are written below. */
enum {
    MVHD_LEN = 108,
    TKHD_LEN = 92,
    MDHD_LEN = 32,
    MDHD_LONG = 12, /* further bytes of an mdhd with a duration: its times then have 64 bits */
    HDLR_LEN = 32 + sizeof video_name,
    VMHD_LEN = 20,
    SMHD_LEN = 16,
    DINF_LEN = 36,
    STSD_LEN = MP4_FULL_BOX_HEADER_LEN + 4,
    TABLES_LEN = 16 + 16 + 20 + 16, /* stts, stsc, stsz, stco */
    TREX_LEN = 32,
    TRAK_LEN = MP4_BOX_HEADER_LEN + TKHD_LEN + MP4_BOX_HEADER_LEN + MDHD_LEN + HDLR_LEN + MP4_BOX_HEADER_LEN +
               DINF_LEN + MP4_BOX_HEADER_LEN + STSD_LEN + TABLES_LEN, /* trak, mdia, minf, stbl */
};

static bool is_video(const struct mp4_sample_entry *e)
{
    return e->config->kind == FRAME_VIDEO;
}

static uint32_t track_id(const struct mp4_sample_entry *e)
{
    return is_video(e) ? 1 : 2;
}

/* The brands of a file: the major one first, then all of them. iso5 is the first with default-base-is-moof, iso6 the first with
 * the time of decoding. */
static const char *brands_of(const struct mp4_movie *m)
{
    if (!m->is_cmaf)
        return "iso5iso6mp41";
    return m->video->config && m->audio->config ? "iso6mp41" : "iso6cmfcmp41";
}

static size_t ftyp_len(const struct mp4_movie *m)
{
    return MP4_BOX_HEADER_LEN + 4 + 4 + strlen(brands_of(m));
}

static void write_ftyp(const struct mp4_movie *m, struct wr *w)
{
    const char *brands = brands_of(m);
    size_t      ftyp = mp4_box_begin(w, "ftyp");
    wr_bytes(w, brands, 4);
    wr_u32(w, 0);
    wr_bytes(w, brands, strlen(brands));
    mp4_box_end(w, ftyp);
}

/* 8.2.2: the unity matrix */
static void write_matrix(struct wr *w)
{
    static const uint32_t matrix[9] = { 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000 };
    for (unsigned i = 0; i < 9; i++)
        wr_u32(w, matrix[i]);
}

static void write_mvhd(struct wr *w)
{
    size_t mvhd = mp4_full_box_begin(w, "mvhd", 0, 0);
    mp4_zeros(w, 8); /* creation and modification time: not told */
    wr_u32(w, MP4_TIMESCALE);
    wr_u32(w, 0); /* duration: that of the fragments */
    wr_u32(w, 0x10000);
    wr_u16(w, 0x100);
    mp4_zeros(w, 10);
    write_matrix(w);
    mp4_zeros(w, 24);
    wr_u32(w, 3); /* next_track_ID */
    mp4_box_end(w, mvhd);
}

static void write_tkhd(const struct mp4_sample_entry *e, struct wr *w)
{
    enum { ENABLED = 1, IN_MOVIE = 2 };
    size_t tkhd = mp4_full_box_begin(w, "tkhd", 0, ENABLED | IN_MOVIE);
    mp4_zeros(w, 8);
    wr_u32(w, track_id(e));
    mp4_zeros(w, 4 + 4 + 8 + 2 + 2); /* reserved, duration, reserved, layer, alternate_group */
    wr_u16(w, is_video(e) ? 0 : 0x100);
    mp4_zeros(w, 2);
    write_matrix(w);
    wr_u32(w, (uint32_t)e->width << 16);
    wr_u32(w, (uint32_t)e->height << 16);
    mp4_box_end(w, tkhd);
}

/* 90 kHz in ticks of the track, of which there are at most 2^32 in a second. */
static uint64_t track_ticks(int64_t time_90k, uint32_t timescale)
{
    uint64_t t = (uint64_t)time_90k;
    return t / MP4_TIMESCALE * timescale + t % MP4_TIMESCALE * timescale / MP4_TIMESCALE;
}

static void write_mdhd(uint32_t timescale, int64_t duration_90k, struct wr *w)
{
    enum { LANGUAGE_UND = 0x55C4 }; /* 8.4.2.3: three letters of five bits */
    bool   is_long = duration_90k > 0;
    size_t mdhd = mp4_full_box_begin(w, "mdhd", is_long, 0);
    mp4_zeros(w, is_long ? 16 : 8);
    wr_u32(w, timescale);
    if (is_long)
        wr_u64(w, track_ticks(duration_90k, timescale));
    else
        wr_u32(w, 0);
    wr_u16(w, LANGUAGE_UND);
    wr_u16(w, 0);
    mp4_box_end(w, mdhd);
}

static void write_hdlr(const struct mp4_sample_entry *e, struct wr *w)
{
    size_t hdlr = mp4_full_box_begin(w, "hdlr", 0, 0);
    wr_u32(w, 0);
    wr_bytes(w, is_video(e) ? "vide" : "soun", 4);
    mp4_zeros(w, 12);
    wr_bytes(w, is_video(e) ? video_name : audio_name, sizeof video_name);
    mp4_box_end(w, hdlr);
}

static void write_media_header(const struct mp4_sample_entry *e, struct wr *w)
{
    size_t box = is_video(e) ? mp4_full_box_begin(w, "vmhd", 0, 1) : mp4_full_box_begin(w, "smhd", 0, 0);
    mp4_zeros(w, is_video(e) ? 8 : 4);
    mp4_box_end(w, box);
}

static void write_dinf(struct wr *w)
{
    enum { IN_THIS_FILE = 1 };
    size_t dinf = mp4_box_begin(w, "dinf");
    size_t dref = mp4_full_box_begin(w, "dref", 0, 0);
    wr_u32(w, 1);
    mp4_box_end(w, mp4_full_box_begin(w, "url ", 0, IN_THIS_FILE));
    mp4_box_end(w, dref);
    mp4_box_end(w, dinf);
}

static void write_stbl(const struct mp4_sample_entry *e, struct wr *w)
{
    static const struct {
        char   type[5];
        size_t len;
    } empty[] = { { "stts", 4 }, { "stsc", 4 }, { "stsz", 8 }, { "stco", 4 } };
    size_t stbl = mp4_box_begin(w, "stbl");
    size_t stsd = mp4_full_box_begin(w, "stsd", 0, 0);
    wr_u32(w, 1);
    mp4_sample_entry_write(e, w);
    mp4_box_end(w, stsd);
    for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
        size_t table = mp4_full_box_begin(w, empty[i].type, 0, 0);
        mp4_zeros(w, empty[i].len);
        mp4_box_end(w, table);
    }
    mp4_box_end(w, stbl);
}

static void write_trak(const struct mp4_movie *m, const struct mp4_sample_entry *e, struct wr *w)
{
    if (!e->config)
        return;
    size_t trak = mp4_box_begin(w, "trak");
    write_tkhd(e, w);
    size_t mdia = mp4_box_begin(w, "mdia");
    write_mdhd(is_video(e) ? MP4_TIMESCALE : m->audio_timescale, m->duration_90k, w);
    write_hdlr(e, w);
    size_t minf = mp4_box_begin(w, "minf");
    write_media_header(e, w);
    write_dinf(w);
    write_stbl(e, w);
    mp4_box_end(w, minf);
    mp4_box_end(w, mdia);
    mp4_box_end(w, trak);
}

static void write_trex(const struct mp4_sample_entry *e, struct wr *w)
{
    if (!e->config)
        return;
    size_t trex = mp4_full_box_begin(w, "trex", 0, 0);
    wr_u32(w, track_id(e));
    wr_u32(w, 1);     /* default_sample_description_index */
    mp4_zeros(w, 12); /* duration, size, flags: each fragment tells its own */
    mp4_box_end(w, trex);
}

static size_t trak_len(const struct mp4_sample_entry *e, int64_t duration_90k)
{
    if (!e->config)
        return 0;
    return TRAK_LEN + (duration_90k > 0 ? MDHD_LONG : 0) + (is_video(e) ? VMHD_LEN : SMHD_LEN) +
           mp4_sample_entry_len(e) + TREX_LEN;
}

size_t mp4_moov_len(const struct mp4_movie *m)
{
    size_t moov_and_mvex = 2 * (size_t)MP4_BOX_HEADER_LEN;
    return ftyp_len(m) + moov_and_mvex + MVHD_LEN + trak_len(m->video, m->duration_90k) +
           trak_len(m->audio, m->duration_90k);
}

void mp4_moov_write(const struct mp4_movie *m, struct wr *w)
{
    write_ftyp(m, w);
    size_t moov = mp4_box_begin(w, "moov");
    write_mvhd(w);
    write_trak(m, m->video, w);
    write_trak(m, m->audio, w);
    size_t mvex = mp4_box_begin(w, "mvex");
    write_trex(m->video, w);
    write_trex(m->audio, w);
    mp4_box_end(w, mvex);
    mp4_box_end(w, moov);
}

static void add_codec(struct str *s, const struct mp4_sample_entry *e)
{
    if (!e->config)
        return;
    if (s->len > 0)
        str_append(s, ",", 1);
    mp4_sample_entry_codecs(e, s);
}

const char *mp4_moov_codecs(const struct mp4_movie *m, char *buf, size_t cap)
{
    struct str s = str_over(buf, cap);
    add_codec(&s, m->video);
    add_codec(&s, m->audio);
    return buf;
}
