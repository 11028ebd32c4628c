/**
 * The part of an MP4 file from a key frame on: a new head for bytes that stay as they are.
 *
 * The part is `head`, with ftyp, moov and the header of an mdat, and then the bytes of the file from `from` to `to`. It begins with the
 * last key frame that is presented at the wished time or before it; the other tracks begin with the first sample from there on, or with
 * the file if the video does. Times begin at 0. The part ends before the first sample that is decoded at the wished end, or with the file.
 *
 * Source     ISO/IEC 14496-12 8.2 to 8.7
 * Shape      moov: of a file without fragments (see flat.h for the others), with at most MP4_FLAT_TRACKS tracks, each of which
 *            mp4_tables_read() takes. Video and sound are kept, and the boxes that describe them; other tracks and boxes are left out
 * Yields     no
 */
#ifndef KERNEL_MP4_TRIM_H
#define KERNEL_MP4_TRIM_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

enum mp4_trimmed {
    MP4_TRIM_OK,
    MP4_TRIM_CANNOT, /* malformed, a kind that is not read, or no sample from there on */
    MP4_TRIM_NO_MEMORY,
};

struct mp4_trim {
    const uint8_t *ftyp, *moov; /* whole boxes; ftyp may be NULL */
    size_t         ftyp_len, moov_len;
    uint64_t       file_len;         /* no sample lies beyond */
    int64_t        start_us, end_us; /* end_us: INT64_MAX for all that follows */

    /* The part. `head` belongs to the caller: mem_free(). */
    uint8_t *head;
    size_t   head_len;
    uint64_t from, to;
    int64_t  began_us, part_us; /* the time in the file at which the part begins; the duration of the part */
};

enum mp4_trimmed mp4_trim(struct mp4_trim *m) ATTR_MUST_USE;

#endif
