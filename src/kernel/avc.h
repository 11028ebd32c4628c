/**
 * AVC (H.264): the configuration record and the sequence parameter set. NAL units themselves: nalu.h.
 *
 * Source     ISO/IEC 14496-15 5.3.3 (record); ITU-T H.264 7.3.2.1, Annex A, Annex E
 * Ownership  borrows the bytes
 * Yields     no
 */
#ifndef KERNEL_AVC_H
#define KERNEL_AVC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "core/wr.h"
#include "kernel/nalu.h"

enum {
    AVC_SIZE_MAX = 65535,           /* pixels a side; level 6.2 allows 16880 */
    AVC_SPS_COUNT_MAX = 31,         /* 14496-15 5.3.3.1: numOfSequenceParameterSets has 5 bits */
    AVC_PPS_COUNT_MAX = 255,        /* numOfPictureParameterSets has 8 bits */
    AVC_PARAMETER_SET_MAX = 0xFFFF, /* the length of a parameter set has 16 bits */
};

/* AVCDecoderConfigurationRecord. The parameter sets are walked by nalu_next_avcc(&copy, 2, &nalu). */
struct avc_config {
    uint8_t   profile_idc, constraints, level_idc;
    uint8_t   length_size; /* bytes of a NAL unit length in this stream's frames: 1 to 4, though 3 is reserved */
    uint8_t   n_sps, n_pps;
    struct rd sps, pps;
};

struct avc_sps {
    uint8_t  profile_idc, constraints, level_idc; /* constraint_set0_flag is the top bit */
    uint8_t  chroma_format_idc;                   /* 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4 */
    uint8_t  bit_depth, bit_depth_chroma;         /* 8 to 14 */
    bool     interlaced;                          /* Pictures may be fields. */
    uint32_t width, height;                       /* size after cropping */
    uint32_t fps_num, fps_den;                    /* 0/0 if the VUI does not give it */
};

/**
 * Read an AVCDecoderConfigurationRecord. The fields after the PPS (the chroma fields of the High profiles)
 * are not needed and not checked: encoders leave them out.
 *
 * Returns    false if it is cut or not of version 1
 */
bool avc_config_parse(const uint8_t *bytes, size_t len, struct avc_config *config) ATTR_MUST_USE;

/**
 * Read a sequence parameter set.
 *
 * Shape      nalu: with its header byte, with emulation prevention
 * Returns    false if it is no SPS, is cut, or has an impossible value. With a malformed VUI only the frame rate is missing
 */
bool avc_sps_parse(struct nalu nalu, struct avc_sps *sps) ATTR_MUST_USE;

/**
 * Make an AVCDecoderConfigurationRecord (4-byte lengths) out of the SPS and PPS among NAL units.
 *
 * Shape      annexb: start codes; other NAL units are skipped
 * Returns    false, with nothing written, if there is no SPS or no PPS, or if there are too many or too long ones
 */
bool avc_config_write_from_annexb(struct wr *w, const uint8_t *annexb, size_t len) ATTR_MUST_USE;

/** The name of a profile: "Baseline", "Main", "High(10+Intra)" …; "Other". */
const char *avc_profile_name(unsigned profile_idc, unsigned constraints);

/** The name of a level: "3.1", "1b" …; "Other". */
const char *avc_level_name(unsigned profile_idc, unsigned constraints, unsigned level_idc);

#endif
