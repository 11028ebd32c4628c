/**
 * Opus: the identification header, which enhanced RTMP sends as sequence start, and the duration of a packet.
 *
 * Source     RFC 7845 5.1 (header)
 * Yields     no
 */
#ifndef KERNEL_OPUS_H
#define KERNEL_OPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"

struct opus_head {
    uint8_t  channels;       /* 1 to 255 */
    uint8_t  mapping_family; /* 0: mono or stereo */
    uint16_t pre_skip;       /* samples at 48 kHz to drop at the start */
    uint32_t input_rate;     /* rate of the encoder's input, Hz; 0 unknown. Decoding is always at 48 kHz. */
    int16_t  gain;           /* dB * 256; the decoder applies it */

    const uint8_t *mapping; /* if mapping_family is not 0: stream count, coupled count, `channels` bytes; borrowed */
};

/** Read an OpusHead. Returns false if it is cut, of another major version, or has an impossible value. */
bool opus_head_parse(const uint8_t *bytes, size_t len, struct opus_head *head) ATTR_MUST_USE;

enum { OPUS_RATE = 48000, OPUS_HEAD_LEN = 19 };

/**
 * Write an OpusHead, OPUS_HEAD_LEN bytes, for a stream whose number of channels is known from its signalling.
 *
 * Source     RFC 7845 5.1; RFC 7587 4.1: a sender of RTP signals no pre-skip
 * Shape      channels: 1 or 2, the numbers of mapping family 0
 * Returns    false, with nothing written, for more channels
 */
bool opus_head_write(struct wr *w, unsigned channels) ATTR_MUST_USE;

/**
 * The number of samples at 48 kHz in a packet.
 *
 * Source     RFC 6716 3.1, 3.2.5
 * Returns    0 if it is empty, cut, or longer than 120 ms
 */
unsigned opus_packet_samples(const uint8_t *bytes, size_t len);

#endif
