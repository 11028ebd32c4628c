#include "kernel/mp4/flat.h"

#include "core/attr.h"
#include "core/clock.h"
#include "kernel/mp4/box_read.h"
#include "kernel/mp4/sample.h"

/* Most bytes of a table: some 60 million samples. */
enum { TABLE_MAX = 256 << 20 };

/* Most ticks in a second, and the largest time: half a year in microseconds. */
enum { TIMESCALE_MAX = 1000000 };
#define TIME_MAX (INT64_C(1) << 42)

enum { NOT_A_SYNC_SAMPLE = 0x10000 }; /* 8.8.3.1: sample_is_non_sync_sample */

enum { CHUNK_SAMPLES_MAX = 256 }; /* Players may read a chunk as a whole. */

struct run {
    uint32_t n, value;
};

struct chunk {
    uint64_t at;
    uint32_t n;
};

/* ---- the old moov ------------------------------------------------------------------------------------------------ */

static void skip(struct rd *r, size_t n)
{
    rd_bytes(r, n);
}

static bool begin_track(struct mp4_flat_track *t, struct rd trak)
{
    struct mp4_box tkhd, mdia, mdhd;
    *t = (struct mp4_flat_track){ .trak = trak, .first_pts = INT64_MAX };
    t->durations = t->offsets = t->sizes = t->keys = t->chunks = buf_up_to(TABLE_MAX);
    if (!mp4_box_find(trak, "tkhd", &tkhd) || !mp4_box_find(trak, "mdia", &mdia) ||
        !mp4_box_find(mdia.body, "mdhd", &mdhd))
        return false;
    bool is_long = rd_u8(&tkhd.body) == 1;
    skip(&tkhd.body, 3 + (is_long ? 16 : 8));
    t->id = rd_u32(&tkhd.body);
    is_long = rd_u8(&mdhd.body) == 1;
    skip(&mdhd.body, 3 + (is_long ? 16 : 8));
    t->timescale = rd_u32(&mdhd.body);
    return !tkhd.body.bad && !mdhd.body.bad && t->id && t->timescale && t->timescale <= TIMESCALE_MAX;
}

bool mp4_flat_begin(struct mp4_flat *f, const uint8_t *moov, size_t len)
{
    struct rd      r = rd_over(moov, len);
    struct mp4_box outer, b;
    size_t         n = 0;
    *f = (struct mp4_flat){ 0 };
    if (!mp4_box_next(&r, &outer) || !mp4_box_is(&outer, "moov") || !mp4_box_find(outer.body, "mvhd", &b))
        return false;
    f->mvhd = b.body;
    struct rd mvhd = b.body;
    bool      is_long = rd_u8(&mvhd) == 1;
    skip(&mvhd, 3 + (is_long ? 16 : 8));
    f->timescale = rd_u32(&mvhd);
    while (mp4_box_next(&outer.body, &b))
        if (mp4_box_is(&b, "trak") && (n == MP4_FLAT_TRACKS || !begin_track(&f->tracks[n++], b.body)))
            return false;
    return !outer.body.bad && !mvhd.bad && f->timescale && f->timescale <= TIMESCALE_MAX && n > 0;
}

/* ---- fragments ---------------------------------------------------------------------------------------------------- */

static struct mp4_flat_track *track_of(struct mp4_flat *f, uint32_t id)
{
    for (size_t i = 0; i < MP4_FLAT_TRACKS; i++)
        if (id && f->tracks[i].id == id)
            return &f->tracks[i];
    return NULL;
}

static void add_run(struct buf *runs, uint32_t value)
{
    struct run *last = runs->len ? (struct run *)(void *)(runs->bytes + runs->len) - 1 : NULL;
    if (last && last->value == value && last->n < UINT32_MAX)
        last->n++;
    else
        buf_append(runs, &(struct run){ 1, value }, sizeof(struct run));
}

