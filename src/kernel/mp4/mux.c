#include "kernel/mp4/mux.h"

#include "core/rd.h"
#include "kernel/mp4/box.h"
#include "kernel/mp4/in_band.h"
#include "kernel/mp4/moov.h"

enum {
    STEP_MAX_90K = 10 * MP4_TIMESCALE, /* A longer step between two pictures is a gap, not a duration. */
    DURATION_DEFAULT_90K = MP4_TIMESCALE / 30,
};

/* Offsets in a fragment, whose layout is always the same. */
enum {
    MOOF_LEN = 104,
    SEQUENCE_AT = 20,
    DTS_AT = 60,
    MDAT_AT = MOOF_LEN,
};

bool mp4_mux_carries(enum codec codec)
{
    return mp4_sample_entry_carries(codec);
}

static enum mp4_result init_track(struct mp4_mux_track *t, const struct frame *config, const struct frame *key)
{
    *t = (struct mp4_mux_track){ .last_dts_90k = -1 };
    enum mp4_result result = config ? mp4_sample_entry_read(&t->entry, config, key) : MP4_OK;
    t->duration_90k = t->entry.duration_90k ? t->entry.duration_90k : DURATION_DEFAULT_90K;
    return result;
}

enum mp4_result mp4_mux_init(struct mp4_mux *m, const struct frame *video, const struct frame *key,
                             const struct frame *audio)
{
    m->sequence = 0;
    m->duration_90k = 0;
    m->start_90k = 0;
    m->may_change = m->has_changed = false;
    m->ahead = (struct decode_ahead){ 0 };
    enum mp4_result of_video = init_track(&m->tracks[MP4_TRACK_VIDEO], video, key);
    enum mp4_result of_audio = init_track(&m->tracks[MP4_TRACK_AUDIO], audio, NULL);
    if ((video && video->kind != FRAME_VIDEO) || (audio && audio->kind != FRAME_AUDIO))
        return MP4_NOT_CARRIED;
    if (!video && !audio)
        return MP4_NEED_CONFIG;
    return of_video > of_audio ? of_video : of_audio; /* A permanent failure takes precedence over a temporary one. */
}

void mp4_mux_expect_early(struct mp4_mux *m, int64_t early_us)
{
    decode_ahead_expect(&m->ahead, early_us);
    m->start_90k = m->ahead.most_90k;
}

void mp4_mux_expect_changes(struct mp4_mux *m)
{
    struct mp4_sample_entry *e = &m->tracks[MP4_TRACK_VIDEO].entry;
    e->in_band = m->may_change = e->config && mp4_in_band_carries(e->config->codec);
}

static struct mp4_movie movie_of(const struct mp4_mux *m)
{
    return (struct mp4_movie){
        .video = &m->tracks[MP4_TRACK_VIDEO].entry,
        .audio = &m->tracks[MP4_TRACK_AUDIO].entry,
        .audio_timescale = MP4_TIMESCALE,
        .duration_90k = m->duration_90k,
    };
}

size_t mp4_mux_header_len(const struct mp4_mux *m)
{
    struct mp4_movie movie = movie_of(m);
    return mp4_moov_len(&movie);
}

void mp4_mux_write_header(const struct mp4_mux *m, struct wr *w)
{
    struct mp4_movie movie = movie_of(m);
    mp4_moov_write(&movie, w);
}

/* ---- frames ---- */

static unsigned track_index(const struct frame *f)
{
    return f->kind == FRAME_VIDEO ? MP4_TRACK_VIDEO : MP4_TRACK_AUDIO;
}

/* True if pictures can go on with this configuration in their key frames. */
static bool takes_in_band(const struct mp4_mux *m, const struct frame *config)
{
    struct mp4_sample_entry entry;
    return m->may_change && config->kind == FRAME_VIDEO &&
           mp4_in_band_takes(m->tracks[MP4_TRACK_VIDEO].entry.config, config) &&
           mp4_sample_entry_read(&entry, config, NULL) == MP4_OK;
}

enum mp4_frame mp4_mux_look(const struct mp4_mux *m, const struct frame *f)
{
    enum mp4_frame look = mp4_sample_look(&m->tracks[track_index(f)].entry, f);
    return look == MP4_FRAME_CHANGES && takes_in_band(m, f) ? MP4_FRAME_NEW_SETS : look;
}

void mp4_mux_take_sets(struct mp4_mux *m, const struct frame *config)
{
    m->tracks[MP4_TRACK_VIDEO].entry.config = config;
    m->has_changed = true;
}

const struct frame *mp4_mux_sets(const struct mp4_mux *m, const struct frame *f)
{
    return m->has_changed && f->key ? m->tracks[MP4_TRACK_VIDEO].entry.config : NULL;
}

/* The bytes of a carried frame and its parameter sets. */
static uint32_t sample_len(const struct mp4_mux *m, const struct frame *f)
{
    const struct frame *sets = mp4_mux_sets(m, f);
    return (uint32_t)(mp4_sample_payload(f).len + (sets ? mp4_in_band_len(sets) : 0));
}

/* ---- fragments ---- */

