/**
 * Parameter sets of AVC and HEVC in samples, by which the pictures of an MP4 track may change their size or profile without another
 * header. The entry of such a track is avc3 or hev1, and samples have the lengths of NAL units of its record for ever.
 *
 * Source     ISO/IEC 14496-15 5.3.3, 5.4.2 (avc3), 8.3.3.1.3 (array_completeness), 8.4.1 (hev1)
 * Shape      config: a configuration frame. The sets stand in front of a key frame, behind its access unit delimiter
 * Yields     no
 */
#ifndef KERNEL_MP4_IN_BAND_H
#define KERNEL_MP4_IN_BAND_H

#include <stdbool.h>
#include <stddef.h>

#include "core/wr.h"
#include "kernel/frame.h"

/** True for a codec whose parameter sets may be in samples. */
bool mp4_in_band_carries(enum codec codec);

/** The name of the entry: "avc3", "hev1". */
const char *mp4_in_band_entry(enum codec codec);

/** Write the record of an entry, as long as that of the configuration, that does not promise that samples have no sets. */
void mp4_in_band_write_record(const struct frame *config, struct wr *w);

/** True if a track whose samples are as `now` describes them can go on with samples as `next` does. */
bool mp4_in_band_takes(const struct frame *now, const struct frame *next);

/** The number of bytes that mp4_in_band_write() writes. */
size_t mp4_in_band_len(const struct frame *config);

/** Write the parameter sets, each after its length. */
void mp4_in_band_write(const struct frame *config, struct wr *w);

/** The offset in a picture at which the sets stand: the length of its access unit delimiter, or 0. */
size_t mp4_in_band_at(const struct frame *config, const struct frame *picture);

#endif
