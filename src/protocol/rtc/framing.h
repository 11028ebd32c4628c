/**
 * Packets in a byte stream: each has its length in two bytes before it. ICE over TCP carries STUN, DTLS, RTP and RTCP so.
 *
 * Source     RFC 4571 2; RFC 6544 3
 * Yields     no
 */
#ifndef PROTOCOL_RTC_FRAMING_H
#define PROTOCOL_RTC_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"

enum {
    RTC_FRAMING_HEAD = 2,
    RTC_FRAMING_PACKET_MAX = 2048, /* RFC 4571 allows 65535; a client sends what would fit into a datagram */
};

enum rtc_framing_read {
    RTC_FRAMING_GOT,
    RTC_FRAMING_NEED_MORE, /* `in` ends inside the packet, and is unchanged */
    RTC_FRAMING_TOO_LONG,  /* more than RTC_FRAMING_PACKET_MAX: give up on this byte stream */
};

/**
 * Read one packet.
 *
 * Shape      in: starts at a length; *len may be 0
 * Ownership  *packet points into `in`
 */
enum rtc_framing_read rtc_framing_next(struct rd *in, const uint8_t **packet, size_t *len) ATTR_MUST_USE;

/** Write the head of a packet of `len` bytes, at most RTC_FRAMING_PACKET_MAX. */
static inline void rtc_framing_put_head(uint8_t head[static RTC_FRAMING_HEAD], size_t len)
{
    head[0] = (uint8_t)(len >> 8);
    head[1] = (uint8_t)len;
}

/** True if a byte stream that begins so may be one of packets, and is neither HTTP nor TLS: their first byte is 22 or a letter. */
static inline bool rtc_framing_may_begin(uint8_t first)
{
    return first <= RTC_FRAMING_PACKET_MAX >> 8;
}

#endif
