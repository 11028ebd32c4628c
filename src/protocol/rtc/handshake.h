/**
 * A step of a DTLS handshake, to be computed on another thread: the connection, and the datagrams that have come for it.
 *
 *     h = rtc_transport_lend_handshake(t)        transport.h; it takes what comes meanwhile, but no step
 *     rtc_handshake_compute(h)                   on any thread
 *     rtc_transport_take_handshake(t, h, now_us)
 *
 * Ownership  a step that was lent has all that it needs. One that cannot be given back, because the transport has gone, is freed
 * Bounds     at most RTC_HANDSHAKE_DATAGRAMS wait for a step, of RTC_HANDSHAKE_BYTES in all; a peer sends again what is dropped
 * Yields     no
 */
#ifndef PROTOCOL_RTC_HANDSHAKE_H
#define PROTOCOL_RTC_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "protocol/rtc/dtls.h"

/* A flight of a peer with a certificate of RSA has up to 4 datagrams. */
enum { RTC_HANDSHAKE_DATAGRAMS = 8, RTC_HANDSHAKE_BYTES = 8 << 10 };

struct rtc_handshake {
    struct dtls *dtls;   /* while the step is lent; else NULL */
    bool         starts; /* We are the client, and send first. */
    unsigned     n;
    size_t       len[RTC_HANDSHAKE_DATAGRAMS];
    size_t       used;
    uint8_t      bytes[RTC_HANDSHAKE_BYTES];
};

/** Add a datagram. False: there is no room. */
bool rtc_handshake_put(struct rtc_handshake *h, const uint8_t *bytes, size_t len) ATTR_MUST_USE;

/** Compute: give the connection all that has come. On any thread. */
void rtc_handshake_compute(struct rtc_handshake *h);

/** Free it with its connection, and set the pointer to NULL. NULL is allowed. On the loop. */
void rtc_handshake_free(struct rtc_handshake **h);

#endif
