/**
 * The boxes of a cue in front of a fragment: its ID3 tag in an emsg, and its splice section in another one.
 *
 * The id of an event is made of its time and its bytes. So the same cue is one event in all representations of a stream, and a
 * player shows it once.
 *
 * Source     Carriage of ID3 Timed Metadata in CMAF (AOMedia) 2.1; ANSI/SCTE 214-3 7.3.2; emsg.h
 * Ownership  borrows the cue
 * Yields     no
 */
#ifndef KERNEL_MP4_CUE_BOXES_H
#define KERNEL_MP4_CUE_BOXES_H

#include <stddef.h>
#include <stdint.h>

#include "core/wr.h"

struct cue;

/** The number of bytes that cue_boxes_write() writes. */
size_t cue_boxes_len(const struct cue *cue);

/** Write the boxes. Units  timescale: that of a track of the fragment; time_us: when players are told, on the fragments' time line */
void cue_boxes_write(struct wr *w, const struct cue *cue, uint32_t timescale, int64_t time_us);

#endif
