/**
 * RTP packets: the head and its extensions.
 *
 * Source     RFC 3550 5.1 (head), 5.3.1 (extension); RFC 8285 4.2, 4.3 (elements of one and two bytes); RFC 5761 4 (RTCP on the
 *            same port); RFC 4588 4 (retransmission)
 * Ownership  borrows the bytes; a view points into them
 * Yields     no
 */
#ifndef PROTOCOL_RTC_RTP_H
#define PROTOCOL_RTC_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"

enum {
    RTP_HEAD_LEN = 12,
    /* Payload of a packet that we make. With 12 bytes of head, 28 of extensions, 2 of RTX, 16 of an SRTP tag, 48 of UDP and IPv6
     * and room for a relay (RFC 8656) it fits 1280, the least MTU of IPv6. */
    RTP_PAYLOAD_MAX = 1160,
    RTP_EXTENSIONS_MAX = 6,     /* elements that we write in one packet */
    RTP_EXTENSION_LEN_MAX = 16, /* of an element that we write: RFC 8285 4.2 */
    RTP_RTX_OSN_LEN = 2,        /* RFC 4588 4: the original sequence number before the payload */
};

struct rtp_packet {
    uint8_t        pt;
    bool           marker;
    uint16_t       seq;
    uint32_t       ts, ssrc;
    uint16_t       ext_profile; /* 0: no extension. 0xBEDE: elements of one byte; 0x1000 to 0x100F: of two */
    const uint8_t *ext;
    size_t         ext_len;
    const uint8_t *payload; /* without padding */
    size_t         len;     /* 0 is allowed: padding alone */
};

/**
 * Read a packet of RTP.
 *
 * Returns    false when it is no RTP of version 2, is cut, or has impossible padding
 */
bool rtp_parse(struct rtp_packet *packet, const uint8_t *bytes, size_t len) ATTR_MUST_USE;

/** Find the element of an extension by its id, 1 to 14 (two-byte form: to 255); NULL if the packet has none. */
const uint8_t *rtp_find_extension(const struct rtp_packet *packet, unsigned id, size_t *len);

/** True if a datagram of RTP or RTCP is RTCP: its type is 192 to 223 (RFC 5761 4). */
static inline bool rtp_is_rtcp(const uint8_t *bytes, size_t len)
{
    return len >= 2 && bytes[1] >= 192 && bytes[1] <= 223;
}

/* One element of an extension. */
struct rtp_extension {
    uint8_t id, len; /* 1 to 14; 1 to RTP_EXTENSION_LEN_MAX */
    uint8_t bytes[RTP_EXTENSION_LEN_MAX];
};

struct rtp_head {
    uint8_t              pt;
    bool                 marker;
    uint16_t             seq;
    uint32_t             ts, ssrc;
    unsigned             n_extensions;
    struct rtp_extension extensions[RTP_EXTENSIONS_MAX];
};

/** Write the head of a packet, with its extensions in the form of one byte; the payload follows. */
void rtp_write_head(struct wr *w, const struct rtp_head *head);

/** True if `a` was sent before `b`, by serial arithmetic: they are less than half the range apart. */
static inline bool seq16_before(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(a - b) < 0;
}

static inline bool ts32_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/** Ticks of a clock for microseconds, rounded down, below 0 too; the low 32 bits, as RTP sends them. */
uint32_t rtp_ticks_from_us(int64_t us, uint32_t clock_hz);

/** The 64-bit NTP time of a wall clock in microseconds since 1970, and back. RFC 3550 4: seconds since 1900 and their fraction. */
uint64_t rtp_ntp_from_wall_us(int64_t wall_us);
int64_t  rtp_wall_us_from_ntp(uint64_t ntp);

/** The middle 32 bits of a 64-bit NTP time, in 1/65536 s, as reports carry it (RFC 3550 6.4.1 LSR). */
static inline uint32_t rtp_ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}

#endif
