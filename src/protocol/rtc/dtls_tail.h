/**
 * What is left of a DTLS connection after its handshake, when OpenSSL's 39 KiB are freed: the keys for a goodbye, and the last
 * datagrams of the handshake, for a peer that did not get them.
 *
 * Source     RFC 5246 6.3 (key block), 7.2.1 (close_notify); RFC 5288 3 (AES-GCM); RFC 6347 4.1 (records), 4.2.4 (the last flight)
 * Yields     no
 */
#ifndef PROTOCOL_RTC_DTLS_TAIL_H
#define PROTOCOL_RTC_DTLS_TAIL_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/* A flight of ChangeCipherSpec and Finished has 75 bytes. The peer gets it again at most this often: twelve timeouts, and some. */
enum { DTLS_FLIGHT_PARTS = 2, DTLS_FLIGHT_BYTES = 256, DTLS_FLIGHT_REPEATS = 16, DTLS_GOODBYE_LEN = 39 };

struct dtls_flight {
    uint8_t  bytes[DTLS_FLIGHT_BYTES];
    uint16_t len[DTLS_FLIGHT_PARTS];
    uint8_t  n_parts, n_repeats;
    bool     is_cut; /* it was longer: not kept */
};

/* One direction. */
struct dtls_tail_key {
    uint8_t key[32], salt[4];
};

struct dtls_tail {
    const EVP_CIPHER    *cipher; /* NULL: OpenSSL is needed still */
    struct dtls_tail_key in, out;
};

/** Take the keys of a connection. False if its version or cipher is another than DTLS 1.2 and AES-GCM, or OpenSSL fails. */
bool dtls_tail_take(struct dtls_tail *t, SSL *ssl, bool is_client) ATTR_MUST_USE;

enum dtls_tail_said { DTLS_SAID_NOTHING, DTLS_SAID_GOODBYE, DTLS_SAID_HANDSHAKE };

/** What a datagram says: a goodbye (close_notify or a fatal alert, authenticated), or the peer repeats its handshake. */
enum dtls_tail_said dtls_tail_read(const struct dtls_tail *t, const uint8_t *bytes, size_t len);

/** Write a close_notify; false if OpenSSL fails. */
bool dtls_tail_goodbye(const struct dtls_tail *t, uint8_t out[static DTLS_GOODBYE_LEN]) ATTR_MUST_USE;

/** Note a datagram of the flight that is being sent. */
void dtls_flight_note(struct dtls_flight *f, const uint8_t *bytes, size_t len);

#endif
