#include "kernel/mp4/fragments.h"

#include <string.h>

#include "core/str.h"
#include "kernel/mp4/box_read.h"
#include "kernel/mp4/tables.h"

/* Flags of tfhd and trun, and of a sample (ISO/IEC 14496-12 8.8.3.1, 8.8.7.1, 8.8.8.1). */
enum {
    TFHD_BASE_OFFSET = 0x1,
    TFHD_DESCRIPTION = 0x2,
    TFHD_DURATION = 0x8,
    TFHD_SIZE = 0x10,
    TFHD_FLAGS = 0x20,
    TRUN_OFFSET = 0x1,
    TRUN_FIRST_FLAGS = 0x4,
    TRUN_DURATION = 0x100,
    TRUN_SIZE = 0x200,
    TRUN_FLAGS = 0x400,
    TRUN_COMPOSITION = 0x800,
    SAMPLE_IS_NO_KEY = 0x10000,
};

/* ---- the initialization section ---------------------------------------------------------------------------------- */

static uint32_t movie_timescale(struct rd moov)
{
    struct mp4_box mvhd;
    if (!mp4_box_find(moov, "mvhd", &mvhd))
        return 0;
    bool is_long = rd_u32(&mvhd.body) >> 24 == 1;
    rd_bytes(&mvhd.body, is_long ? 16 : 8);
    uint32_t timescale = rd_u32(&mvhd.body);
    return mvhd.body.bad ? 0 : timescale;
}

static void read_defaults(struct mp4_init_track *t, struct rd mvex)
{
    struct mp4_box trex;
    while (mp4_box_next(&mvex, &trex)) {
        struct rd *r = &trex.body;
        if (!mp4_box_is(&trex, "trex"))
            continue;
        rd_u32(r);
        uint32_t id = rd_u32(r);
        rd_u32(r); /* the sample description: there is one */
        uint32_t duration = rd_u32(r), size = rd_u32(r), flags = rd_u32(r);
        if (r->bad || id != t->id)
            continue;
        t->duration = duration;
        t->size = size;
        t->flags = flags;
    }
}

static bool read_track(struct mp4_init_track *t, struct rd trak, uint32_t timescale)
{
    struct mp4_tables tables;
    if (!mp4_tables_read(&tables, trak, timescale))
        return false;
    *t = (struct mp4_init_track){ .id = tables.id,
                                  .timescale = tables.timescale,
                                  .shift = tables.shift,
                                  .is_video = str_equal(tables.handler, "vide") };
    return (t->is_video || str_equal(tables.handler, "soun")) && mp4_entry_read(tables.entry, &t->entry);
}

bool mp4_init_read(struct mp4_init *init, const uint8_t *bytes, size_t len)
{
    struct mp4_box moov, mvex, trak;
    *init = (struct mp4_init){ .n = 0 };
    if (!mp4_box_find(rd_over(bytes, len), "moov", &moov))
        return false;
    uint32_t  timescale = movie_timescale(moov.body);
    bool      has_defaults = mp4_box_find(moov.body, "mvex", &mvex);
    struct rd in = moov.body;
    while (init->n < MP4_INIT_TRACKS_MAX && mp4_box_next(&in, &trak)) {
        struct mp4_init_track *t = &init->tracks[init->n];
        if (!mp4_box_is(&trak, "trak") || !read_track(t, trak.body, timescale))
            continue;
        if (has_defaults)
            read_defaults(t, mvex.body);
        init->n++;
    }
    return init->n > 0;
}

bool mp4_init_takes(const struct mp4_init *init, const struct mp4_init_track *t)
{
    for (const struct mp4_init_track *before = init->tracks; before < t; before++)
        if (before->is_video == t->is_video)
            return false;
    return true;
}

struct frame_unit mp4_init_unit(const struct mp4_init_track *t)
{
    return (struct frame_unit){ .codec = t->entry.codec,
                                .form = UNIT_CONFIG,
                                .channels = t->entry.channels,
                                .bytes = rd_over(t->entry.config, t->entry.config_len) };
}

struct frame_unit mp4_fragment_unit(const struct mp4_fragment_sample *s)
{
    return (struct frame_unit){ .codec = s->track->entry.codec,
                                .form = UNIT_STORED,
                                .channels = s->track->entry.channels,
                                .is_key = s->track->is_video && s->key,
                                .dts_us = s->dts_us,
                                .pts_us = s->pts_us,
                                .bytes = s->bytes };
}

/* ---- a fragment -------------------------------------------------------------------------------------------------- */

static const struct mp4_init_track *find_track(const struct mp4_init *init, uint32_t id)
{
    for (size_t i = 0; i < init->n; i++)
        if (init->tracks[i].id == id)
            return &init->tracks[i];
    return NULL;
}

static uint32_t or_else(struct rd *r, bool has, uint32_t otherwise)
{
    return has ? rd_u32(r) : otherwise;
}

