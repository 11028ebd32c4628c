/**
 * VP9 and VP8: the configuration record, and facts from key frames. The record has no size; key frames have it.
 *
 * Source     VP Codec ISO Media File Format Binding 1.0 (record)
 * Yields     no
 */
#ifndef KERNEL_VP9_H
#define KERNEL_VP9_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"

/* VPCodecConfigurationRecord */
struct vp9_config {
    uint8_t profile;            /* 0 to 3 */
    uint8_t level;              /* 10 times the level; 0 unknown */
    uint8_t bit_depth;          /* 8, 10 or 12 */
    uint8_t chroma_subsampling; /* 0, 1: 4:2:0; 2: 4:2:2; 3: 4:4:4 */
    bool    full_range;
    uint8_t primaries, transfer, matrix; /* ISO/IEC 23091-2; 2 unspecified */
};

/**
 * Read a VPCodecConfigurationRecord, with the box's version and flags before it, as in MP4, or without
 * them, as some FLV writers send it.
 *
 * Returns    false if it is cut or has an impossible value
 */
bool vp9_config_parse(const uint8_t *bytes, size_t len, struct vp9_config *config) ATTR_MUST_USE;

/**
 * Read the size of the pictures out of a VP9 key frame.
 *
 * Source     VP9 Bitstream & Decoding Process 6.2 (uncompressed_header), 6.2.2 (color_config), 6.2.3 (frame_size)
 * Returns    false when it is no key frame, or is cut
 */
bool vp9_key_frame_size(const uint8_t *bytes, size_t len, uint32_t *width, uint32_t *height) ATTR_MUST_USE;

/**
 * Read the configuration from a VP9 key frame. The level is not in it, and becomes 0.
 *
 * Source     VP9 Bitstream & Decoding Process 6.2, 7.2.2
 * Returns    false when it is no key frame, or is cut
 */
bool vp9_config_of_key_frame(const uint8_t *bytes, size_t len, struct vp9_config *config) ATTR_MUST_USE;

enum { VP9_CONFIG_LEN = 12 };

/** Write a VPCodecConfigurationRecord with the box's version and flags before it: VP9_CONFIG_LEN bytes. */
void vp9_config_write(struct wr *w, const struct vp9_config *config);

/** The configuration of every VP8 stream: 8 bit 4:2:0, all else unspecified. */
extern const struct vp9_config vp8_config;

/** True if a VP8 frame is a key frame (RFC 6386 9.1). */
static inline bool vp8_is_key(const uint8_t *bytes, size_t len)
{
    return len > 0 && !(bytes[0] & 1);
}

/** The name of a profile: "Profile 0" … "Profile 3"; "Other". */
const char *vp9_profile_name(unsigned profile);

/** The name of a level: "1.1" …; "Other". */
const char *vp9_level_name(unsigned level);

#endif
