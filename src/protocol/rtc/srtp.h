/**
 * SRTP and SRTCP of one session: both directions, any SSRC.
 *
 * A session holds keys as bytes, and for each SSRC an index and a window: about 1 KiB for a player, 3 for a publisher. libsrtp would
 * hold 36, with the cryptographic library that Debian links it with, and take twice the time for a packet.
 *
 * Source     RFC 3711; RFC 7714 (AES-GCM); RFC 5764 4.2 (keys from DTLS)
 * Ownership  packets are changed in place
 * Bounds     RTC_SSRCS_MAX SSRCs in each direction, and only authenticated packets add one; windows of RTC_REPLAY_WINDOW packets
 * Yields     no
 */
#ifndef PROTOCOL_RTC_SRTP_H
#define PROTOCOL_RTC_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/rtc/srtp_key.h"

enum {
    RTC_SRTP_SECRET_MAX = 2 * (32 + 12), /* keys and salts of both sides */
    RTC_SEAL_MAX = 16 + 4,               /* a sealed packet is longer by this at most: tag, and index of SRTCP */
    RTC_DATAGRAM_MAX = 2048,             /* a longer packet of the peer is dropped */
    RTC_SSRCS_MAX = 32,
    RTC_REPLAY_WINDOW = 2048, /* packets; a multiple of 64 */
};

struct rtc_srtp;

/** The length of the secret that DTLS exports for a profile; 0 of an unknown profile. */
size_t rtc_srtp_secret_len(enum rtc_srtp_profile profile);

/**
 * Make a session of the exported secret: client's key, server's key, client's salt, server's salt (RFC 5764 4.2).
 *
 * Errors     E_RTC_SRTP_INIT, out of memory
 */
struct err *rtc_srtp_new(struct rtc_srtp **out, enum rtc_srtp_profile profile, const uint8_t *secret,
                         bool we_are_client) ATTR_MUST_USE;

/** NULL is allowed. */
void rtc_srtp_free(struct rtc_srtp *s);

/** Encrypt. `*len` grows by at most RTC_SEAL_MAX, for which there is room. False: the packet is malformed, or too old to repeat. */
bool rtc_srtp_seal_rtp(struct rtc_srtp *s, uint8_t *bytes, size_t *len, size_t cap) ATTR_MUST_USE;
bool rtc_srtp_seal_rtcp(struct rtc_srtp *s, uint8_t *bytes, size_t *len, size_t cap) ATTR_MUST_USE;

/** True once an authenticated packet had an SSRC beyond RTC_SSRCS_MAX. A replay window cannot be given up, so the session must end. */
bool rtc_srtp_has_too_many(const struct rtc_srtp *s);

/** Authenticate, check for replays, decrypt. False: drop the packet. */
bool rtc_srtp_open_rtp(struct rtc_srtp *s, uint8_t *bytes, size_t *len) ATTR_MUST_USE;
bool rtc_srtp_open_rtcp(struct rtc_srtp *s, uint8_t *bytes, size_t *len) ATTR_MUST_USE;

#endif
