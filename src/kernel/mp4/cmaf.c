#include "kernel/mp4/cmaf.h"

#include "core/mem.h"
#include "kernel/mp4/moov.h"
#include "kernel/times.h"

enum { US_PER_SECOND = 1000000, SHOWN_MAX_90K = 1 << 30, TRACK_VIDEO_ID = 1, TRACK_AUDIO_ID = 2 };

#define TIME_MAX_US (INT64_C(1) << 53)

/* ---- the beginning and the end ---- */

static enum mp4_result init_track(struct cmaf_track *t, const struct frame *config, const struct frame *key)
{
    *t = (struct cmaf_track){ .last = CMAF_NO_TIME, .end = CMAF_NO_TIME };
    enum mp4_result result = config ? mp4_sample_entry_read(&t->entry, config, key) : MP4_OK;
    bool            is_audio = t->entry.config && t->entry.config->kind == FRAME_AUDIO;
    t->timescale = is_audio ? t->entry.sample_rate : MP4_TIMESCALE;
    t->step = is_audio ? t->entry.samples : t->entry.duration_90k;
    if (t->step == 0)
        t->step = t->timescale / 30;
    return result;
}

enum mp4_result cmaf_init(struct cmaf *c, const struct frame *video, const struct frame *key, const struct frame *audio)
{
    c->sequence = 0;
    c->ahead = (struct decode_ahead){ 0 };
    enum mp4_result of_video = init_track(&c->tracks[MP4_TRACK_VIDEO], video, key);
    enum mp4_result of_audio = init_track(&c->tracks[MP4_TRACK_AUDIO], audio, NULL);
    if ((video && video->kind != FRAME_VIDEO) || (audio && audio->kind != FRAME_AUDIO))
        return MP4_NOT_CARRIED;
    if (!video && !audio)
        return MP4_NEED_CONFIG;
    return of_video > of_audio ? of_video : of_audio; /* A permanent failure takes precedence over a temporary one. */
}

static void drop_samples(struct cmaf_track *t)
{
    while (t->n)
        frame_unref(&t->samples[--t->n].frame);
    t->bytes = 0;
}

void cmaf_finish(struct cmaf *c)
{
    for (unsigned i = 0; i < MP4_TRACKS; i++) {
        struct cmaf_track *t = &c->tracks[i];
        drop_samples(t);
        mem_free(t->samples);
        t->samples = NULL;
        t->cap = 0;
    }
}

void cmaf_expect_early(struct cmaf *c, int64_t early_us)
{
    decode_ahead_expect(&c->ahead, early_us);
}

/* ---- the init segment ---- */

static struct mp4_movie movie_of(const struct cmaf *c)
{
    return (struct mp4_movie){
        .video = &c->tracks[MP4_TRACK_VIDEO].entry,
        .audio = &c->tracks[MP4_TRACK_AUDIO].entry,
        .audio_timescale = c->tracks[MP4_TRACK_AUDIO].timescale,
        .is_cmaf = true,
    };
}

size_t cmaf_header_len(const struct cmaf *c)
{
    struct mp4_movie movie = movie_of(c);
    return mp4_moov_len(&movie);
}

void cmaf_write_header(const struct cmaf *c, struct wr *w)
{
    struct mp4_movie movie = movie_of(c);
    mp4_moov_write(&movie, w);
}

const char *cmaf_codecs(const struct cmaf *c, char *buf, size_t cap)
{
    struct str s = str_over(buf, cap);
    for (unsigned i = 0; i < MP4_TRACKS; i++) {
        const struct mp4_sample_entry *e = &c->tracks[i].entry;
        if (!e->config)
            continue;
        if (s.len)
            str_printf(&s, ",");
        mp4_sample_entry_codecs(e, &s);
    }
    return buf;
}

/* ---- times ---- */

/* The times of a sample, in ticks of its track. */
struct moment {
    int64_t  dts;
    int64_t  meant; /* dts, before it was moved to the end of the last sample */
    int64_t  end;   /* CMAF_NO_TIME: known when the next sample comes */
    uint32_t shown;
    int      slew;
};

static int64_t ticks_from_us(int64_t us, uint32_t timescale)
{
    return us / US_PER_SECOND * timescale + (us % US_PER_SECOND * timescale + US_PER_SECOND / 2) / US_PER_SECOND;
}

static int64_t after_last(const struct cmaf_track *t, int64_t dts)
{
    return dts > t->last ? dts : t->last + 1;
}

