/**
 * Opus: the identification header, which enhanced RTMP sends as sequence start.
 *
 * Source     RFC 7845 5.1
 * Yields     no
 */
#ifndef KERNEL_OPUS_H
#define KERNEL_OPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

struct opus_head {
    uint8_t  channels;       /* 1 to 255 */
    uint8_t  mapping_family; /* 0: mono or stereo */
    uint16_t pre_skip;       /* samples at 48 kHz to drop at the start */
    uint32_t input_rate;     /* Hz, of what was encoded; 0 unknown. Decoding is always at 48 kHz */
};

/** Read an OpusHead. Returns false when it is cut, of another major version, or says what cannot be. */
bool opus_head_parse(const uint8_t *bytes, size_t len, struct opus_head *head) ATTR_MUST_USE;

#endif
