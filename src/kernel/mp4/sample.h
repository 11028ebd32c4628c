/**
 * Frames as samples of an MP4 track: what a frame means to a track, the bytes that go into mdat, the flags.
 *
 * Source     ISO/IEC 14496-12 8.8.3.1 (sample flags), 8.8.7 (tfhd), 8.8.8 (trun)
 * Yields     no
 */
#ifndef KERNEL_MP4_SAMPLE_H
#define KERNEL_MP4_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/frame.h"
#include "kernel/mp4/sample_entry.h"

/* Bytes; mdat's size has 32 bits, and no input makes frames near that. */
enum { MP4_SAMPLE_MAX = 1 << 30 };

enum {
    MP4_TFHD_DEFAULT_BASE_IS_MOOF = 0x20000,
    MP4_TRUN_FLAGS = 0xF01, /* data offset; and duration, size, flags and composition offset of each sample */
};

/* The meaning of a frame to a muxer. */
enum mp4_frame {
    MP4_FRAME_CARRIED,   /* The frame is one more fragment. */
    MP4_FRAME_SKIPPED,   /* Nothing is sent: script, end of sequence, the same configuration again, another track. */
    MP4_FRAME_CHANGES,   /* Later frames need another configuration than that in the header. */
    MP4_FRAME_NEW_SETS,  /* Later pictures need other parameter sets, which samples can have; only of mp4_mux_look(). */
    MP4_FRAME_NEW_TRACK, /* The header has no track of this kind, but could have had one. */
};

struct mp4_payload {
    const uint8_t *bytes;
    size_t         len;
};

/** Tell what a frame means to the track with this entry, which has no configuration if there is no such track. */
enum mp4_frame mp4_sample_look(const struct mp4_sample_entry *e, const struct frame *f);

/** The bytes of a carried frame that go into its mdat; they point into the frame. */
struct mp4_payload mp4_sample_payload(const struct frame *f);

/** The flags of a carried frame: what it depends on, and whether a player may start with it. */
uint32_t mp4_sample_flags(const struct frame *f);

#endif