static bool is_near(int64_t a, int64_t b, int64_t ticks)
{
    return a - b <= ticks && b - a <= ticks;
}

static struct moment moment_of_picture(const struct cmaf_track *t, struct decode_ahead *ahead, const struct frame *f,
                                       int64_t dts_us)
{
    int64_t       in = ticks_90k_from_us(dts_us), pts = in + ticks_90k_between(f->dts_us, f->pts_us);
    struct moment m = { .end = CMAF_NO_TIME };
    decode_ahead_follow(ahead, f, t->last == CMAF_NO_TIME ? in : in - t->last - 1);
    m.meant = after_last(t, in - ahead->lag_90k);
    m.dts = m.meant;
    if (t->end != CMAF_NO_TIME && t->end > t->last && t->end <= pts &&
        is_near(t->end, m.meant, ticks_90k_from_us(CMAF_PIN_US)))
        m.dts = t->end;
    int64_t shown = pts - m.dts;
    m.shown = shown < 0 ? 0 : (uint32_t)(shown < SHOWN_MAX_90K ? shown : SHOWN_MAX_90K);
    return m;
}

/* 1: the sound is early, so frames get longer until it is no longer; -1: it is late. */
static int slew_of(const struct cmaf_track *t, int64_t early)
{
    if (!is_near(early, 0, ticks_from_us(CMAF_SLEW_US, t->timescale)))
        return early > 0 ? 1 : -1;
    return early * t->slew > 0 ? t->slew : 0;
}

static int64_t slewed(int64_t samples, int slew)
{
    int64_t one = samples / 1000 > 0 ? samples / 1000 : 1;
    return samples > 1 ? samples + slew * one : samples;
}

static struct moment moment_of_sound(const struct cmaf_track *t, const struct frame *f, int64_t dts_us)
{
    int64_t       in = ticks_from_us(dts_us, t->timescale), samples = mp4_sample_entry_samples(&t->entry, f);
    bool          goes_on = t->end != CMAF_NO_TIME && is_near(in, t->end, ticks_from_us(CMAF_JUMP_US, t->timescale));
    struct moment m = { .end = CMAF_NO_TIME };
    m.dts = after_last(t, goes_on ? t->end : in);
    m.meant = m.dts;
    if (!samples)
        return m;
    m.slew = goes_on ? slew_of(t, in - m.dts) : 0;
    m.end = m.dts + slewed(samples, m.slew);
    return m;
}

static unsigned track_index(const struct frame *f)
{
    return f->kind == FRAME_VIDEO ? MP4_TRACK_VIDEO : MP4_TRACK_AUDIO;
}

/* Find the times of the frame that comes next. `ahead` is the muxer's state, or a copy of it. */
static struct moment moment_of(const struct cmaf *c, struct decode_ahead *ahead, const struct frame *f, int64_t dts_us)
{
    const struct cmaf_track *t = &c->tracks[track_index(f)];
    dts_us = dts_us < 0 ? 0 : dts_us < TIME_MAX_US ? dts_us : TIME_MAX_US;
    return f->kind == FRAME_VIDEO ? moment_of_picture(t, ahead, f, dts_us) : moment_of_sound(t, f, dts_us);
}

/* ---- samples ---- */

enum mp4_frame cmaf_look(const struct cmaf *c, const struct frame *f)
{
    return mp4_sample_look(&c->tracks[track_index(f)].entry, f);
}

static size_t payload_bytes(const struct cmaf *c)
{
    return c->tracks[MP4_TRACK_VIDEO].bytes + c->tracks[MP4_TRACK_AUDIO].bytes;
}

static bool is_full(const struct cmaf *c, const struct cmaf_track *t, size_t len, int64_t dts)
{
    size_t bytes = payload_bytes(c);
    if (t->n == CMAF_SAMPLES_MAX || (bytes && bytes + len > MP4_SAMPLE_MAX))
        return true;
    return t->n && dts - t->last > UINT32_MAX; /* A duration has 32 bits. */
}

static bool make_room(struct cmaf_track *t)
{
    if (t->n < t->cap)
        return true;
    struct cmaf_sample *more = mem_grow(t->samples, &t->cap, sizeof *more, CMAF_SAMPLES_MAX);
    if (more)
        t->samples = more;
    return more != NULL;
}