/* The duration of the last sample is known now. */
static void end_sample(struct mp4_flat_track *t, int64_t dts)
{
    int64_t duration = dts - t->last_dts;
    if (t->n_samples)
        add_run(&t->durations, duration < 0 ? 0 : duration > UINT32_MAX ? UINT32_MAX : (uint32_t)duration);
}

/* Samples that lie side by side are one chunk. */
static void add_to_chunk(struct mp4_flat_track *t, uint64_t at, uint32_t len)
{
    struct chunk *last = t->chunks.len ? (struct chunk *)(void *)(t->chunks.bytes + t->chunks.len) - 1 : NULL;
    if (last && at == t->chunk_end && last->n < CHUNK_SAMPLES_MAX)
        last->n++;
    else
        buf_append(&t->chunks, &(struct chunk){ at, 1 }, sizeof(struct chunk));
    t->chunk_end = at + len;
}

void mp4_flat_add_sample(struct mp4_flat_track *t, const struct mp4_flat_sample *s, uint64_t at)
{
    end_sample(t, s->dts);
    if (!t->n_samples)
        t->first_dts = s->dts;
    t->n_samples++;
    t->last_dts = s->dts;
    t->end = s->dts + s->duration;
    if (s->dts + s->shown < t->first_pts)
        t->first_pts = s->dts + s->shown;
    add_run(&t->offsets, s->shown);
    buf_append(&t->sizes, &s->len, sizeof s->len);
    if (s->key)
        buf_append(&t->keys, &t->n_samples, sizeof t->n_samples);
    add_to_chunk(t, at, s->len);
}

/* The defaults of a traf. */
struct traf {
    struct mp4_flat_track *track;
    int64_t                dts;
    uint32_t               duration, flags;
};

static void read_tfhd(struct mp4_flat *f, struct rd r, struct traf *traf, uint64_t moof_at)
{
    enum { BASE = 1, DESCRIPTION = 2, DURATION = 8, SIZE = 0x10, FLAGS = 0x20 };
    uint32_t has = rd_u32(&r) & 0xffffff;
    traf->track = track_of(f, rd_u32(&r));
    uint64_t base = has & BASE ? rd_u64(&r) : moof_at;
    skip(&r, has & DESCRIPTION ? 4 : 0);
    traf->duration = has & DURATION ? rd_u32(&r) : 0;
    skip(&r, has & SIZE ? 4 : 0);
    traf->flags = has & FLAGS ? rd_u32(&r) : 0;
    if (r.bad || base != moof_at)
        traf->track = NULL;
}

static bool read_trun(struct rd r, struct traf *traf, uint64_t moof_at)
{
    enum { DATA = 1, FIRST_FLAGS = 4, DURATION = 0x100, SIZE = 0x200, FLAGS = 0x400, SHOWN = 0x800 };
    uint32_t has = rd_u32(&r) & 0xffffff, n = rd_u32(&r);
    uint64_t at = moof_at + (has & DATA ? rd_u32(&r) : 0);
    uint32_t first_flags = has & FIRST_FLAGS ? rd_u32(&r) : 0;
    if (r.bad || !(has & DATA) || !(has & SIZE) || n == 0) /* Each sample has bytes here, so their number is bounded. */
        return !r.bad && n == 0;
    if (!(has & DURATION) && !traf->duration) /* It stands in the moov of others (trex), which is not read. */
        return false;
    for (uint32_t i = 0; i < n && !r.bad; i++) {
        struct mp4_flat_sample s = { .dts = traf->dts };
        s.duration = has & DURATION ? rd_u32(&r) : traf->duration;
        s.len = rd_u32(&r);
        uint32_t flags = has & FLAGS ? rd_u32(&r) : i == 0 && (has & FIRST_FLAGS) ? first_flags : traf->flags;
        s.key = !(flags & NOT_A_SYNC_SAMPLE);
        s.shown = has & SHOWN ? rd_u32(&r) : 0;
        if (r.bad || s.dts > TIME_MAX)
            return false;
        mp4_flat_add_sample(traf->track, &s, at);
        traf->dts += s.duration;
        at += s.len;
    }
    return !r.bad;
}

