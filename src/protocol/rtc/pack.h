/**
 * Frames to payloads of RTP.
 *
 * The payloads of a frame are made once, for all receivers that agreed on the codec. A packet of one receiver is its own head
 * (rtp.h) and one of these payloads. The marker bit is set on the last payload of a picture, and never for sound.
 *
 *     struct rtp_packer packer;
 *     rtp_packer_init(&packer, CODEC_H264);
 *     for each frame: rtp_pack(&packer, frame, &payloads)          payloads.n may be 0
 *     rtp_packer_finish(&packer);
 *
 * A configuration frame is kept, and gives no payload; its parameter sets go before each key frame that has none of its own.
 * Left out: access unit delimiters, ends of sequences, filler data, temporal delimiters, and SEI unless `keep_sei`.
 *
 * Shape      H.264: single NAL units, STAP-A, FU-A (RFC 6184, packetization-mode 1); HEVC: single, AP, FU, without DONL (RFC 7798);
 *            VP8: PictureID of 15 bits (RFC 7741), zero; VP9: flexible mode, each picture refers to the one before it (RFC 9628); AV1: OBUs
 *            without sizes (RTP Payload Format For AV1 1.0, AOM); Opus: one packet (RFC 7587); PCMA, PCMU: one (RFC 3551 4.5.14)
 * Yields     no
 */
#ifndef PROTOCOL_RTC_PACK_H
#define PROTOCOL_RTC_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "kernel/frame.h"
#include "protocol/rtc/packing.h"

/** True if frames of this codec can be sent. */
bool rtp_packs(enum codec codec);

/** Begin a track. H.264 keeps SEI, and merges no slices, unless the caller changes that. */
void rtp_packer_init(struct rtp_packer *p, enum codec codec);
void rtp_packer_finish(struct rtp_packer *p);

/** Keep a configuration of the packer's codec. rtp_pack() does it with one that comes among the frames. */
void rtp_packer_configure(struct rtp_packer *p, struct frame *config);

/**
 * Make the payloads of the next frame of the track.
 *
 * Ownership  `out` has its own bytes; the packer keeps a reference to a configuration frame
 * Returns    false, with `out` empty, when memory is out, or the frame is malformed, of another codec, or longer than the bounds
 */
bool rtp_pack(struct rtp_packer *p, struct frame *f, struct rtp_payloads *out) ATTR_MUST_USE;

/**
 * Write the 15 bits of a picture's number into a payload of VP8 or VP9: each receiver has its own numbers, without gaps. Others are
 * left as they are.
 */
void rtp_set_picture_id(enum codec codec, uint8_t *payload, size_t len, uint16_t id);

/** Free the bytes. Takes one that is all zero. */
void rtp_payloads_finish(struct rtp_payloads *payloads);

#endif
