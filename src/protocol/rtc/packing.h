/**
 * A packer of RTP payloads (pack.h) at work: its state, the payloads that it makes, and the families of codecs, each of which makes
 * those of one frame.
 *
 * Payloads are made one after the other, with a failure that sticks in `bytes`.
 *
 * Ownership  the payloads are the caller's; the frame is borrowed
 * Yields     no
 */
#ifndef PROTOCOL_RTC_PACKING_H
#define PROTOCOL_RTC_PACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "kernel/frame.h"

enum {
    RTP_PAYLOADS_MAX = 16384,         /* of one frame */
    RTP_PAYLOAD_BYTES_MAX = 17 << 20, /* of one frame: 16 MiB and what is added to it */
    RTP_SOUND_MAX = 1275,             /* RFC 6716 3.4: the longest frame of Opus. Sound is never cut. */
};

struct rtp_payload {
    uint32_t at; /* offset in rtp_payloads.bytes */
    uint16_t len;
};

/* The payloads of one frame. It begins all zero; rtp_pack() clears it. */
struct rtp_payloads {
    struct buf          bytes;
    struct rtp_payload *list;
    size_t              n, cap;
    bool                is_key;       /* A receiver may begin with it. */
    bool                is_late;      /* It is shown before one that went before it: a B-frame. */
    bool                is_droppable; /* It is late, and no picture that stays needs it. */
};

struct rtp_packer {
    enum codec    codec;
    bool          keep_sei;
    bool          merge_nalus; /* Small slices of a picture share a packet, as headers always do. */
    struct frame *config;      /* the newest configuration of the track; NULL: none yet */
    unsigned      top_layer;   /* HEVC: the highest TemporalId */
    int64_t       shown_us;    /* latest pts_us since the last key frame; INT64_MIN: none */
};

/** Begin the next payload; packing_add() gives it bytes. */
void packing_begin(struct rtp_payloads *out);
void packing_add(struct rtp_payloads *out, const uint8_t *bytes, size_t len);
void packing_add_u8(struct rtp_payloads *out, uint8_t byte);
void packing_add_u16(struct rtp_payloads *out, uint16_t value);

/** The number of pieces of at most `most` bytes that `len` bytes are cut into, and the length of all but the last of them. */
size_t packing_pieces(size_t len, size_t most, size_t *piece);

/* Each makes the payloads of one frame. False when the frame is malformed; what memory and bounds forbid is told by `out`. */
bool pack_nalus(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out);
bool pack_vp8(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out);
bool pack_vp9(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out);
bool pack_av1(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out);

#endif
