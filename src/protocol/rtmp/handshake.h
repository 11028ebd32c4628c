/**
 * The RTMP handshake, as functions on bytes: the plain form of the specification, and the digest form that
 * Flash Player introduced and many clients still begin with.
 *
 * A C1 or S1 of the digest kind carries an HMAC-SHA256 of itself, in one of two layouts:
 *
 *     layout 0   time(4) version(4) key block(764) digest block(764)
 *     layout 1   time(4) version(4) digest block(764) key block(764)
 *     digest block   the 32-byte digest lies at: the sum of the block's first 4 bytes, modulo 728, plus 4
 *     key block      a 128-byte Diffie-Hellman key lies at: the sum of the block's last 4 bytes, modulo 632
 *
 * Only RTMPE uses that key, and its version number is refused; so the key in our S1 and C1 is random bytes.
 *
 * Source     RTMP 1.0, 5.2. Adobe never published the digest form; this is the form in common use.
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_HANDSHAKE_H
#define PROTOCOL_RTMP_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum {
    RTMP_VERSION = 3,
    RTMP_C1_LEN = 1536,
    RTMP_C0C1_LEN = 1 + RTMP_C1_LEN,
    RTMP_S0S1S2_LEN = 1 + 2 * RTMP_C1_LEN,
    RTMP_C2_LEN = RTMP_C1_LEN,
    RTMP_DIGEST_LEN = 32,

    /* A proxy may tell the client's address before C0: this byte, a 16-bit length, the address. */
    RTMP_PROXY_MARK = 0xF3,
    RTMP_PROXY_HEADER_LEN = 3,
    RTMP_PROXY_DATA_MAX = 1024,
    RTMP_PROXY_IP_LEN = 4,
};

enum rtmp_handshake_kind { RTMP_HANDSHAKE_PLAIN, RTMP_HANDSHAKE_DIGEST_0, RTMP_HANDSHAKE_DIGEST_1 };

/**
 * The length of the data after a proxy's RTMP_PROXY_HEADER_LEN bytes.
 *
 * Errors     E_RTMP_PROXY_EXCEED above RTMP_PROXY_DATA_MAX
 */
struct err *rtmp_handshake_proxy_len(const uint8_t header[static RTMP_PROXY_HEADER_LEN], size_t *len) ATTR_MUST_USE;

/**
 * Make a server's S0S1S2, the answer to C0C1. A C1 with a valid digest (layout 0 is tried first) gets the digest form,
 * any other C1 gets the plain form.
 *
 * Shape      S2 of the digest form begins with `name`, as a signature; "" for none
 * Units      now_s: seconds since 1970
 * Errors     E_RTMP_PLAIN_REQUIRED  C0 is not 3: RTMPE, or not RTMP at all
 *            E_OPEN_SSL_CREATE_HMAC the crypto library failed
 */
struct err *rtmp_handshake_answer(const uint8_t c0c1[static RTMP_C0C1_LEN], uint8_t s0s1s2[static RTMP_S0S1S2_LEN],
                                  const char *name, uint32_t now_s, enum rtmp_handshake_kind *kind) ATTR_MUST_USE;

/** The state of a client between C1 and C2. */
struct rtmp_handshake_client {
    bool    plain; /* C1 carries no digest. */
    uint8_t c1_digest[RTMP_DIGEST_LEN];
};

/** Make a client's C0C1, in the digest form with layout 1 or in the plain form. Errors: E_OPEN_SSL_CREATE_HMAC. */
struct err *rtmp_handshake_offer(struct rtmp_handshake_client *c, uint8_t c0c1[static RTMP_C0C1_LEN], bool plain,
                                 uint32_t now_s) ATTR_MUST_USE;

/**
 * Make a client's C2, the answer to S0S1S2. It has the digest form if S1 has a digest and S2 proves that the server knows the
 * digest of C1; otherwise it is a copy of S1, the plain answer.
 *
 * Errors     E_RTMP_PLAIN_REQUIRED, E_OPEN_SSL_CREATE_HMAC
 */
struct err *rtmp_handshake_finish(const struct rtmp_handshake_client *c, const uint8_t s0s1s2[static RTMP_S0S1S2_LEN],
                                  uint8_t c2[static RTMP_C2_LEN], enum rtmp_handshake_kind *kind) ATTR_MUST_USE;

#endif
