/**
 * The parameter sets of a configuration frame of AVC or HEVC, in the order in which a decoder needs them.
 *
 *     if (parameter_sets_open(&sets, config))
 *         while (parameter_sets_next(&sets, &nalu)) …
 *
 * Source     ISO/IEC 14496-15 5.3.3 (AVC: SPS, PPS), 8.3.3 (HEVC: VPS, SPS, PPS, SEI, whatever order the record has)
 * Ownership  borrows the frame
 * Yields     no
 */
#ifndef KERNEL_PARAMETER_SETS_H
#define KERNEL_PARAMETER_SETS_H

#include <stdbool.h>

#include "core/attr.h"
#include "kernel/avc.h"
#include "kernel/frame.h"
#include "kernel/hevc.h"

struct parameter_sets {
    enum codec              codec;
    unsigned                length_size; /* bytes of a NAL unit length in the frames after this configuration */
    struct avc_config       avc;
    struct hevc_config      hevc;
    struct hevc_config_walk walk;
    unsigned                n_types; /* HEVC: types of NAL units that were walked before the present one */
};

/** Begin. False, with length_size 0, if the codec has no such sets, or the record is malformed. */
bool parameter_sets_open(struct parameter_sets *s, const struct frame *config) ATTR_MUST_USE;

/** The next NAL unit, never empty. False at the end. */
bool parameter_sets_next(struct parameter_sets *s, struct nalu *nalu);

/** True for a delimiter of access units, which stands before parameter sets. */
static inline bool parameter_sets_follow(enum codec codec, struct nalu nalu)
{
    return codec == CODEC_HEVC ? hevc_nalu_type(nalu) == HEVC_NALU_AUD : avc_nalu_type(nalu) == AVC_NALU_AUD;
}

#endif
