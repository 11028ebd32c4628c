#include "kernel/mp4/cmaf.h"

#include "core/mem.h"
#include "kernel/mp4/moov.h"

/* ---- the beginning and the end ---- */

static enum mp4_result init_track(struct cmaf_track *t, const struct frame *config, const struct frame *key)
{
    *t = (struct cmaf_track){ 0 };
    enum mp4_result result = config ? mp4_sample_entry_read(&t->entry, config, key) : MP4_OK;
    if (t->entry.config && t->entry.config->kind == FRAME_AUDIO)
        cmaf_clock_init_audio(&t->clock, t->entry.sample_rate, t->entry.samples);
    else
        cmaf_clock_init_video(&t->clock, t->entry.duration_90k);
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

void cmaf_drop_samples(struct cmaf_track *t)
{
    while (t->n)
        frame_unref(&t->samples[--t->n].frame);
    t->bytes = 0;
    t->info_len = 0;
}

void cmaf_finish(struct cmaf *c)
{
    for (unsigned i = 0; i < MP4_TRACKS; i++) {
        struct cmaf_track *t = &c->tracks[i];
        cmaf_drop_samples(t);
        mem_free(t->samples);
        t->samples = NULL;
        t->cap = 0;
    }
}

void cmaf_expect_early(struct cmaf *c, int64_t early_us)
{
    decode_ahead_expect(&c->ahead, early_us);
}

bool cmaf_protect(struct cmaf *c, const struct cbcs *cbcs)
{
    for (unsigned i = 0; cbcs && i < MP4_TRACKS; i++) {
        const struct frame *config = c->tracks[i].entry.config;
        if (config && !cbcs_protects((enum codec)config->codec))
            return false;
    }
    for (unsigned i = 0; i < MP4_TRACKS; i++)
        c->tracks[i].entry.cbcs = cbcs;
    return true;
}

/* ---- the init segment ---- */

static struct mp4_movie movie_of(const struct cmaf *c)
{
    return (struct mp4_movie){
        .video = &c->tracks[MP4_TRACK_VIDEO].entry,
        .audio = &c->tracks[MP4_TRACK_AUDIO].entry,
        .audio_timescale = c->tracks[MP4_TRACK_AUDIO].clock.timescale,
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
    struct mp4_movie movie = movie_of(c);
    return mp4_moov_codecs(&movie, buf, cap);
}

/* ---- samples ---- */

enum mp4_frame cmaf_look(const struct cmaf *c, const struct frame *f)
{
    return mp4_sample_look(&c->tracks[cmaf_track_of(f)].entry, f);
}

static bool is_full(const struct cmaf *c, const struct cmaf_track *t, size_t len, int64_t dts)
{
    size_t bytes = cmaf_payload_bytes(c);
    if (t->n == CMAF_SAMPLES_MAX || (bytes && bytes + len > MP4_SAMPLE_MAX))
        return true;
    return t->n && dts - t->clock.last > UINT32_MAX; /* A duration has 32 bits. */
}

static unsigned subsamples_of(const struct cmaf_track *t, struct mp4_payload payload)
{
    struct cbcs_subsamples s = { 0 };
    if (t->entry.cbcs)
        cbcs_split(&s, t->entry.config, payload.bytes, payload.len);
    return s.n;
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

struct cmaf_moment cmaf_moment_of(const struct cmaf *c, struct decode_ahead *ahead, const struct frame *f,
                                  int64_t dts_us)
{
    const struct cmaf_track *t = &c->tracks[cmaf_track_of(f)];
    if (f->kind == FRAME_VIDEO)
        return cmaf_clock_picture(&t->clock, ahead, f, dts_us);
    return cmaf_clock_sound(&t->clock, mp4_sample_entry_samples(&t->entry, f), dts_us);
}

enum cmaf_added cmaf_add(struct cmaf *c, struct frame *f, int64_t dts_us)
{
    struct cmaf_track  *t = &c->tracks[cmaf_track_of(f)];
    struct decode_ahead ahead = c->ahead;
    struct mp4_payload  payload = mp4_sample_payload(f);
    unsigned            subsamples = subsamples_of(t, payload);
    struct cmaf_moment  m = cmaf_moment_of(c, &ahead, f, dts_us);
    if (is_full(c, t, payload.len, m.dts))
        return CMAF_FULL;
    if (!make_room(t))
        return CMAF_NO_MEMORY;
    t->samples[t->n++] =
        (struct cmaf_sample){ frame_ref(f), m.dts, (uint32_t)payload.len, m.shown, (uint8_t)subsamples };
    t->bytes += payload.len;
    t->info_len += cbcs_info_len(subsamples);
    cmaf_clock_follow(&t->clock, &m);
    c->ahead = ahead;
    return CMAF_ADDED;
}
