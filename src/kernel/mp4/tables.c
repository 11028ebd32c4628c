#include "kernel/mp4/tables.h"

#include "kernel/mp4/box_read.h"

/* ---- headers of the track ---------------------------------------------------------------------------------------- */

static void skip(struct rd *r, size_t n)
{
    rd_bytes(r, n);
}

/* Skip version, flags and both times of tkhd or mdhd. */
static void skip_times(struct rd *r)
{
    bool is_long = rd_u8(r) == 1;
    skip(r, 3 + (is_long ? 16 : 8));
}

static bool read_headers(struct mp4_tables *t, struct rd trak, struct rd *minf)
{
    struct mp4_box tkhd, mdia, mdhd, hdlr, b;
    if (!mp4_box_find(trak, "tkhd", &tkhd) || !mp4_box_find(trak, "mdia", &mdia) ||
        !mp4_box_find(mdia.body, "mdhd", &mdhd) || !mp4_box_find(mdia.body, "hdlr", &hdlr) ||
        !mp4_box_find(mdia.body, "minf", &b))
        return false;
    skip_times(&tkhd.body);
    t->id = rd_u32(&tkhd.body);
    skip_times(&mdhd.body);
    t->timescale = rd_u32(&mdhd.body);
    skip(&hdlr.body, 8);
    const uint8_t *handler = rd_bytes(&hdlr.body, 4);
    if (handler)
        memcpy(t->handler, handler, 4);
    *minf = b.body;
    return handler && !tkhd.body.bad && !mdhd.body.bad && t->id && t->timescale && t->timescale <= MP4_TIMESCALE_MAX;
}

/* ---- the edit list ----------------------------------------------------------------------------------------------- */

struct edit {
    uint64_t duration; /* ticks of the movie */
    int64_t  media_time;
    uint32_t rate;
};

static struct edit read_edit(struct rd *r, bool is_long)
{
    struct edit e;
    e.duration = is_long ? rd_u64(r) : rd_u32(r);
    e.media_time = is_long ? (int64_t)rd_u64(r) : (int32_t)rd_u32(r);
    e.rate = rd_u32(r);
    return e;
}

