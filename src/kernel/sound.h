/**
 * Audio frames in a row, as transport streams carry them: where each ends, and how long it lasts.
 *
 * Source     the codecs' own headers: aac.h (ADTS), mp3.h, ac3.h
 * Yields     no
 */
#ifndef KERNEL_SOUND_H
#define KERNEL_SOUND_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/frame.h"

/* No header of a frame is longer: with this many bytes it is known whether a frame begins. */
enum { SOUND_HEADER_MAX = 64 };

/* Longest frame of these codecs: aac_frame_length has 13 bits; an E-AC-3 frame has 4 KiB, and each substream after it as much. */
enum { SOUND_FRAME_MAX = 0x1FFF };

struct sound {
    size_t   skip, len;     /* bytes of a header that FLV leaves out; bytes of the frame after it */
    uint32_t samples, rate; /* 0: not told */
};

enum sound_next {
    SOUND_FRAME,
    SOUND_CUT, /* The frame that begins here goes on beyond the bytes, or too few are there to tell. */
    SOUND_BAD, /* No frame begins here. */
};

/**
 * Read the frame at the first byte.
 *
 * Shape      codec: AAC (ADTS), MP3 (all layers of MPEG audio), AC-3, E-AC-3. A syncframe comes with those that depend on it. An
 *            MP3 frame in free format takes all bytes
 */
enum sound_next sound_next(enum codec codec, const uint8_t *bytes, size_t len, struct sound *s);

#endif