static void follow(struct cmaf_track *t, const struct moment *m)
{
    int64_t step = t->last == CMAF_NO_TIME ? 0 : m->meant - t->meant;
    if (step > 0 && step <= 10 * (int64_t)t->timescale) /* A longer one is a gap. */
        t->step = (uint32_t)step;
    t->last = m->dts;
    t->meant = m->meant;
    t->end = m->end;
    t->slew = m->slew;
}

enum cmaf_added cmaf_add(struct cmaf *c, struct frame *f, int64_t dts_us)
{
    struct cmaf_track  *t = &c->tracks[track_index(f)];
    struct decode_ahead ahead = c->ahead;
    struct moment       m = moment_of(c, &ahead, f, dts_us);
    size_t              len = mp4_sample_payload(f).len;
    if (is_full(c, t, len, m.dts))
        return CMAF_FULL;
    if (!make_room(t))
        return CMAF_NO_MEMORY;
    t->samples[t->n++] = (struct cmaf_sample){ frame_ref(f), m.dts, (uint32_t)len, m.shown };
    t->bytes += len;
    follow(t, &m);
    c->ahead = ahead;
    return CMAF_ADDED;
}

/* ---- parts ---- */

enum {
    TFHD_DEFAULT_FLAGS = 0x20,
    TRUN_DURATION_AND_SIZE = 0x301, /* with the data offset */
    MFHD_LEN = 16,
    VIDEO_SAMPLE_LEN = 16,
    AUDIO_SAMPLE_LEN = 8,
    TRAF_LEN = MP4_BOX_HEADER_LEN + 16 + 20 + 20, /* traf, tfhd, tfdt, trun, without samples */
};

static size_t traf_len(const struct cmaf *c, unsigned i)
{
    size_t n = c->tracks[i].n;
    if (n == 0)
        return 0;
    return TRAF_LEN + (i == MP4_TRACK_VIDEO ? n * VIDEO_SAMPLE_LEN : 4 + n * AUDIO_SAMPLE_LEN);
}

static size_t moof_len(const struct cmaf *c)
{
    return MP4_BOX_HEADER_LEN + MFHD_LEN + traf_len(c, MP4_TRACK_VIDEO) + traf_len(c, MP4_TRACK_AUDIO);
}

size_t cmaf_part_len(const struct cmaf *c)
{
    return cmaf_is_empty(c) ? 0 : moof_len(c) + MP4_BOX_HEADER_LEN + payload_bytes(c);
}

/* A guess of the length of a picture is shorter by this: the next one can be decoded before its time, but not after it. Times in
 * milliseconds jitter that much. */
enum { JITTER_90K = 90 };

/* Set the end of the last sample, where it is not known yet. `after` is the time of the next one, or CMAF_NO_TIME. */
static void set_end(struct cmaf_track *t, int64_t after)
{
    if (after != CMAF_NO_TIME)
        t->end = after;
    else if (t->end == CMAF_NO_TIME)
        t->end = t->meant + t->step - (t->entry.config->kind == FRAME_VIDEO ? JITTER_90K : 0);
    if (t->end <= t->last)
        t->end = t->last + 1;
    if (t->end - t->last > UINT32_MAX)
        t->end = t->last + UINT32_MAX;
}

static uint32_t duration_of(const struct cmaf_track *t, size_t i)
{
    int64_t end = i + 1 < t->n ? t->samples[i + 1].dts : t->end;
    return (uint32_t)(end - t->samples[i].dts);
}

static void write_video_samples(const struct cmaf_track *t, struct wr *w)
{
    for (size_t i = 0; i < t->n; i++) {
        wr_u32(w, duration_of(t, i));
        wr_u32(w, t->samples[i].len);
        wr_u32(w, mp4_sample_flags(t->samples[i].frame));
        wr_u32(w, t->samples[i].shown);
    }
}

static void write_audio_samples(const struct cmaf_track *t, struct wr *w)
{
    for (size_t i = 0; i < t->n; i++) {
        wr_u32(w, duration_of(t, i));
        wr_u32(w, t->samples[i].len);
    }
}

