/**
 * NAL units in their two wrappings: "avcc", each behind its length, as FLV and MP4 carry them; and
 * "annexb", each behind a start code, as MPEG-TS and encoders do. The same for AVC and HEVC.
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
 * The next NAL unit behind a length of `length_size` bytes. Empty ones are stepped over.
 *
 * Returns    false at the end; and with `avcc->bad` when a length reaches past it or length_size is not 1..4
 */
bool nalu_next_avcc(struct rd *avcc, unsigned length_size, struct nalu *nalu);

/**
 * The next NAL unit behind a start code, without the zeros that trail it. What stands before the
 * first start code is stepped over. Any bytes are valid Annex B; `bad` is never set.
 *
 * Returns    false at the end
 */
bool nalu_next_annexb(struct rd *annexb, struct nalu *nalu);

/** Whether the bytes are exactly a row of NAL units behind lengths, at least one. */
bool nalu_is_avcc(const uint8_t *bytes, size_t len, unsigned length_size);

/** Whether the bytes begin as Annex B does. So does a NAL unit of 256 to 511 bytes behind its length: nalu_form.h tells. */
bool nalu_begins_with_start_code(const uint8_t *bytes, size_t len);

/** How many bytes nalu_annexb_to_avcc() will write. */
size_t nalu_annexb_to_avcc_len(const uint8_t *annexb, size_t len, unsigned length_size);

/** Write Annex B as NAL units behind lengths of 1 to 4 bytes; a NAL unit that is too long for them sets `full`. */
void nalu_annexb_to_avcc(struct wr *avcc, const uint8_t *annexb, size_t len, unsigned length_size);

#endif
