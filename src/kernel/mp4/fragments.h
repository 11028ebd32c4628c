/**
 * The samples of fragmented MP4 that is in memory: an initialization section, and a segment of complete fragments.
 *
 *     mp4_init_read(&init, bytes, len)
 *     mp4_fragments_begin(&f, &init, segment, len);
 *     while (mp4_fragments_next(&f, &sample)) …
 *     if (f.bad) …                                             broken; the samples before that place were good
 *
 * Samples come in the order of their decoding times, over all tracks of a fragment.
 *
 * Source     ISO/IEC 14496-12 8.8: moof, traf, tfhd, tfdt, trun, trex
 * Bounds     the samples are no longer together than the segment, so they are no more than its bytes
 * Shape      Tracks of a codec that entry_read.h does not know, and encrypted ones, are left out. Each traf has a tfdt
 * Ownership  borrows both texts; the init must outlive the reader
 * Yields     no
 */
#ifndef KERNEL_MP4_FRAGMENTS_H
#define KERNEL_MP4_FRAGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "kernel/frame_make.h"
#include "kernel/mp4/entry_read.h"

enum { MP4_INIT_TRACKS_MAX = 8 };

struct mp4_init_track {
    uint32_t         id, timescale;
    int64_t          shift; /* what the edit list adds to a time, in ticks */
    bool             is_video;
    struct mp4_entry entry;
    uint32_t         duration, size, flags; /* of samples that do not say, by trex */
};

struct mp4_init {
    struct mp4_init_track tracks[MP4_INIT_TRACKS_MAX];
    size_t                n;
};

/** Read an initialization section. False if it has no track that can be read. */
bool mp4_init_read(struct mp4_init *init, const uint8_t *bytes, size_t len) ATTR_MUST_USE;

/* What is left of the samples of one track in a fragment. */
struct mp4_run {
    const struct mp4_init_track *track;
    struct rd                    boxes;   /* of the traf, behind the trun that is read */
    struct rd                    samples; /* of this trun */
    uint32_t                     has, n_left;
    uint32_t                     duration, size, flags, first_flags;
    bool                         has_first_flags;
    uint64_t                     base, at; /* offsets in the segment: of the data, of the next sample */
    int64_t                      dts;      /* ticks */
};

struct mp4_fragments {
    const struct mp4_init *init;
    struct rd              segment, rest;
    struct mp4_run         runs[MP4_INIT_TRACKS_MAX];
    size_t                 n_runs;
    size_t                 bytes_left; /* of the segment for further samples, which share none */
    bool                   bad;
};

struct mp4_fragment_sample {
    const struct mp4_init_track *track;
    int64_t                      dts_us, pts_us;
    bool                         key;
    struct rd                    bytes; /* at least one */
};

void mp4_fragments_begin(struct mp4_fragments *f, const struct mp4_init *init, const uint8_t *bytes, size_t len);

/** True for the first track of its kind, the one that the server takes. */
bool mp4_init_takes(const struct mp4_init *init, const struct mp4_init_track *t);

/** The configuration of a track, without a time. The track must have one: entry.config_len. */
struct frame_unit mp4_init_unit(const struct mp4_init_track *t);

struct frame_unit mp4_fragment_unit(const struct mp4_fragment_sample *s);

/** The next sample. False at the end, or with `bad`. */
bool mp4_fragments_next(struct mp4_fragments *f, struct mp4_fragment_sample *s) ATTR_MUST_USE;

#endif
