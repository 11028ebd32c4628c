/**
 * Redundant sound in RTP: a packet has the sound of packets before it once more, so that a loss of one packet loses nothing.
 *
 * Source     RFC 2198
 * Ownership  blocks point into the bytes that were read
 * Yields     no
 */
#ifndef PROTOCOL_RTC_RED_H
#define PROTOCOL_RTC_RED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"

enum {
    RTP_RED_BLOCKS_MAX = 10,    /* of a packet; Chromium sends 2, and at most 10 */
    RTP_RED_LEN_MAX = 1023,     /* of a block that is not the last: ten bits */
    RTP_RED_OFFSET_MAX = 16383, /* fourteen bits */
    RTP_RED_HEAD_LEN = 4,       /* of each block but the last, which has one byte */
};

struct rtp_red_block {
    uint8_t        pt;
    uint16_t       offset; /* ticks of the clock before the time of the packet; 0 for the last block */
    const uint8_t *bytes;
    size_t         len;
};

/* The oldest block first; the last one is the sound that the packet itself is for. */
struct rtp_red {
    size_t               n;
    struct rtp_red_block blocks[RTP_RED_BLOCKS_MAX];
};

/** Read the payload of a packet. False: it is cut, or has more than RTP_RED_BLOCKS_MAX blocks. */
bool rtp_red_parse(struct rtp_red *red, const uint8_t *payload, size_t len) ATTR_MUST_USE;

/** Write a payload of at least one block, each within the bounds above. */
void rtp_red_write(struct wr *w, const struct rtp_red *red);

#endif
