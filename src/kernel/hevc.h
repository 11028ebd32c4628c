/**
 * HEVC (H.265): the configuration record and the parameter sets. NAL units themselves: nalu.h.
 *
 * Source     ISO/IEC 14496-15 8.3.3 (record); ITU-T H.265 7.3.2 (VPS, SPS), 7.3.3 (profile, tier, level),
 *            7.3.4, 7.3.7, Annex E
 * Ownership  borrows the bytes
 * Yields     no
 */
#ifndef KERNEL_HEVC_H
#define KERNEL_HEVC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "core/wr.h"
#include "kernel/nalu.h"

enum {
    HEVC_SIZE_MAX = 65535, /* pixels a side; level 6.2 allows 16888 */
    HEVC_PARAMETER_SET_MAX =
        0xFFFF, /* 14496-15 8.3.3.1.2: the length of a set, and the number of sets of a type, have 16 bits */
};

/* HEVCDecoderConfigurationRecord. Its NAL units are walked by hevc_config_next(). */
struct hevc_config {
    uint8_t   profile_idc, tier, level_idc; /* level_idc: 30 times the level */
    uint32_t  compatibility;                /* general_profile_compatibility_flag[0] is the top bit */
    uint8_t   length_size; /* bytes of a NAL unit length in this stream's frames: 1 to 4, though 3 is reserved */
    uint8_t   chroma_format_idc, bit_depth;
    uint16_t  fps_256; /* avgFrameRate: frames in 256 seconds; 0 unknown */
    uint8_t   n_arrays;
    struct rd arrays;
};

/* A walk over the NAL units of a record. */
struct hevc_config_walk {
    struct rd r;
    unsigned  arrays, nalus; /* arrays that are left; NAL units that are left in the present array */
};

struct hevc_sps {
    uint8_t  profile_idc, tier, level_idc;
    uint32_t compatibility;
    uint8_t  chroma_format_idc, bit_depth, bit_depth_chroma;
    uint8_t  n_sub_layers;     /* number of temporal sub-layers, 1 to 7 */
    bool     is_nested;        /* sps_temporal_id_nesting_flag */
    uint32_t width, height;    /* size of the conformance window */
    uint32_t fps_num, fps_den; /* 0/0 if the VUI does not give it */
};

/**
 * Read an HEVCDecoderConfigurationRecord.
 *
 * Returns    false if it is cut, or of a version above 1 (drafts had 0)
 */
bool hevc_config_parse(const uint8_t *bytes, size_t len, struct hevc_config *config) ATTR_MUST_USE;

/** Begin at the first NAL unit of a parsed record. */
struct hevc_config_walk hevc_config_open(const struct hevc_config *config);

/** Read the next NAL unit of any array; hevc_nalu_type() tells its type. Returns false at the end. */
bool hevc_config_next(struct hevc_config_walk *walk, struct nalu *nalu);

/** Find the first NAL unit of a type in a parsed record; false if there is none. */
bool hevc_config_find(const struct hevc_config *config, enum hevc_nalu_type type, struct nalu *nalu);

/**
 * Read a sequence parameter set of the base layer.
 *
 * Shape      nalu: with its two header bytes, with emulation prevention
 * Returns    false if it is no SPS, is cut before the size, or has an impossible value. If only fields after
 *            the bit depths are malformed, only the frame rate is missing
 */
bool hevc_sps_parse(struct nalu nalu, struct hevc_sps *sps) ATTR_MUST_USE;

/**
 * Make an HEVCDecoderConfigurationRecord (4-byte lengths) out of the VPS, SPS and PPS among NAL units.
 *
 * Source     ISO/IEC 14496-15 8.3.3.1
 * Shape      annexb: start codes; other NAL units are skipped
 * Returns    false, with nothing written, if one of the three kinds is missing or too long, or the first SPS cannot be read
 */
bool hevc_config_write_from_annexb(struct wr *w, const uint8_t *annexb, size_t len) ATTR_MUST_USE;

/** Read the frame rate of a video parameter set; false, with nothing set, if there is none. */
bool hevc_vps_fps(struct nalu nalu, uint32_t *fps_num, uint32_t *fps_den);

/** The name of a profile: "Main", "Main10", "Main Still Picture", "Rext"; "Other". */
const char *hevc_profile_name(unsigned profile_idc, uint32_t compatibility);

/** The name of a level: "3.1" …; "Other". */
const char *hevc_level_name(unsigned level_idc);

#endif
