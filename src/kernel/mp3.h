/**
 * MPEG audio (MP3 and the other layers): the frame header, and the ID3 tag at the beginning of a file.
 *
 * Source     ISO/IEC 11172-3 2.4.1.3, 2.4.2.3; ISO/IEC 13818-3 (half rates); version 2.5 by common use; ID3 2.3.0, 3.1 (tag
 *            header)
 * Yields     no
 */
#ifndef KERNEL_MP3_H
#define KERNEL_MP3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"

enum { MP3_HEADER_LEN = 4, MP3_ID3_LEN = 10 };

struct mp3_header {
    uint8_t  layer;       /* 1, 2, 3 */
    bool     lsf;         /* MPEG-2 or 2.5: half or quarter rates */
    uint8_t  channels;    /* 1, 2 */
    uint16_t samples;     /* samples in a frame */
    uint32_t sample_rate; /* Hz */
    uint32_t bitrate;     /* bit/s; 0: free format */
    uint32_t frame_len;   /* bytes with the header; 0: free format */
};

/** Read the frame header at the first byte. Returns false if there is none. */
bool mp3_header_parse(const uint8_t *bytes, size_t len, struct mp3_header *header) ATTR_MUST_USE;

/** Write an empty ID3 tag, MP3_ID3_LEN bytes, with which a live .mp3 stream begins. */
void mp3_write_id3(struct wr *w);

#endif
