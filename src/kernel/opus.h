/**
 * Opus: the identification header, which enhanced RTMP sends as sequence start; and how long a packet is.
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
    uint32_t input_rate;     /* Hz, of what was encoded; 0 unknown. Decoding is always at 48 kHz */
    int16_t  gain;           /* dB * 256, for the decoder to apply */

    const uint8_t *mapping; /* where mapping_family is not 0: stream count, coupled count, `channels` more; borrowed */
};

/** Read an OpusHead. Returns false when it is cut, of another major version, or says what cannot be. */
bool opus_head_parse(const uint8_t *bytes, size_t len, struct opus_head *head) ATTR_MUST_USE;

enum { OPUS_RATE = 48000, OPUS_HEAD_LEN = 19 };

/**
 * Write the OpusHead of a stream whose signalling told how many channels it has, OPUS_HEAD_LEN bytes.
 *
 * Source     RFC 7845 5.1; RFC 7587 4.1: a sender of RTP signals no pre-skip
 * Shape      channels: 1 or 2, which mapping family 0 can say
 * Returns    false, with nothing written, for more
 */
bool opus_head_write(struct wr *w, unsigned channels) ATTR_MUST_USE;

/**
 * How many samples at 48 kHz a packet decodes to.
 *
 * Source     RFC 6716 3.1, 3.2.5
 * Returns    0 when it is empty, cut, or longer than 120 ms
 */
unsigned opus_packet_samples(const uint8_t *bytes, size_t len);

#endif
