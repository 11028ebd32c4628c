/**
 * The header of a fragmented MP4: ftyp and moov.
 *
 * Source     ISO/IEC 14496-12 4.3 (ftyp), 8.2 to 8.7 (moov and its tracks), 8.8.1 to 8.8.3 (mvex, trex)
 * Yields     no
 */
#ifndef KERNEL_MP4_MOOV_H
#define KERNEL_MP4_MOOV_H

#include <stddef.h>
#include <stdint.h>

#include "core/wr.h"
#include "kernel/mp4/sample_entry.h"

enum { MP4_TIMESCALE = 90000 };

/** The number of bytes that mp4_moov_write() writes. */
size_t mp4_moov_len(const struct mp4_sample_entry *video, const struct mp4_sample_entry *audio, int64_t duration_90k);

/**
 * Write ftyp and moov. Video is track 1, audio is track 2; an entry without configuration is left out.
 * Units      duration_90k: duration of the tracks in the header; 0: that of their fragments
 */
void mp4_moov_write(const struct mp4_sample_entry *video, const struct mp4_sample_entry *audio, int64_t duration_90k,
                    struct wr *w);

#endif