static bool read_edits(struct mp4_tables *t, struct rd trak, uint32_t movie_timescale)
{
    enum { RATE_1 = 0x10000 };
    struct mp4_box edts, elst;
    uint64_t       wait = 0;
    if (!mp4_box_find(trak, "edts", &edts) || !mp4_box_find(edts.body, "elst", &elst))
        return true;
    struct rd r = elst.body;
    bool      is_long = rd_u32(&r) >> 24 == 1;
    uint32_t  n = rd_u32(&r);
    for (uint32_t i = 0; i < n && !r.bad; i++) {
        struct edit e = read_edit(&r, is_long);
        if (e.media_time == -1 && e.duration < (uint64_t)MP4_TABLE_TIME_MAX && i + 1 < n) {
            wait += e.duration;
            if (wait > (uint64_t)MP4_TABLE_TIME_MAX)
                return false;
            continue;
        }
        if (e.media_time < 0 || e.media_time > MP4_TABLE_TIME_MAX || e.rate != RATE_1 || i + 1 < n)
            return false;
        t->shift = -e.media_time;
    }
    t->shift +=
        (int64_t)(wait / movie_timescale * t->timescale + wait % movie_timescale * t->timescale / movie_timescale);
    return !r.bad && t->shift <= MP4_TABLE_TIME_MAX;
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

/* The entries of a table of `len` bytes each. */
static bool read_entries(struct rd stbl, const char *type, size_t len, struct rd *entries)
{
    struct mp4_box b;
    if (!mp4_box_find(stbl, type, &b))
        return false;
    skip(&b.body, 4);
    uint32_t n = rd_u32(&b.body);
    if (b.body.bad || n > rd_left(&b.body) / len)
        return false;
    *entries = rd_over(b.body.p, n * len);
    return true;
}

static bool is_there(struct rd stbl, const char *type)
{
    struct mp4_box b;
    return mp4_box_find(stbl, type, &b);
}

static bool read_entry(struct mp4_tables *t, struct rd stbl)
{
    struct mp4_box stsd, entry;
    if (!mp4_box_find(stbl, "stsd", &stsd))
        return false;
    skip(&stsd.body, 4);
    if (rd_u32(&stsd.body) != 1 || !mp4_box_next(&stsd.body, &entry))
        return false;
    t->entry = rd_over(entry.bytes, entry.len);
    return true;
}

static bool read_sizes(struct mp4_tables *t, struct rd stbl)
{
    struct mp4_box b;
    if (!mp4_box_find(stbl, "stsz", &b))
        return false;
    skip(&b.body, 4);
    t->fixed_size = rd_u32(&b.body);
    t->n_samples = rd_u32(&b.body);
    if (b.body.bad || t->n_samples > MP4_TABLE_SAMPLES_MAX)
        return false;
    t->sizes = rd_over(b.body.p, t->fixed_size ? 0 : (size_t)t->n_samples * 4);
    return t->fixed_size || rd_left(&b.body) / 4 >= t->n_samples;
}

static bool read_tables(struct mp4_tables *t, struct rd stbl)
{
    if (is_there(stbl, "saio") ||
        is_there(stbl, "saiz")) /* encrypted: the auxiliary data of its samples lie elsewhere */
        return false;
    if (is_there(stbl, "ctts") && !read_entries(stbl, "ctts", 8, &t->offsets))
        return false;
    t->all_keys = !is_there(stbl, "stss");
    if (!t->all_keys && !read_entries(stbl, "stss", 4, &t->keys))
        return false;
    t->are_long = is_there(stbl, "co64");
    return read_entry(t, stbl) && read_sizes(t, stbl) && read_entries(stbl, "stts", 8, &t->durations) &&
           read_entries(stbl, "stsc", 12, &t->runs) &&
           read_entries(stbl, t->are_long ? "co64" : "stco", t->are_long ? 8 : 4, &t->chunks);
}

bool mp4_tables_read(struct mp4_tables *t, struct rd trak, uint32_t movie_timescale)
{
    struct rd      minf;
    struct mp4_box stbl;
    *t = (struct mp4_tables){ .trak = trak };
    return movie_timescale && read_headers(t, trak, &minf) && read_edits(t, trak, movie_timescale) &&
           mp4_box_find(minf, "stbl", &stbl) && read_tables(t, stbl.body);
}

/* ---- the cursor -------------------------------------------------------------------------------------------------- */

static void next_run(struct mp4_cursor *c)
{
    struct rd *r = &c->left.runs;
    uint32_t   last = c->next_run;
    c->per_chunk = c->next_per_chunk;
    c->next_run = rd_left(r) ? rd_u32(r) : 0;
    if (!c->next_run)
        return;
    c->next_per_chunk = rd_u32(r);
    if (rd_u32(r) != 1 || c->next_run <= last) /* sample_description_index: there is one */
        c->bad = true;
}

static void next_key(struct mp4_cursor *c)
{
    struct rd *r = &c->left.keys;
    uint32_t   last = c->key;
    c->key = rd_left(r) ? rd_u32(r) : 0;
    if (c->key && c->key <= last)
        c->bad = true;
}

void mp4_cursor_begin(struct mp4_cursor *c, const struct mp4_tables *t)
{
    *c = (struct mp4_cursor){ .left = *t };
    next_run(c);
    next_key(c);
    c->bad |= t->n_samples > 0 && c->next_run != 1;
}

/* Go to the chunk of the next sample. */
static void next_chunk(struct mp4_cursor *c)
{
    while (!c->bad && c->in_chunk == 0) {
        struct rd *r = &c->left.chunks;
        if (++c->chunk == c->next_run)
            next_run(c);
        c->in_chunk = c->per_chunk;
        c->at = c->left.are_long ? rd_u64(r) : rd_u32(r);
        c->bad |= r->bad || c->at > INT64_MAX / 2;
    }
}

/* Samples that share a value: go to the next ones of them. False at the end of the table. */
static bool next_same(struct rd *r, uint32_t *n, uint32_t *value)
{
    while (*n == 0 && rd_left(r)) {
        *n = rd_u32(r);
        *value = rd_u32(r);
    }
    return *n > 0;
}

bool mp4_cursor_next(struct mp4_cursor *c, struct mp4_table_sample *s)
{
    struct mp4_tables *t = &c->left;
    if (c->bad || c->n == t->n_samples)
        return false;
    next_chunk(c);
    c->bad |= !next_same(&t->durations, &c->n_same, &c->duration);
    bool     has_offset = next_same(&t->offsets, &c->n_same_offset, &c->offset);
    uint32_t len = t->fixed_size ? t->fixed_size : rd_u32(&t->sizes);
    if (c->bad || len > MP4_TABLE_SAMPLE_BYTES_MAX || c->dts > MP4_TABLE_TIME_MAX) {
        c->bad = true;
        return false;
    }
    c->n++;
    *s = (struct mp4_table_sample){ .at = c->at, .len = len, .duration = c->duration, .dts = c->dts + t->shift };
    s->pts =
        s->dts + (has_offset ? (int32_t)c->offset : 0); /* version 0 has no offset that is as large as to be negative */
    s->key = t->all_keys || c->key == c->n;
    if (c->key == c->n)
        next_key(c);
    c->at += len;
    c->dts += c->duration;
    c->in_chunk--;
    c->n_same--;
    c->n_same_offset -= has_offset;
    return true;
}