static bool add_traf(struct mp4_flat *f, struct rd in, uint64_t moof_at)
{
    struct mp4_box tfhd, tfdt, trun, more;
    struct traf    traf = { 0 };
    if (!mp4_box_find(in, "tfhd", &tfhd) || !mp4_box_find(in, "tfdt", &tfdt) || !mp4_box_find(in, "trun", &trun))
        return false;
    if (mp4_box_find((struct rd){ .p = trun.bytes + trun.len, .end = in.end }, "trun", &more))
        return false;
    read_tfhd(f, tfhd.body, &traf, moof_at);
    uint32_t version = rd_u32(&tfdt.body) >> 24;
    traf.dts = version == 1 ? (int64_t)rd_u64(&tfdt.body) : rd_u32(&tfdt.body);
    return traf.track && !tfdt.body.bad && traf.dts >= 0 && read_trun(trun.body, &traf, moof_at);
}

bool mp4_flat_is_whole(struct mp4_flat *f)
{
    for (size_t i = 0; i < MP4_FLAT_TRACKS; i++) {
        const struct mp4_flat_track *t = &f->tracks[i];
        f->is_out_of_memory |=
            t->durations.fault || t->offsets.fault || t->sizes.fault || t->keys.fault || t->chunks.fault;
    }
    return !f->is_out_of_memory;
}

bool mp4_flat_add(struct mp4_flat *f, const uint8_t *moof, size_t len, uint64_t at)
{
    struct rd      r = rd_over(moof, len);
    struct mp4_box outer, b;
    if (!mp4_box_next(&r, &outer) || !mp4_box_is(&outer, "moof"))
        return false;
    while (mp4_box_next(&outer.body, &b))
        if (mp4_box_is(&b, "traf") && !add_traf(f, b.body, at))
            return false;
    return !outer.body.bad && mp4_flat_is_whole(f);
}

/* ---- times -------------------------------------------------------------------------------------------------------- */

/* Ticks of one timescale in another, rounded to the nearest; the times of a file fit. */
static int64_t rescale(int64_t ticks, uint32_t from, uint32_t to)
{
    return ticks / from * to + (ticks % from * to + from / 2) / from;
}

/* The earliest presentation of all tracks, in ticks of the movie. */
static int64_t begin_of(const struct mp4_flat *f)
{
    int64_t begin = INT64_MAX;
    for (size_t i = 0; i < MP4_FLAT_TRACKS; i++) {
        const struct mp4_flat_track *t = &f->tracks[i];
        int64_t                      at = t->n_samples ? rescale(t->first_pts, t->timescale, f->timescale) : INT64_MAX;
        begin = at < begin ? at : begin;
    }
    return begin;
}

static int64_t media_duration(const struct mp4_flat_track *t)
{
    return t->end - t->first_dts;
}

/* The time before a track begins, and how long it lasts, in ticks of the movie. */
static int64_t wait_of(const struct mp4_flat *f, const struct mp4_flat_track *t)
{
    return rescale(t->first_pts, t->timescale, f->timescale) - begin_of(f);
}

static int64_t length_of(const struct mp4_flat *f, const struct mp4_flat_track *t)
{
    return rescale(media_duration(t), t->timescale, f->timescale);
}

static int64_t duration_of(const struct mp4_flat *f)
{
    int64_t longest = 0;
    for (size_t i = 0; i < MP4_FLAT_TRACKS; i++) {
        const struct mp4_flat_track *t = &f->tracks[i];
        int64_t                      end = t->n_samples ? wait_of(f, t) + length_of(f, t) : 0;
        longest = end > longest ? end : longest;
    }
    return longest;
}

int64_t mp4_flat_duration_us(const struct mp4_flat *f)
{
    return f->timescale ? rescale(duration_of(f), f->timescale, US_PER_SECOND) : 0;
}

/* ---- the new moov ------------------------------------------------------------------------------------------------- */

