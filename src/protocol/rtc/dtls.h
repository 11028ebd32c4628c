/**
 * One DTLS connection: a handshake that makes keys for SRTP, then only a goodbye.
 *
 * Lost datagrams are sent again by a timer: first after DTLS_TIMEOUT_FIRST_US, then twice as late each time, to
 * DTLS_TIMEOUT_MAX_US; after twelve times the handshake has failed. A peer that did not get our last datagrams repeats its own, and is
 * answered. Application data is read and dropped.
 *
 * Source     RFC 6347 (DTLS 1.2), RFC 5764 (use_srtp, exporter), RFC 8122 (fingerprints), RFC 8827 6.5
 * Bounds     a datagram is read once; OpenSSL keeps a handshake message of 16 KiB, and at most 8 records that come early; at most
 *            DTLS_OUT_MAX bytes wait to be sent
 * Threads    dtls_start() and dtls_take() may be called on any thread, one at a time: a step of the handshake computes for some 100 us
 * Yields     no
 */
#ifndef PROTOCOL_RTC_DTLS_H
#define PROTOCOL_RTC_DTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/rtc/dtls_identity.h"
#include "protocol/rtc/srtp.h"

enum {
    DTLS_MTU = 1200,                /* bytes of a datagram that we send */
    DTLS_TIMEOUT_FIRST_US = 100000, /* RFC 6347 4.2.4.1 says a second, and less for real-time */
    DTLS_TIMEOUT_MAX_US = 3200000,
    DTLS_OUT_MAX = 32 << 10, /* a flight with a long certificate has a few KiB */
};

enum rtc_dtls_version { RTC_DTLS_AUTO, RTC_DTLS_1_0, RTC_DTLS_1_2 }; /* auto: 1.2 */

enum dtls_state { DTLS_HANDSHAKE, DTLS_CONNECTED, DTLS_CLOSED, DTLS_FAILED };

enum dtls_failure { DTLS_FAILURE_HANDSHAKE, DTLS_FAILURE_FINGERPRINT, DTLS_FAILURE_PROFILE };

struct dtls_setup {
    struct dtls_identity   *identity; /* a reference is taken */
    struct dtls_fingerprint fingerprint;
    enum rtc_dtls_version   version;
    bool                    is_client;
    bool                    no_srtp; /* a handshake without a profile is good enough */
};

struct dtls;

/** Make a connection. Errors: out of memory. */
struct err *dtls_new(struct dtls **out, const struct dtls_setup *setup) ATTR_MUST_USE;

/** Set the pointer to NULL; NULL is allowed. */
void dtls_free(struct dtls **d);

/**
 * The next datagram to send, after any of the calls below. It is valid until the next call of any function. False: no more. What
 * finds no memory is lost, as on the way.
 */
bool dtls_next_out(struct dtls *d, const uint8_t **bytes, size_t *len);

/** The client: make the first datagram. */
void dtls_start(struct dtls *d);

/** Take one datagram. Those that are not authenticated, or broken, are ignored, as DTLS has it. */
enum dtls_state dtls_take(struct dtls *d, const uint8_t *bytes, size_t len);

/** When dtls_tick() is due: INT64_MAX for never. */
int64_t         dtls_due_us(const struct dtls *d, int64_t now_us);
enum dtls_state dtls_tick(struct dtls *d);

enum dtls_state   dtls_state(const struct dtls *d);
enum dtls_failure dtls_why(const struct dtls *d); /* of DTLS_FAILED */

/** When connected: the profile, and the secret of rtc_srtp_secret_len() bytes. False if OpenSSL fails. */
enum rtc_srtp_profile dtls_profile(const struct dtls *d);
bool                  dtls_secret(const struct dtls *d, uint8_t secret[static RTC_SRTP_SECRET_MAX]) ATTR_MUST_USE;

/**
 * Free OpenSSL's 39 KiB, when connected and the secret was taken: what is left answers repeated datagrams and goodbyes. A connection
 * with DTLS 1.0 or another cipher than AES-GCM keeps them. Then dtls_profile() and dtls_secret() must not be called any more.
 */
void dtls_settle(struct dtls *d);

/** Make close_notify. */
void dtls_close(struct dtls *d);

/** True from the end of the handshake on. */
bool dtls_was_connected(const struct dtls *d);

/** When it was connected: "DTLSv1.2, ECDHE-ECDSA-AES128-GCM-SHA256, SRTP_AEAD_AES_128_GCM"; cut at `cap`. Returns `text`. */
const char *dtls_describe(const struct dtls *d, char *text, size_t cap);

#endif
