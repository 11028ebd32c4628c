/**
 * VP9 (and VP8): the configuration record. It tells no size; that is in the key frames.
 *
 * Source     VP Codec ISO Media File Format Binding 1.0
 * Yields     no
 */
#ifndef KERNEL_VP9_H
#define KERNEL_VP9_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/* VPCodecConfigurationRecord */
struct vp9_config {
    uint8_t profile;            /* 0 to 3 */
    uint8_t level;              /* 10 times the level; 0 unknown */
    uint8_t bit_depth;          /* 8, 10 or 12 */
    uint8_t chroma_subsampling; /* 0, 1: 4:2:0; 2: 4:2:2; 3: 4:4:4 */
};

/**
 * Read a VPCodecConfigurationRecord, with the box's version and flags before it, as MP4 has them, or
 * without, as some FLV writers send it.
 *
 * Returns    false when it is cut, or says what cannot be
 */
bool vp9_config_parse(const uint8_t *bytes, size_t len, struct vp9_config *config) ATTR_MUST_USE;

/** "Profile 0" … "Profile 3"; "Other". */
const char *vp9_profile_name(unsigned profile);

/** "1.1" …; "Other". */
const char *vp9_level_name(unsigned level);

#endif
