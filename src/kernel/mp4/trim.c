#include "kernel/mp4/trim.h"

#include "core/mem.h"
#include "kernel/mp4/box_read.h"
#include "kernel/mp4/flat.h"
#include "kernel/mp4/tables.h"

enum { MDAT_HEADER_LEN = 16 }; /* with a size of 64 bits */

/* Added to the times of all tracks, in seconds, so that none is negative: edit lists move samples before the beginning. */
enum { FORWARD_S = 1 << 20 };

struct cut {
    struct mp4_trim  *wish;
    struct mp4_flat   flat;
    struct mp4_tables tables[MP4_FLAT_TRACKS];
    bool              is_kept[MP4_FLAT_TRACKS];
    int64_t           start_us; /* where the first key frame is presented */
    int64_t           began_us; /* where the first sample is presented */
};

static bool is_media(const struct mp4_tables *t)
{
    return strcmp(t->handler, "vide") == 0 || strcmp(t->handler, "soun") == 0;
}

static bool read_tracks(struct cut *c)
{
    bool any = false;
    if (!mp4_flat_begin(&c->flat, c->wish->moov, c->wish->moov_len))
        return false;
    for (size_t i = 0; i < MP4_FLAT_TRACKS; i++) {
        struct mp4_tables *t = &c->tables[i];
        if (!c->flat.tracks[i].id)
            continue;
        bool is_read = mp4_tables_read(t, c->flat.tracks[i].trak, c->flat.timescale);
        c->is_kept[i] = is_media(t);
        if (c->is_kept[i] && !is_read)
            return false;
        any |= c->is_kept[i];
    }
    return any;
}

/* The track whose key frames count: the first video, or the first one. */
static const struct mp4_tables *leader(const struct cut *c)
{
    const struct mp4_tables *first = NULL;
    for (size_t i = 0; i < MP4_FLAT_TRACKS; i++) {
        if (!c->is_kept[i])
            continue;
        if (c->tables[i].handler[0] == 'v')
            return &c->tables[i];
        first = first ? first : &c->tables[i];
    }
    return first;
}

/* Find the number of the sample with which the part begins. */
static bool find_key(struct cut *c, const struct mp4_tables *t, uint32_t *number)
{
    struct mp4_cursor       at;
    struct mp4_table_sample s;
    int64_t                 wanted = mp4_ticks_from_us(c->wish->start_us, t->timescale), found = 0;
    mp4_cursor_begin(&at, t);
    for (*number = 0; mp4_cursor_next(&at, &s);) {
        if (!s.key || (*number && s.pts > wanted))
            continue;
        *number = at.n;
        found = s.pts;
    }
    c->start_us = mp4_us_from_ticks(found, t->timescale);
    return *number && !at.bad;
}

/* The least composition offset: it may be negative. */
static int64_t least_offset(const struct mp4_tables *t)
{
    struct mp4_cursor       at;
    struct mp4_table_sample s;
    int64_t                 least = 0;
    mp4_cursor_begin(&at, t);
    while (mp4_cursor_next(&at, &s))
        least = s.pts - s.dts < least ? s.pts - s.dts : least;
    return least;
}

static void widen(struct mp4_trim *m, const struct mp4_table_sample *s)
{
    m->from = s->at < m->from ? s->at : m->from;
    m->to = s->at + s->len > m->to ? s->at + s->len : m->to;
}

/* Add the samples of a track that are in the part: from a number on, or with 0 from the time of the key frame on. */
static bool add_track(struct cut *c, size_t i, uint32_t number)
{
    const struct mp4_tables *t = &c->tables[i];
    struct mp4_trim         *m = c->wish;
    struct mp4_cursor        at;
    struct mp4_table_sample  s;
    int64_t                  least = least_offset(t), forward = (int64_t)FORWARD_S * t->timescale + least;
    int64_t                  begin = mp4_ticks_from_us(c->start_us, t->timescale), end = INT64_MAX;
    if (m->end_us != INT64_MAX)
        end = mp4_ticks_from_us(m->end_us, t->timescale);
    mp4_cursor_begin(&at, t);
    while (mp4_cursor_next(&at, &s) && s.dts < end) {
        if (number ? at.n < number : s.pts < begin)
            continue;
        if (s.at + s.len > m->file_len || s.dts + forward < 0)
            return false;
        widen(m, &s);
        int64_t us = mp4_us_from_ticks(s.pts, t->timescale);
        c->began_us = us < c->began_us ? us : c->began_us;
        mp4_flat_add_sample(&c->flat.tracks[i],
                            &(struct mp4_flat_sample){ .dts = s.dts + forward,
                                                       .shown = (uint32_t)(s.pts - s.dts - least),
                                                       .duration = s.duration,
                                                       .len = s.len,
                                                       .key = s.key },
                            s.at);
    }
    return !at.bad;
}

static bool add_tracks(struct cut *c)
{
    const struct mp4_tables *lead = leader(c);
    uint32_t                 number;
    c->wish->from = UINT64_MAX;
    c->wish->to = 0;
    if (!find_key(c, lead, &number))
        return false;
    c->began_us = c->start_us;
    for (size_t i = 0; i < MP4_FLAT_TRACKS; i++) /* A part that begins with the file has all of its sound. */
        if (c->is_kept[i] && !add_track(c, i, number == 1 || &c->tables[i] == lead ? number : 0))
            return false;
    return c->wish->from < c->wish->to;
}

static void write_head(struct cut *c, struct wr *w, int64_t delta)
{
    struct mp4_trim *m = c->wish;
    if (m->ftyp)
        wr_bytes(w, m->ftyp, m->ftyp_len);
    mp4_flat_write(&c->flat, w, delta);
    wr_u32(w, 1); /* The size follows the type. */
    wr_bytes(w, "mdat", 4);
    wr_u64(w, MDAT_HEADER_LEN + m->to - m->from);
}

static enum mp4_trimmed make_head(struct cut *c)
{
    struct mp4_trim *m = c->wish;
    m->began_us = c->began_us > 0 ? c->began_us : 0;
    m->part_us = mp4_flat_duration_us(&c->flat);
    size_t room = m->ftyp_len + mp4_flat_room(&c->flat) + MDAT_HEADER_LEN;
    m->head = mem_alloc(room);
    if (!m->head)
        return MP4_TRIM_NO_MEMORY;
    struct wr w = wr_over(m->head, room);
    write_head(c, &w, 0);
    m->head_len = wr_len(&w);
    w = wr_over(m->head, room);
    write_head(c, &w, (int64_t)m->head_len - (int64_t)m->from);
    if (!w.full) {
        m->head = mem_shrink(m->head, m->head_len);
        return MP4_TRIM_OK;
    }
    mem_free(m->head);
    m->head = NULL;
    return MP4_TRIM_CANNOT;
}

enum mp4_trimmed mp4_trim(struct mp4_trim *m)
{
    struct cut      *c = mem_calloc(1, sizeof *c);
    enum mp4_trimmed result = MP4_TRIM_CANNOT;
    m->head = NULL;
    m->head_len = 0;
    if (!c)
        return MP4_TRIM_NO_MEMORY;
    c->wish = m;
    if (m->start_us >= 0 && m->start_us < (int64_t)FORWARD_S * 1000000 && read_tracks(c) && add_tracks(c))
        result = mp4_flat_is_whole(&c->flat) ? make_head(c) : MP4_TRIM_NO_MEMORY;
    mp4_flat_finish(&c->flat);
    mem_free(c);
    return result;
}
