/**
 * NAL units of AVC and HEVC in their two forms: "avcc", each after its length, in FLV and MP4; and
 * "annexb", each after a start code, in MPEG-TS and from encoders.
 *
 * Source     ISO/IEC 14496-15 5.3 (lengths); ITU-T H.264 and H.265 Annex B (start codes)
 * Ownership  borrows the bytes; a struct nalu points into them
 * Yields     no
 */
#ifndef KERNEL_NALU_H
#define KERNEL_NALU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rd.h"
#include "core/wr.h"

/* H.264 7.4.1 nal_unit_type, bits 0..4 of the first byte. */
enum avc_nalu_type {
    AVC_NALU_IDR = 5,
    AVC_NALU_SEI = 6,
    AVC_NALU_SPS = 7,
    AVC_NALU_PPS = 8,
    AVC_NALU_AUD = 9,
    AVC_NALU_END_OF_SEQUENCE = 10,
    AVC_NALU_END_OF_STREAM = 11,
};

/* H.265 7.4.2.2 nal_unit_type, bits 1..6 of the first byte. 16 to 23 are IRAP: BLA, IDR, CRA, reserved. */
enum hevc_nalu_type {
    HEVC_NALU_IRAP_FIRST = 16,
    HEVC_NALU_IRAP_LAST = 23,
    HEVC_NALU_VCL_LAST = 31,
    HEVC_NALU_VPS = 32,
    HEVC_NALU_SPS = 33,
    HEVC_NALU_PPS = 34,
    HEVC_NALU_AUD = 35,
    HEVC_NALU_SEI = 39,
};

struct nalu {
    const uint8_t *p;
    size_t         len; /* never 0 */
};

static inline unsigned avc_nalu_type(struct nalu n)
{
    return n.p[0] & 0x1f;
}

static inline unsigned hevc_nalu_type(struct nalu n)
{
    return n.p[0] >> 1 & 0x3f;
}

static inline bool hevc_nalu_is_irap(struct nalu n)
{
    return hevc_nalu_type(n) >= HEVC_NALU_IRAP_FIRST && hevc_nalu_type(n) <= HEVC_NALU_IRAP_LAST;
}

/**
 * Read the next NAL unit, after a length of `length_size` bytes. Empty units are skipped.
 *
 * Returns    false at the end, and with `avcc->bad` if a length reaches past the end or length_size is not 1..4
 */
bool nalu_next_avcc(struct rd *avcc, unsigned length_size, struct nalu *nalu);

/**
 * Read the next NAL unit, after a start code, without its trailing zeros. Bytes before the first
 * start code are skipped. Any bytes are valid Annex B; `bad` is never set.
 *
 * Returns    false at the end
 */
bool nalu_next_annexb(struct rd *annexb, struct nalu *nalu);

/** True if the bytes are exactly one or more NAL units with lengths. */
bool nalu_is_avcc(const uint8_t *bytes, size_t len, unsigned length_size);

/** True if the bytes begin like Annex B. A NAL unit of 256 to 511 bytes after its length also does; nalu_form.h tells them apart. */
bool nalu_begins_with_start_code(const uint8_t *bytes, size_t len);

/** The number of bytes that nalu_annexb_to_avcc() will write. */
size_t nalu_annexb_to_avcc_len(const uint8_t *annexb, size_t len, unsigned length_size);

/** Write Annex B as NAL units with lengths of 1 to 4 bytes; a NAL unit that is too long for its length sets `full`. */
void nalu_annexb_to_avcc(struct wr *avcc, const uint8_t *annexb, size_t len, unsigned length_size);

#endif