/* Write a traf. `payload_at` is the offset of the track's first payload from the beginning of moof. */
static void write_traf(const struct cmaf_track *t, bool is_video, size_t payload_at, struct wr *w)
{
    if (t->n == 0)
        return;
    size_t traf = mp4_box_begin(w, "traf");
    size_t tfhd = mp4_full_box_begin(w, "tfhd", 0, MP4_TFHD_DEFAULT_BASE_IS_MOOF | (is_video ? 0 : TFHD_DEFAULT_FLAGS));
    wr_u32(w, is_video ? TRACK_VIDEO_ID : TRACK_AUDIO_ID);
    if (!is_video)
        wr_u32(w, mp4_sample_flags(t->samples[0].frame));
    mp4_box_end(w, tfhd);
    size_t tfdt = mp4_full_box_begin(w, "tfdt", 1, 0);
    wr_u64(w, (uint64_t)t->samples[0].dts);
    mp4_box_end(w, tfdt);
    size_t trun = mp4_full_box_begin(w, "trun", 1, is_video ? MP4_TRUN_FLAGS : TRUN_DURATION_AND_SIZE);
    wr_u32(w, (uint32_t)t->n);
    wr_u32(w, (uint32_t)payload_at);
    if (is_video)
        write_video_samples(t, w);
    else
        write_audio_samples(t, w);
    mp4_box_end(w, trun);
    mp4_box_end(w, traf);
}

static void write_payloads(const struct cmaf_track *t, struct wr *w)
{
    for (size_t i = 0; i < t->n; i++) {
        struct mp4_payload payload = mp4_sample_payload(t->samples[i].frame);
        wr_bytes(w, payload.bytes, payload.len);
    }
}

static void write_part(const struct cmaf *c, struct wr *w)
{
    const struct cmaf_track *video = &c->tracks[MP4_TRACK_VIDEO], *audio = &c->tracks[MP4_TRACK_AUDIO];
    size_t                   payload_at = moof_len(c) + MP4_BOX_HEADER_LEN;
    size_t                   moof = mp4_box_begin(w, "moof");
    size_t                   mfhd = mp4_full_box_begin(w, "mfhd", 0, 0);
    wr_u32(w, c->sequence);
    mp4_box_end(w, mfhd);
    write_traf(video, true, payload_at, w);
    write_traf(audio, false, payload_at + video->bytes, w);
    mp4_box_end(w, moof);
    size_t mdat = mp4_box_begin(w, "mdat");
    write_payloads(video, w);
    write_payloads(audio, w);
    mp4_box_end(w, mdat);
}

static struct cmaf_span span_of(const struct cmaf_track *t)
{
    struct cmaf_span span = { 0 };
    if (t->n == 0)
        return span;
    span.n = t->n;
    span.dts = t->samples[0].dts;
    span.pts = INT64_MAX;
    span.duration = t->end - span.dts;
    for (size_t i = 0; i < t->n; i++) {
        int64_t pts = t->samples[i].dts + t->samples[i].shown;
        span.pts = pts < span.pts ? pts : span.pts;
    }
    return span;
}

static struct cmaf_part part_of(const struct cmaf *c)
{
    const struct cmaf_track *video = &c->tracks[MP4_TRACK_VIDEO];
    struct cmaf_part         part = { .is_independent = video->n == 0 || video->samples[0].frame->key };
    for (unsigned i = 0; i < MP4_TRACKS; i++)
        part.spans[i] = span_of(&c->tracks[i]);
    return part;
}

bool cmaf_write_part(struct cmaf *c, struct wr *w, const struct frame *next, int64_t dts_us, struct cmaf_part *part)
{
    struct decode_ahead ahead = c->ahead;
    size_t              len = cmaf_part_len(c);
    if (part)
        *part = (struct cmaf_part){ 0 };
    if (len == 0)
        return true;
    w->full |= len > (size_t)(w->end - w->p);
    if (w->full)
        return false;
    for (unsigned i = 0; i < MP4_TRACKS; i++) {
        struct cmaf_track *t = &c->tracks[i];
        if (t->n)
            set_end(t, next && track_index(next) == i ? moment_of(c, &ahead, next, dts_us).dts : CMAF_NO_TIME);
    }
    c->sequence++;
    write_part(c, w);
    if (part)
        *part = part_of(c);
    for (unsigned i = 0; i < MP4_TRACKS; i++)
        drop_samples(&c->tracks[i]);
    return true;
}

void cmaf_write_styp(struct wr *w)
{
    size_t styp = mp4_box_begin(w, "styp");
    wr_bytes(w, "msdh", 4);
    wr_u32(w, 0);
    wr_bytes(w, "msdhmsixcmfs", 12);
    mp4_box_end(w, styp);
}
