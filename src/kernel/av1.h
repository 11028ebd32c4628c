/**
 * AV1: the configuration record, OBUs, and the sequence header.
 *
 * Source     AV1 Codec ISO Media File Format Binding 2.3 (record); AV1 Bitstream & Decoding Process 4.10.5,
 *            5.3 (OBU), 5.5 (sequence header), A.3 (levels)
 * Ownership  borrows the bytes
 * Yields     no
 */
#ifndef KERNEL_AV1_H
#define KERNEL_AV1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "core/wr.h"

enum av1_obu_type {
    AV1_OBU_SEQUENCE_HEADER = 1,
    AV1_OBU_TEMPORAL_DELIMITER = 2,
    AV1_OBU_FRAME_HEADER = 3,
    AV1_OBU_FRAME = 6,
};

struct av1_obu {
    uint8_t        type;
    const uint8_t *payload;
    size_t         len; /* may be 0 */
};

/* AV1CodecConfigurationRecord */
struct av1_config {
    uint8_t   profile, level_idx, tier, bit_depth;
    struct rd obus; /* configOBUs: normally one sequence header */
};

struct av1_sequence {
    uint8_t  profile, level_idx, tier; /* those of the first operating point */
    uint32_t width, height;            /* the largest frame */
    uint32_t fps_num, fps_den;         /* 0/0 when the pictures' interval is not told */
};

/** Read an AV1CodecConfigurationRecord. Returns false when it is cut, or not of version 1. */
bool av1_config_parse(const uint8_t *bytes, size_t len, struct av1_config *config) ATTR_MUST_USE;

/**
 * The next OBU of a row, as FLV and MP4 carry a temporal unit. One without a size reaches to the end.
 *
 * Returns    false at the end; and with `obus->bad` when an OBU is cut
 */
bool av1_next_obu(struct rd *obus, struct av1_obu *obu);

/** Read the first sequence header in a row of OBUs; false when there is none, or it is cut. */
bool av1_sequence_parse(struct rd obus, struct av1_sequence *sequence) ATTR_MUST_USE;

/**
 * Make an AV1CodecConfigurationRecord out of the first sequence header in a row of OBUs.
 *
 * Returns    false, with nothing written, when there is none, or it is cut
 */
bool av1_config_write(struct wr *w, struct rd obus) ATTR_MUST_USE;

/** Whether a temporal unit begins a coded video sequence: a sequence header, and the first frame a key frame that is new. */
bool av1_is_key(struct rd obus);

/** Write an OBU as FLV and MP4 carry it: with its size, without an extension. */
void av1_write_obu(struct wr *w, const struct av1_obu *obu);

/** "Main", "High", "Professional"; "Other". */
const char *av1_profile_name(unsigned profile);

/** "2.0" … "7.3"; "Other". */
const char *av1_level_name(unsigned level_idx);

#endif