static void copy(struct wr *w, struct rd in, const char *type)
{
    struct mp4_box b;
    if (mp4_box_find(in, type, &b))
        wr_bytes(w, b.bytes, b.len);
}

/* A box whose version 1 has a duration of 64 bits behind times and `n_between` bytes. */
static void write_with_duration(struct wr *w, const char *type, struct rd old, size_t n_between, int64_t duration)
{
    uint32_t head = rd_u32(&old);
    bool     was_long = head >> 24 == 1;
    size_t   box = mp4_full_box_begin(w, type, 1, head & 0xffffff);
    skip(&old, was_long ? 16 : 8);
    mp4_zeros(w, 16); /* creation and modification: not told */
    const uint8_t *between = rd_bytes(&old, n_between);
    if (between)
        wr_bytes(w, between, n_between);
    wr_u64(w, (uint64_t)duration);
    skip(&old, was_long ? 8 : 4);
    size_t         rest = rd_left(&old);
    const uint8_t *after = rd_bytes(&old, rest);
    if (after)
        wr_bytes(w, after, rest);
    mp4_box_end(w, box);
}

static void write_edits(const struct mp4_flat *f, const struct mp4_flat_track *t, struct wr *w)
{
    int64_t wait = wait_of(f, t);
    size_t  edts = mp4_box_begin(w, "edts"), elst = mp4_full_box_begin(w, "elst", 1, 0);
    wr_u32(w, wait > 0 ? 2 : 1);
    if (wait > 0) {
        wr_u64(w, (uint64_t)wait);
        wr_u64(w, UINT64_MAX); /* 8.6.6: -1 is an empty edit */
        wr_u32(w, 0x10000);
    }
    wr_u64(w, (uint64_t)length_of(f, t));
    wr_u64(w, (uint64_t)(t->first_pts - t->first_dts));
    wr_u32(w, 0x10000);
    mp4_box_end(w, elst);
    mp4_box_end(w, edts);
}

/* Runs of values; the last sample of `durations` is not in a run yet. */
static void write_runs(struct wr *w, const char *type, const struct buf *runs, const struct run *last)
{
    const struct run *r = (const struct run *)(const void *)runs->bytes;
    size_t            n = runs->len / sizeof *r, box = mp4_full_box_begin(w, type, 0, 0);
    wr_u32(w, (uint32_t)(n + (last ? 1 : 0)));
    for (size_t i = 0; i < n; i++) {
        wr_u32(w, r[i].n);
        wr_u32(w, r[i].value);
    }
    if (last) {
        wr_u32(w, last->n);
        wr_u32(w, last->value);
    }
    mp4_box_end(w, box);
}

static void write_numbers(struct wr *w, const struct buf *numbers)
{
    const uint32_t *n = (const uint32_t *)(const void *)numbers->bytes;
    size_t          count = numbers->len / sizeof *n;
    wr_u32(w, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        wr_u32(w, n[i]);
}

static size_t count_chunks(const struct mp4_flat_track *t)
{
    return t->chunks.len / sizeof(struct chunk);
}

static void write_chunks(struct wr *w, const struct mp4_flat_track *t, int64_t delta)
{
    const struct chunk *c = (const struct chunk *)(const void *)t->chunks.bytes;
    size_t              n = count_chunks(t), stsc = mp4_full_box_begin(w, "stsc", 0, 0), n_at = wr_len(w);
    uint32_t            n_runs = 0;
    wr_u32(w, 0);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && c[i].n == c[i - 1].n)
            continue;
        n_runs++;
        wr_u32(w, (uint32_t)(i + 1));
        wr_u32(w, c[i].n);
        wr_u32(w, 1);
    }
    mp4_box_end(w, stsc);
    if (!w->full) {
        struct wr count = wr_over(w->start + n_at, 4);
        wr_u32(&count, n_runs);
    }
    size_t co64 = mp4_full_box_begin(w, "co64", 0, 0);
    wr_u32(w, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        wr_u64(w, c[i].at + (uint64_t)delta);
    mp4_box_end(w, co64);
}

