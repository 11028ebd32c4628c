#include "kernel/mp4/cue_boxes.h"

#include "kernel/cue.h"
#include "kernel/mp4/cmaf_clock.h"
#include "kernel/mp4/emsg.h"

enum { US_PER_SECOND = 1000000 };

/* FNV-1a, 32 bits */
static uint32_t hash(uint32_t so_far, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        so_far = (so_far ^ bytes[i]) * 0x01000193;
    return so_far;
}

/* Encoders count in milliseconds, and so do those of two variants. */
static uint32_t id_of(const struct cue *cue, int64_t time_us)
{
    uint8_t   ms[8];
    struct wr w = wr_over(ms, sizeof ms);
    wr_u64(&w, (uint64_t)(time_us + 500) / 1000);
    return hash(hash(0x811c9dc5, ms, sizeof ms), cue->id3->bytes, cue->id3->len);
}

/* Durations that are too long for the box count as unknown. */
static uint32_t duration_of(int64_t us, uint32_t timescale)
{
    int64_t longest_us = (int64_t)(EMSG_NO_DURATION - 1) / timescale * US_PER_SECOND;
    return us > 0 && us < longest_us ? (uint32_t)(us * timescale / US_PER_SECOND) : EMSG_NO_DURATION;
}

static struct emsg id3_of(const struct cue *cue, uint32_t timescale, int64_t time_us)
{
    return (struct emsg){
        .scheme = EMSG_SCHEME_ID3,
        .timescale = timescale,
        .time = (uint64_t)cmaf_ticks(time_us, timescale),
        .duration = duration_of(cue->duration_us, timescale),
        .id = id_of(cue, time_us),
        .bytes = cue->id3->bytes,
        .len = cue->id3->len,
    };
}

static struct emsg splice_of(const struct cue *cue, uint32_t timescale, int64_t time_us)
{
    struct emsg e = id3_of(cue, timescale, time_us);
    e.scheme = EMSG_SCHEME_SCTE35;
    e.duration = duration_of(cue_planned_us(cue), timescale);
    e.bytes = cue->section;
    e.len = cue->section_len;
    return e;
}

size_t cue_boxes_len(const struct cue *cue)
{
    struct emsg id3 = id3_of(cue, 1, 0), splice = splice_of(cue, 1, 0);
    return emsg_len(&id3) + (cue->section_len ? emsg_len(&splice) : 0);
}

void cue_boxes_write(struct wr *w, const struct cue *cue, uint32_t timescale, int64_t time_us)
{
    struct emsg id3 = id3_of(cue, timescale, time_us), splice = splice_of(cue, timescale, time_us);
    emsg_write(w, &id3);
    if (cue->section_len)
        emsg_write(w, &splice);
}
