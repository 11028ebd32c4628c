/**
 * The bytes of a frame in the form of a transport stream, in a PES packet.
 *
 * AVC, HEVC   Annex B; an access unit delimiter comes first. Before a key picture without parameter sets come those of the
 *             configuration (for HEVC also its SEI, which has HDR metadata)
 * AAC         an ADTS header and the frame
 * Opus        an opus_control_header and the packet
 * others      unchanged
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
 * Shape      f, config: frames of the same codec, H.264 or HEVC; config: accepted by ts_payload_length_size()
 * Returns    false, with nothing put, if the lengths do not explain every byte, or there is no NAL unit
 */
bool ts_payload_put_video(struct ts_pes *pes, const struct frame *f, const struct frame *config,
                          unsigned length_size) ATTR_MUST_USE;

/**
 * Put an audio frame.
 *
 * Shape      aac: configuration, only used for AAC
 * Returns    false, with nothing put, if the frame is too long for ADTS, or ADTS cannot express the configuration
 */
bool ts_payload_put_audio(struct ts_pes *pes, const struct frame *f, const struct aac_config *aac) ATTR_MUST_USE;

/** The size of the lengths of NAL units in a configuration of H.264 or HEVC; 0 if it cannot be read. */
unsigned ts_payload_length_size(const struct frame *config);

/** The channel_config_code of an Opus configuration; 0 if it cannot be read, or a transport stream cannot express it. */
uint8_t ts_payload_opus_channels(const struct frame *config);

#endif
