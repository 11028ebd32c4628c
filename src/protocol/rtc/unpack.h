/**
 * Payloads of RTP to frames.
 *
 *     struct rtp_unpacker unpacker;
 *     rtp_unpacker_init(&unpacker, CODEC_H264);
 *     struct rtp_part part = { .packet = packet };
 *     while (rtp_unpack(&unpacker, &part, &frame)) …            for each packet in order
 *     rtp_unpack_gap(&unpacker);                                 where packets are missing
 *
 * A frame ends with the marker, or before a packet with another time. One in which bytes are missing is given too, and says so.
 *
 * Shape      in: H.264 RFC 6184, packetization-mode 0 and 1 (single NAL units, STAP-A, FU-A); HEVC RFC 7798 without DONL (single, AP,
 *            FU); VP8 RFC 7741; VP9 RFC 9628; AV1 "RTP Payload Format For AV1" 1.0 (AOM); Opus RFC 7587; PCMA and PCMU RFC 3551.
 *            out: as frame_make.h wants it. H.264, HEVC: UNIT_STREAM, start codes; all others UNIT_STORED, AV1 with sizes and
 *            without temporal delimiters
 * Ownership  a frame borrows the unpacker's bytes (sound: those of the packet) until the next call
 * Yields     no
 */
#ifndef PROTOCOL_RTC_UNPACK_H
#define PROTOCOL_RTC_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/frame_make.h"
#include "protocol/rtc/rtp.h"
#include "protocol/rtc/unpack_codec.h"

/* One packet on its way through rtp_unpack(). */
struct rtp_part {
    struct rtp_packet packet;
    bool              is_used;
};

struct rtp_frame {
    const uint8_t *bytes;
    size_t         len;
    uint32_t       ts;
    bool           is_key;      /* A decoder can begin with it, as far as the payload tells. */
    bool           is_broken;   /* Bytes of it are missing, or malformed. */
    bool           follows_gap; /* Packets before it are missing, so that frames may be. */
};

void rtp_unpacker_init(struct rtp_unpacker *u, enum codec codec);
void rtp_unpacker_finish(struct rtp_unpacker *u);

/** Take the next packet. True: a frame is whole, or will not become so; call again with the same part. */
bool rtp_unpack(struct rtp_unpacker *u, struct rtp_part *part, struct rtp_frame *frame);

/** Packets are missing before the next one. */
void rtp_unpack_gap(struct rtp_unpacker *u);

/** The form of the bytes, for struct frame_unit. */
enum unit_form rtp_unpack_form(enum codec codec);

#endif
