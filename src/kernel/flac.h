/**
 * FLAC: the STREAMINFO block, which enhanced RTMP sends after the "fLaC" mark as sequence start; how long a frame is.
 *
 * Source     RFC 9639 8.1, 8.2 (STREAMINFO), 9.1 (frame header)
 * Yields     no
 */
#ifndef KERNEL_FLAC_H
#define KERNEL_FLAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

enum { FLAC_STREAMINFO_LEN = 34 };

struct flac_info {
    uint32_t sample_rate;          /* Hz */
    uint8_t  channels;             /* 1 to 8 */
    uint8_t  sample_bits;          /* 4 to 32 */
    uint16_t block_min, block_max; /* samples */

    const uint8_t *streaminfo; /* the block's FLAC_STREAMINFO_LEN bytes, borrowed */
};

/**
 * Read STREAMINFO.
 *
 * Shape      "fLaC", block header, STREAMINFO; or without the mark; or the 34 bytes alone
 * Returns    false if it is cut, is another block, or has an impossible value
 */
bool flac_info_parse(const uint8_t *bytes, size_t len, struct flac_info *info) ATTR_MUST_USE;

/** The number of samples in a frame: 1 to 65535. The last one of a stream may be shorter than the others. 0: it is no frame. */
uint32_t flac_frame_samples(const uint8_t *bytes, size_t len) ATTR_MUST_USE;

#endif