static uint32_t duration_90k(const struct mp4_mux_track *t, const struct frame *f, int64_t dts_90k)
{
    uint32_t sounds = mp4_sample_entry_duration_90k(&t->entry, f);
    int64_t  step = t->last_dts_90k < 0 ? 0 : dts_90k - t->last_dts_90k;
    if (sounds)
        return sounds;
    return step > 0 && step <= STEP_MAX_90K ? (uint32_t)step : t->duration_90k;
}

/* The decoding time in the file; for a picture it is after that of the last one, if that is possible. */
static int64_t decoding_time_90k(struct mp4_mux *m, const struct frame *f, int64_t dts_90k)
{
    dts_90k = dts_90k > 0 ? dts_90k + m->start_90k : m->start_90k;
    if (f->kind != FRAME_VIDEO)
        return dts_90k;
    decode_ahead_follow(&m->ahead, f, dts_90k - m->tracks[MP4_TRACK_VIDEO].last_dts_90k - 1);
    return dts_90k - m->ahead.lag_90k;
}

static uint32_t composition_offset_90k(const struct mp4_mux *m, const struct frame *f)
{
    enum { LIMIT_90K = 1 << 30 }; /* 3 hours; no encoder reorders pictures that far */
    int64_t shown_90k = f->kind == FRAME_VIDEO ? decode_ahead_shown_90k(&m->ahead, f) : 0;
    return (uint32_t)(shown_90k < LIMIT_90K ? shown_90k : LIMIT_90K);
}

static void write_traf(const struct mp4_mux *m, struct wr *w, const struct frame *f, uint32_t len)
{
    const struct mp4_mux_track *t = &m->tracks[track_index(f)];
    size_t                      traf = mp4_box_begin(w, "traf");
    size_t                      tfhd = mp4_full_box_begin(w, "tfhd", 0, MP4_TFHD_DEFAULT_BASE_IS_MOOF);
    wr_u32(w, f->kind == FRAME_VIDEO ? 1 : 2);
    mp4_box_end(w, tfhd);
    size_t tfdt = mp4_full_box_begin(w, "tfdt", 1, 0);
    wr_u64(w, (uint64_t)t->last_dts_90k);
    mp4_box_end(w, tfdt);
    size_t trun = mp4_full_box_begin(w, "trun", 1, MP4_TRUN_FLAGS);
    wr_u32(w, 1);
    wr_u32(w, MP4_MUX_HEAD_LEN); /* data_offset counts from the first byte of moof. */
    wr_u32(w, t->duration_90k);
    wr_u32(w, len);
    wr_u32(w, mp4_sample_flags(f));
    wr_u32(w, composition_offset_90k(m, f));
    mp4_box_end(w, trun);
    mp4_box_end(w, traf);
}

void mp4_mux_write_head(struct mp4_mux *m, struct wr *w, const struct frame *f, int64_t dts_90k)
{
    struct mp4_mux_track *t = &m->tracks[track_index(f)];
    uint32_t              len = sample_len(m, f);
    dts_90k = decoding_time_90k(m, f, dts_90k);
    t->duration_90k = duration_90k(t, f, dts_90k);
    t->last_dts_90k = dts_90k;
    m->sequence++;
    size_t moof = mp4_box_begin(w, "moof");
    size_t mfhd = mp4_full_box_begin(w, "mfhd", 0, 0);
    wr_u32(w, m->sequence);
    mp4_box_end(w, mfhd);
    write_traf(m, w, f, len);
    mp4_box_end(w, moof);
    wr_u32(w, MP4_BOX_HEADER_LEN + len);
    wr_bytes(w, "mdat", 4);
}

/* ---- fragments that were muxed before ---- */

static uint32_t u32_at(const uint8_t *bytes, size_t at)
{
    struct rd r = rd_over(bytes + at, 4);
    return rd_u32(&r);
}

static uint64_t u64_at(const uint8_t *bytes, size_t at)
{
    struct rd r = rd_over(bytes + at, 8);
    return rd_u64(&r);
}

/* The length of the fragment that begins here; 0 if it is cut, or not made by this muxer. */
static size_t fragment_len(const uint8_t *bytes, size_t len)
{
    if (len < MP4_MUX_HEAD_LEN || u32_at(bytes, 0) != MOOF_LEN || memcmp(bytes + 4, "moof", 4) != 0 ||
        memcmp(bytes + MDAT_AT + 4, "mdat", 4) != 0)
        return 0;
    size_t mdat_len = u32_at(bytes, MDAT_AT);
    return mdat_len >= MP4_BOX_HEADER_LEN && mdat_len <= len - MDAT_AT ? MDAT_AT + mdat_len : 0;
}

bool mp4_mux_restamp(uint8_t *bytes, size_t len, int64_t delta_90k, uint32_t delta_sequence)
{
    while (len) {
        size_t n = fragment_len(bytes, len);
        if (!n)
            return false;
        struct wr sequence = wr_over(bytes + SEQUENCE_AT, 4), dts = wr_over(bytes + DTS_AT, 8);
        wr_u32(&sequence, u32_at(bytes, SEQUENCE_AT) + delta_sequence);
        wr_u64(&dts, u64_at(bytes, DTS_AT) + (uint64_t)delta_90k);
        bytes += n;
        len -= n;
    }
    return true;
}
