/**
 * A frame's bytes as a transport stream carries them in a PES packet.
 *
 * AVC, HEVC   Annex B: an access unit delimiter first; before a key picture that does not bring them itself, the
 *             parameter sets of the configuration (HEVC: its SEI too, which is where HDR metadata stands)
 * AAC         an ADTS header before it
 * Opus        an opus_control_header before it
 * others      as they are
 *
 * Source     ITU-T H.264 7.4.1.2.3, H.265 7.4.2.4.4 (order in an access unit), Annex B; ISO/IEC 13818-1 2.14, 2.17
 *            (access unit delimiters are mandatory); Opus in MPEG-TS, opus_access_unit
 * Ownership  borrows the frames; nothing is allocated
 * Yields     no
 */
#ifndef KERNEL_TS_PAYLOAD_H
#define KERNEL_TS_PAYLOAD_H

#include <stdbool.h>

#include "core/attr.h"
#include "kernel/aac.h"
#include "kernel/frame.h"
#include "kernel/ts/pes.h"

/**
 * Put a picture.
 *
 * Shape      f, config: frames of the same codec, H.264 or HEVC; config: one that ts_payload_length_size() has read
 * Returns    false when its lengths do not explain every byte, or it holds no NAL unit; nothing was put
 */
bool ts_payload_put_video(struct ts_pes *pes, const struct frame *f, const struct frame *config,
                          unsigned length_size) ATTR_MUST_USE;

/**
 * Put an audio frame.
 *
 * Shape      aac: of AAC alone
 * Returns    false when it is longer than ADTS can say, or ADTS cannot say it at all; nothing was put
 */
bool ts_payload_put_audio(struct ts_pes *pes, const struct frame *f, const struct aac_config *aac) ATTR_MUST_USE;

/** How long the lengths of NAL units are, after a configuration of H.264 or HEVC; 0 when it cannot be read. */
unsigned ts_payload_length_size(const struct frame *config);

/** The channel_config_code of an Opus configuration; 0 when it cannot be read, or a transport stream cannot say it. */
uint8_t ts_payload_opus_channels(const struct frame *config);

#endif
