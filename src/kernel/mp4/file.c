#include "kernel/mp4/file.h"

#include <string.h>

#include "core/attr.h"
#include "kernel/mp4/box_read.h"
#include "kernel/mp4/esds.h"

/* ---- the sample entry -------------------------------------------------------------------------------------------- */

enum { VISUAL_LEN = 78, AUDIO_LEN = 28, CHANNELS_AT = 16 }; /* 12.1.3.2, 12.2.3.2: after the header of the box */

static const struct {
    const char *entry;
    enum codec  codec;
    const char *config; /* the box with the record; NULL: none */
} entries[] = {
    { "avc1", CODEC_H264, "avcC" }, { "avc3", CODEC_H264, "avcC" }, { "hvc1", CODEC_HEVC, "hvcC" },
    { "hev1", CODEC_HEVC, "hvcC" }, { "av01", CODEC_AV1, "av1C" },  { "mp4a", CODEC_AAC, "esds" },
    { "Opus", CODEC_OPUS, NULL },   { "ac-3", CODEC_AC3, NULL },    { "ec-3", CODEC_EAC3, NULL },
};

/* Enter a descriptor of this tag; its size has up to four bytes of seven bits each (14496-1 8.3.3). */
static bool enter_descriptor(struct rd *r, uint8_t tag)
{
    uint32_t size = 0;
    bool     goes_on = true;
    if (rd_u8(r) != tag)
        return false;
    for (int i = 0; i < 4 && goes_on; i++) {
        uint8_t byte = rd_u8(r);
        size = size << 7 | (byte & 0x7F);
        goes_on = byte & 0x80;
    }
    const uint8_t *body = rd_bytes(r, size);
    if (!body)
        return false;
    *r = rd_over(body, size);
    return true;
}

/* Read what kind of sound an esds describes. */
static bool read_esds(struct mp4_file_track *t, struct rd r)
{
    enum { ES = 3, DECODER = 4, SPECIFIC = 5, HAS_OTHER = 0xE0 };
    rd_u32(&r); /* version and flags */
    if (!enter_descriptor(&r, ES))
        return false;
    rd_u16(&r);
    if (rd_u8(&r) & HAS_OTHER) /* of streams that depend on others; files have none */
        return false;
    if (!enter_descriptor(&r, DECODER))
        return false;
    uint8_t type = rd_u8(&r);
    rd_bytes(&r, 1 + 3 + 4 + 4);
    if (type == MP4_ESDS_MPEG1_AUDIO || type == MP4_ESDS_MPEG2_AUDIO) {
        t->codec = CODEC_MP3;
        return !r.bad;
    }
    if (type != MP4_ESDS_AAC || r.bad || !enter_descriptor(&r, SPECIFIC))
        return false;
    t->config = r;
    return true;
}

/* Read the codec and its record. False if the codec is none that is read. */
static bool read_entry(struct mp4_file_track *t)
{
    struct rd      r = t->tables.entry;
    struct mp4_box entry, config;
    size_t         i = 0;
    if (!mp4_box_next(&r, &entry))
        return false;
    while (i < ARRAY_LEN(entries) && !mp4_box_is(&entry, entries[i].entry))
        i++;
    if (i == ARRAY_LEN(entries))
        return false;
    bool           is_video = codec_kind(entries[i].codec) == FRAME_VIDEO;
    const uint8_t *fixed = rd_bytes(&entry.body, is_video ? VISUAL_LEN : AUDIO_LEN);
    if (!fixed)
        return false;
    t->codec = entries[i].codec;
    t->channels = is_video ? 0 : fixed[CHANNELS_AT + 1];
    if (!entries[i].config)
        return true;
    if (!mp4_box_find(entry.body, entries[i].config, &config))
        return false;
    t->config = config.body;
    return t->codec != CODEC_AAC || read_esds(t, config.body);
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

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
