/**
 * A reader of the media in a fragmented MP4 file that is in memory, as mp4/file.h is for files without fragments: the samples of its
 * first track of pictures and its first track of sound, configurations first.
 *
 *     mp4_fragmented_begin(&f, bytes, len)
 *     while (mp4_fragmented_next(&f, &unit)) …       frame_make_next() makes frames of it
 *     mp4_fragmented_rewind(&f)                      from the first sample on
 *
 * A file that is broken, or breaks off, ends there.
 *
 * Shape      as kernel/mp4/fragments.h; samples that the moov has itself are left out
 * Ownership  borrows the bytes; points into itself, so that it is not copied
 * Yields     no
 */
#ifndef KERNEL_MP4_FRAGMENTED_H
#define KERNEL_MP4_FRAGMENTED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"
#include "core/rd.h"
#include "kernel/frame_make.h"
#include "kernel/mp4/fragments.h"

struct mp4_fragmented {
    struct rd                  all;
    struct mp4_init            init;
    struct mp4_fragments       at;
    size_t                     n_told; /* tracks whose configurations have been given */
    struct mp4_fragment_sample next;
    bool                       has_next;
};

/** False if it is no MP4 file, or has no fragment with a sample that can be read. */
bool mp4_fragmented_begin(struct mp4_fragmented *f, const void *bytes, size_t len) ATTR_MUST_USE;

/** The next configuration or sample, in the form of MP4. False at the end. */
bool mp4_fragmented_next(struct mp4_fragmented *f, struct frame_unit *unit) ATTR_MUST_USE;

void mp4_fragmented_rewind(struct mp4_fragmented *f);

#endif