/* Read the head of a track in a fragment. False: it is malformed, or of a track that is left out (then r.track is NULL). */
static bool read_head(struct mp4_fragments *f, struct mp4_run *r, struct rd traf, uint64_t moof_at)
{
    struct mp4_box tfhd, tfdt;
    *r = (struct mp4_run){ .boxes = traf, .base = moof_at };
    if (!mp4_box_find(traf, "tfhd", &tfhd) || !mp4_box_find(traf, "tfdt", &tfdt))
        return false;
    struct rd *h = &tfhd.body;
    uint32_t   has = rd_u32(h), id = rd_u32(h);
    if (h->bad || !(r->track = find_track(f->init, id)))
        return !h->bad;
    if (has & TFHD_BASE_OFFSET)
        r->base = rd_u64(h);
    if (has & TFHD_DESCRIPTION)
        rd_u32(h);
    r->duration = or_else(h, has & TFHD_DURATION, r->track->duration);
    r->size = or_else(h, has & TFHD_SIZE, r->track->size);
    r->flags = or_else(h, has & TFHD_FLAGS, r->track->flags);
    r->at = r->base;
    bool     is_long = rd_u32(&tfdt.body) >> 24 == 1;
    uint64_t dts = is_long ? rd_u64(&tfdt.body) : rd_u32(&tfdt.body);
    r->dts = (int64_t)dts;
    return !h->bad && !tfdt.body.bad && dts <= (uint64_t)MP4_TABLE_TIME_MAX && r->base <= (uint64_t)MP4_TABLE_TIME_MAX;
}

static void read_moof(struct mp4_fragments *f, const struct mp4_box *moof)
{
    struct rd      in = moof->body;
    struct mp4_box traf;
    uint64_t       moof_at = (uint64_t)(moof->bytes - f->segment.p);
    while (!f->bad && f->n_runs < MP4_INIT_TRACKS_MAX && mp4_box_next(&in, &traf)) {
        struct mp4_run *r = &f->runs[f->n_runs];
        if (!mp4_box_is(&traf, "traf"))
            continue;
        f->bad |= !read_head(f, r, traf.body, moof_at);
        f->n_runs += r->track != NULL;
    }
    f->bad |= in.bad;
}

/* Begin with a trun. Samples of which it says nothing are bounded by the segment: each has a byte of its own. */
static bool read_trun(struct mp4_run *r, struct rd in)
{
    r->has = rd_u32(&in);
    r->n_left = rd_u32(&in);
    if (r->has & TRUN_OFFSET)
        r->at = (uint64_t)((int64_t)r->base + (int32_t)rd_u32(&in));
    r->has_first_flags = r->has & TRUN_FIRST_FLAGS;
    r->first_flags = or_else(&in, r->has_first_flags, 0);
    r->samples = in;
    return !in.bad;
}

/* Go to the next trun of the run when there are no more samples in this one. */
static bool refill(struct mp4_run *r)
{
    struct mp4_box b;
    bool           ok = true;
    while (ok && r->n_left == 0 && mp4_box_next(&r->boxes, &b))
        if (mp4_box_is(&b, "trun"))
            ok = read_trun(r, b.body);
    return ok && !r->boxes.bad;
}

/*
 * Take the next sample of a run that has one. False: it lies outside the segment, the samples are longer than the segment together, or its
 * times are beyond all bounds.
 */
static bool take(struct mp4_fragments *f, struct mp4_run *r, struct mp4_fragment_sample *s)
{
    const struct mp4_init_track *t = r->track;
    uint32_t                     duration = or_else(&r->samples, r->has & TRUN_DURATION, r->duration);
    uint32_t                     size = or_else(&r->samples, r->has & TRUN_SIZE, r->size);
    uint32_t flags = or_else(&r->samples, r->has & TRUN_FLAGS, r->has_first_flags ? r->first_flags : r->flags);
    int32_t  offset = (int32_t)or_else(&r->samples, r->has & TRUN_COMPOSITION, 0);
    size_t   len = rd_left(&f->segment);
    r->has_first_flags = false;
    r->n_left--;
    if (r->samples.bad || size == 0 || size > f->bytes_left || r->at > len - size || r->dts > MP4_TABLE_TIME_MAX)
        return false;
    f->bytes_left -= size;
    *s = (struct mp4_fragment_sample){ .track = t,
                                       .dts_us = mp4_us_from_ticks(r->dts + t->shift, t->timescale),
                                       .pts_us = mp4_us_from_ticks(r->dts + t->shift + offset, t->timescale),
                                       .key = !(flags & SAMPLE_IS_NO_KEY),
                                       .bytes = rd_over(f->segment.p + r->at, size) };
    r->at += size;
    r->dts += duration;
    return true;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

void mp4_fragments_begin(struct mp4_fragments *f, const struct mp4_init *init, const uint8_t *bytes, size_t len)
{
    *f = (struct mp4_fragments){
        .init = init, .segment = rd_over(bytes, len), .rest = rd_over(bytes, len), .bytes_left = len
    };
}

/* The run whose next sample is decoded first; NULL: none has any. */
static struct mp4_run *find_first(struct mp4_fragments *f)
{
    struct mp4_run *first = NULL;
    int64_t         first_us = 0;
    for (size_t i = 0; i < f->n_runs && !f->bad; i++) {
        struct mp4_run *r = &f->runs[i];
        f->bad |= !refill(r);
        int64_t us = mp4_us_from_ticks(r->dts + r->track->shift, r->track->timescale);
        if (r->n_left && (!first || us < first_us)) {
            first = r;
            first_us = us;
        }
    }
    return f->bad ? NULL : first;
}

bool mp4_fragments_next(struct mp4_fragments *f, struct mp4_fragment_sample *s)
{
    struct mp4_run *r;
    struct mp4_box  b;
    while (!f->bad && !(r = find_first(f))) {
        f->n_runs = 0;
        if (f->bad || !mp4_box_next(&f->rest, &b)) {
            f->bad |= f->rest.bad;
            return false;
        }
        if (mp4_box_is(&b, "moof"))
            read_moof(f, &b);
    }
    if (f->bad)
        return false;
    f->bad = !take(f, r, s);
    return !f->bad;
}
