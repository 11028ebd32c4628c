/**
 * The sample tables of a track in a moov, read in the order of decoding: where each sample lies in the file, and when it is decoded and
 * presented.
 *
 *     mp4_tables_read(&t, trak, movie_timescale)
 *     mp4_cursor_begin(&c, &t);
 *     while (mp4_cursor_next(&c, &sample)) …
 *     if (c.bad) …                                             the tables contradict each other
 *
 * Source     ISO/IEC 14496-12 8.3 to 8.7: tkhd, mdhd, hdlr, stsd, stts, ctts, stss, stsz, stsc, stco and co64, elst
 * Shape      one sample description; one edit at the rate 1, with or without an empty edit before it. Other tracks are refused
 * Ownership  borrows the moov
 * Yields     no
 */
#ifndef KERNEL_MP4_TABLES_H
#define KERNEL_MP4_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"

enum {
    MP4_TIMESCALE_MAX = 1000000,           /* ticks in a second */
    MP4_TABLE_SAMPLES_MAX = 8 << 20,       /* samples of a track: a day of AAC has four million */
    MP4_TABLE_SAMPLE_BYTES_MAX = 64 << 20, /* bytes of a sample */
};

/* The largest time in ticks, before and after the edit list is applied. */
#define MP4_TABLE_TIME_MAX (INT64_C(1) << 42)

struct mp4_tables {
    struct rd trak;          /* the content of the box */
    uint32_t  id, timescale; /* timescale: ticks in a second */
    char      handler[5];    /* "vide", "soun" and others */
    struct rd entry;         /* the sample entry, with its header */
    struct rd durations, offsets, keys, sizes, runs,
        chunks;                     /* the entries of stts, ctts, stss, stsz, stsc, stco or co64 */
    bool     all_keys, are_long;    /* without stss; with co64 */
    uint32_t n_samples, fixed_size; /* fixed_size: of all samples, without `sizes` */
    int64_t  shift;                 /* what the edit list adds to a time, in ticks */
};

/** Read the tables of a track. False if they are malformed or of a kind that is refused. */
bool mp4_tables_read(struct mp4_tables *t, struct rd trak, uint32_t movie_timescale) ATTR_MUST_USE;

struct mp4_table_sample {
    int64_t  dts, pts; /* ticks, on the time line of the movie; negative before its beginning */
    uint64_t at;       /* offset in the file */
    uint32_t len, duration;
    bool     key;
};

struct mp4_cursor {
    struct mp4_tables left;                       /* tables whose readers move */
    uint32_t          n;                          /* samples that came */
    uint32_t          n_same, duration;           /* samples of this duration that are still to come */
    uint32_t          n_same_offset, offset;      /* the same of composition offsets */
    uint32_t          key;                        /* number of the next key frame; 0: there is none */
    uint32_t          chunk, in_chunk;            /* chunks that came; samples of this one that are still to come */
    uint32_t per_chunk, next_run, next_per_chunk; /* next_run: the first chunk of the next run; 0: there is none */
    uint64_t at;
    int64_t  dts;
    bool     bad;
};

void mp4_cursor_begin(struct mp4_cursor *c, const struct mp4_tables *t);

/** The next sample. False at the end, or with `bad`. */
bool mp4_cursor_next(struct mp4_cursor *c, struct mp4_table_sample *s) ATTR_MUST_USE;

/** Microseconds in ticks, rounded down; of a time up to MP4_TABLE_TIME_MAX. */
static inline int64_t mp4_ticks_from_us(int64_t us, uint32_t timescale)
{
    return us / 1000000 * timescale + us % 1000000 * timescale / 1000000;
}

/** Ticks in microseconds, rounded towards 0. */
static inline int64_t mp4_us_from_ticks(int64_t ticks, uint32_t timescale)
{
    return ticks / timescale * 1000000 + ticks % timescale * 1000000 / timescale;
}

#endif
