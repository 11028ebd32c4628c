/**
 * A fragmented MP4 turned into one without fragments: the samples of all its fragments in the tables of one moov, which comes first in
 * the file, so that players seek at once ("fast start").
 *
 *     mp4_flat_begin(&flat, moov, len)                         the moov of the fragmented file
 *     mp4_flat_add(&flat, moof, len, at)                       each moof, and where it lies in the file
 *     room = mp4_flat_room(&flat)
 *     mp4_flat_write(&flat, &w, delta)                         the new moov: every offset is moved by delta
 *
 * The media stay where they are: one mdat is put around what follows the old moov, old fragment headers included. An edit list begins
 * all tracks at the earliest presentation.
 *
 * Source     ISO/IEC 14496-12 8.2 to 8.7 (moov and its tables), 8.8 (fragments); the fragments are those that mux.h and cmaf.h write:
 *            default-base-is-moof, a trun of each traf
 * Ownership  borrows the moov; a moof is borrowed during the call
 * Errors     false: malformed, or memory is out (`is_out_of_memory`)
 * Yields     no
 */
#ifndef KERNEL_MP4_FLAT_H
#define KERNEL_MP4_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/rd.h"
#include "core/wr.h"

enum { MP4_FLAT_TRACKS = 8 };

struct mp4_flat_track {
    uint32_t   id; /* 0: there is no such track */
    struct rd  trak;
    uint32_t   timescale;
    struct buf durations, offsets; /* runs: number of samples, and their duration or composition offset */
    struct buf sizes, keys;        /* of each sample; numbers of the samples that are key frames */
    struct buf chunks;             /* offset, number of samples */
    uint64_t   chunk_end;          /* where the last chunk ends */
    uint32_t   n_samples;
    int64_t    first_dts, last_dts, end; /* ticks; `end` is that of the last sample */
    int64_t    first_pts;                /* the earliest presentation */
};

struct mp4_flat {
    struct rd             mvhd;
    uint32_t              timescale; /* of the movie */
    struct mp4_flat_track tracks[MP4_FLAT_TRACKS];
    bool                  is_out_of_memory;
};

bool mp4_flat_begin(struct mp4_flat *f, const uint8_t *moov, size_t len) ATTR_MUST_USE;

/** Add the samples of a fragment. */
bool mp4_flat_add(struct mp4_flat *f, const uint8_t *moof, size_t len, uint64_t at) ATTR_MUST_USE;

struct mp4_flat_sample {
    int64_t  dts;                  /* ticks of the track */
    uint32_t duration, shown, len; /* `shown`: from decoding to presentation */
    bool     key;
};

/** Add one sample that lies at an offset of the file: for a caller that reads other tables. mp4_flat_is_whole() tells of a failure. */
void mp4_flat_add_sample(struct mp4_flat_track *t, const struct mp4_flat_sample *s, uint64_t at);

/** False if memory was out when a sample was added. */
bool mp4_flat_is_whole(struct mp4_flat *f) ATTR_MUST_USE;

/** Duration of the presentation, in microseconds; 0 without a sample. */
int64_t mp4_flat_duration_us(const struct mp4_flat *f);

/** Room that is enough for mp4_flat_write(). */
size_t mp4_flat_room(const struct mp4_flat *f);

/** Write the moov. Its length does not depend on `delta`. */
void mp4_flat_write(const struct mp4_flat *f, struct wr *w, int64_t delta);

void mp4_flat_finish(struct mp4_flat *f);

#endif
