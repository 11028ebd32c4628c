/**
 * What the payload formats of pack.c share: payloads are made one after the other, with a failure that sticks, and each family of
 * codecs has a function that makes those of one frame.
 *
 * Ownership  the payloads are the caller's; the frame is borrowed
 * Yields     no
 */
#ifndef PROTOCOL_RTC_PACK_CODEC_H
#define PROTOCOL_RTC_PACK_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/rtc/pack.h"

/** Begin the next payload; pack_add() gives it bytes. */
void pack_begin(struct rtp_payloads *out);
void pack_add(struct rtp_payloads *out, const uint8_t *bytes, size_t len);
void pack_add_u8(struct rtp_payloads *out, uint8_t byte);
void pack_add_u16(struct rtp_payloads *out, uint16_t value);

/** The number of pieces of at most `most` bytes that `len` bytes are cut into, and the length of all but the last of them. */
size_t pack_pieces(size_t len, size_t most, size_t *piece);

/* Each makes the payloads of one frame. False when the frame is malformed; what memory and bounds forbid is told by `out`. */
bool pack_nalus(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out);
bool pack_vp8(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out);
bool pack_vp9(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out);
bool pack_av1(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out);

#endif