static void write_stbl(struct wr *w, const struct mp4_flat_track *t, struct rd old, int64_t delta)
{
    const struct run last = { 1, (uint32_t)(t->end - t->last_dts) };
    size_t           stbl = mp4_box_begin(w, "stbl");
    copy(w, old, "stsd");
    write_runs(w, "stts", &t->durations, &last);
    if (t->offsets.len > sizeof(struct run) || ((const struct run *)(const void *)t->offsets.bytes)->value)
        write_runs(w, "ctts", &t->offsets, NULL);
    if (t->keys.len < t->sizes.len) {
        size_t stss = mp4_full_box_begin(w, "stss", 0, 0);
        write_numbers(w, &t->keys);
        mp4_box_end(w, stss);
    }
    size_t stsz = mp4_full_box_begin(w, "stsz", 0, 0);
    wr_u32(w, 0);
    write_numbers(w, &t->sizes);
    mp4_box_end(w, stsz);
    write_chunks(w, t, delta);
    mp4_box_end(w, stbl);
}

static void write_minf(struct wr *w, const struct mp4_flat_track *t, struct rd old, int64_t delta)
{
    struct mp4_box stbl;
    size_t         minf = mp4_box_begin(w, "minf");
    copy(w, old, "vmhd");
    copy(w, old, "smhd");
    copy(w, old, "dinf");
    if (mp4_box_find(old, "stbl", &stbl))
        write_stbl(w, t, stbl.body, delta);
    mp4_box_end(w, minf);
}

static void write_trak(const struct mp4_flat *f, const struct mp4_flat_track *t, struct wr *w, int64_t delta)
{
    struct mp4_box b, mdhd;
    if (!t->n_samples)
        return;
    size_t trak = mp4_box_begin(w, "trak");
    if (mp4_box_find(t->trak, "tkhd", &b))
        write_with_duration(w, "tkhd", b.body, 8, wait_of(f, t) + length_of(f, t));
    write_edits(f, t, w);
    if (mp4_box_find(t->trak, "mdia", &b)) {
        size_t mdia = mp4_box_begin(w, "mdia");
        if (mp4_box_find(b.body, "mdhd", &mdhd))
            write_with_duration(w, "mdhd", mdhd.body, 4, media_duration(t));
        copy(w, b.body, "hdlr");
        if (mp4_box_find(b.body, "minf", &b))
            write_minf(w, t, b.body, delta);
        mp4_box_end(w, mdia);
    }
    mp4_box_end(w, trak);
}

size_t mp4_flat_room(const struct mp4_flat *f)
{
    enum { BOXES_LEN = 1024 }; /* what is written beside tables and old boxes */
    size_t len = BOXES_LEN + rd_left(&f->mvhd);
    for (size_t i = 0; i < MP4_FLAT_TRACKS; i++) {
        const struct mp4_flat_track *t = &f->tracks[i];
        len += BOXES_LEN + rd_left(&t->trak) + t->durations.len + t->offsets.len + t->sizes.len + t->keys.len +
               count_chunks(t) * 20;
    }
    return len;
}

void mp4_flat_write(const struct mp4_flat *f, struct wr *w, int64_t delta)
{
    size_t moov = mp4_box_begin(w, "moov");
    write_with_duration(w, "mvhd", f->mvhd, 4, duration_of(f));
    for (size_t i = 0; i < MP4_FLAT_TRACKS; i++)
        write_trak(f, &f->tracks[i], w, delta);
    mp4_box_end(w, moov);
}

void mp4_flat_finish(struct mp4_flat *f)
{
    for (size_t i = 0; i < MP4_FLAT_TRACKS; i++) {
        struct mp4_flat_track *t = &f->tracks[i];
        buf_finish(&t->durations);
        buf_finish(&t->offsets);
        buf_finish(&t->sizes);
        buf_finish(&t->keys);
        buf_finish(&t->chunks);
    }
    *f = (struct mp4_flat){ 0 };
}
