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
    uint32_t fps_num, fps_den;         /* 0/0 if the interval of the pictures is not given */
};

/** Read an AV1CodecConfigurationRecord. Returns false if it is cut or not of version 1. */
bool av1_config_parse(const uint8_t *bytes, size_t len, struct av1_config *config) ATTR_MUST_USE;

/**
 * Read the next OBU of a sequence, the form of a temporal unit in FLV and MP4. An OBU without a size reaches to the end.
 *
 * Returns    false at the end, and with `obus->bad` if an OBU is cut
 */
bool av1_next_obu(struct rd *obus, struct av1_obu *obu);

/** Read the first sequence header among OBUs; false if there is none, or it is cut. */
bool av1_sequence_parse(struct rd obus, struct av1_sequence *sequence) ATTR_MUST_USE;

/**
 * Make an AV1CodecConfigurationRecord out of the first sequence header among OBUs.
 *
 * Returns    false, with nothing written, if there is none, or it is cut
 */
bool av1_config_write(struct wr *w, struct rd obus) ATTR_MUST_USE;

/** True if a temporal unit begins a coded video sequence: it has a sequence header, and its first frame is a new key frame. */
bool av1_is_key(struct rd obus);

/** Write an OBU in the form of FLV and MP4: with its size, without an extension. */
void av1_write_obu(struct wr *w, const struct av1_obu *obu);

/** The name of a profile: "Main", "High", "Professional"; "Other". */
const char *av1_profile_name(unsigned profile);

/** The name of a level: "2.0" … "7.3"; "Other". */
const char *av1_level_name(unsigned level_idx);

#endif
