#include "kernel/mp4/file.h"

#include <string.h>

#include "kernel/mp4/box_read.h"
#include "kernel/mp4/entry_read.h"

/* Read the codec and its record. False if the codec is none that is read. */
static bool read_entry(struct mp4_file_track *t)
{
    struct mp4_entry e;
    if (!mp4_entry_read(t->tables.entry, &e))
        return false;
    t->codec = e.codec;
    t->channels = e.channels;
    if (e.config_len)
        t->config = rd_over(e.config, e.config_len);
    return true;
}

/* Find the content of the moov: the boxes of a file, unlike those in it, may have sizes of 64 bits, or go on to its end. */
static bool find_moov(struct rd r, struct rd *moov)
{
    while (rd_left(&r) > 0) {
        size_t         left = rd_left(&r);
        struct rd      at = r;
        uint64_t       len = rd_u32(&at);
        const uint8_t *type = rd_bytes(&at, 4);
        if (len == 1)
            len = rd_u64(&at);
        else if (len == 0)
            len = left;
        size_t head = left - rd_left(&at);
        if (at.bad || len < head || len > left)
            return false;
        if (memcmp(type, "moov", 4) == 0) {
            *moov = rd_over(at.p, (size_t)len - head);
            return true;
        }
        rd_bytes(&r, (size_t)len);
    }
    return false;
}

static bool read_timescale(struct rd moov, uint32_t *timescale)
{
    struct mp4_box mvhd;
    if (!mp4_box_find(moov, "mvhd", &mvhd))
        return false;
    bool is_long = rd_u8(&mvhd.body) == 1;
    rd_bytes(&mvhd.body, 3 + (is_long ? 16 : 8));
    *timescale = rd_u32(&mvhd.body);
    return !mvhd.body.bad && *timescale && *timescale <= MP4_TIMESCALE_MAX;
}

/* Take a track, if it is the first one of its kind that can be read. */
static void take_track(struct mp4_file *f, struct rd trak, uint32_t timescale)
{
    struct mp4_file_track  t = { 0 };
    struct mp4_file_track *into;
    if (!mp4_tables_read(&t.tables, trak, timescale) || !read_entry(&t))
        return;
    into = &f->tracks[codec_kind(t.codec) == FRAME_VIDEO ? MP4_FILE_PICTURES : MP4_FILE_SOUND];
    if (into->is_there)
        return;
    *into = t;
    into->is_there = true;
}

static void step(struct mp4_file *f, struct mp4_file_track *t)
{
    size_t size = rd_left(&f->all);
    t->has_next = mp4_cursor_next(&t->at, &t->next) && t->next.at <= size && t->next.len <= size - t->next.at;
}

bool mp4_file_begin(struct mp4_file *f, const void *bytes, size_t len)
{
    struct rd      moov;
    struct mp4_box b;
    uint32_t       timescale = 0;
    *f = (struct mp4_file){ .all = rd_over(bytes, len) };
    if (!find_moov(f->all, &moov) || !read_timescale(moov, &timescale))
        return false;
    while (mp4_box_next(&moov, &b))
        if (mp4_box_is(&b, "trak"))
            take_track(f, b.body, timescale);
    mp4_file_rewind(f);
    return f->tracks[MP4_FILE_PICTURES].is_there || f->tracks[MP4_FILE_SOUND].is_there;
}

void mp4_file_rewind(struct mp4_file *f)
{
    for (size_t i = 0; i < MP4_FILE_TRACKS; i++) {
        struct mp4_file_track *t = &f->tracks[i];
        t->has_told_config = rd_left(&t->config) == 0;
        if (!t->is_there)
            continue;
        mp4_cursor_begin(&t->at, &t->tables);
        step(f, t);
    }
}

bool mp4_file_has_samples(const struct mp4_file *f)
{
    return f->tracks[MP4_FILE_PICTURES].has_next || f->tracks[MP4_FILE_SOUND].has_next;
}

static int64_t us_of(const struct mp4_file_track *t, int64_t ticks)
{
    return mp4_us_from_ticks(ticks, t->tables.timescale);
}

/* The track whose sample is decoded first; NULL at the end. */
static struct mp4_file_track *earliest(struct mp4_file *f)
{
    struct mp4_file_track *first = NULL;
    for (size_t i = 0; i < MP4_FILE_TRACKS; i++) {
        struct mp4_file_track *t = &f->tracks[i];
        if (t->has_next && (!first || us_of(t, t->next.dts) < us_of(first, first->next.dts)))
            first = t;
    }
    return first;
}

bool mp4_file_next(struct mp4_file *f, struct frame_unit *unit)
{
    struct mp4_file_track *t = earliest(f);
    if (!t)
        return false;
    for (size_t i = 0; i < MP4_FILE_TRACKS; i++)
        if (f->tracks[i].has_next && !f->tracks[i].has_told_config)
            t = &f->tracks[i];
    *unit = (struct frame_unit){ .codec = t->codec, .channels = t->channels };
    if (!t->has_told_config) {
        const struct mp4_file_track *first = earliest(f);
        unit->form = UNIT_CONFIG;
        unit->dts_us = unit->pts_us = us_of(first, first->next.dts);
        unit->bytes = t->config;
        t->has_told_config = true;
        return true;
    }
    unit->form = UNIT_STORED;
    unit->is_key = t->next.key;
    unit->dts_us = us_of(t, t->next.dts);
    unit->pts_us = us_of(t, t->next.pts);
    unit->bytes = rd_over(f->all.p + t->next.at, t->next.len);
    step(f, t);
    return true;
}
