/**
 * The keys of SRTP for one direction of a session, and what is done with them.
 *
 * A session keeps bytes alone. The contexts of OpenSSL, which are a hundred times as large, belong to the process, one for each
 * cipher and direction; a context is loaded with another key only when the key changes.
 *
 * Source     RFC 3711 4.1.1 (AES in counter mode), 4.2.1 (HMAC-SHA1), 4.3 (key derivation); RFC 7714 8, 9, 11 (AES-GCM)
 * Threads    one: that of the loop
 * Yields     no
 */
#ifndef PROTOCOL_RTC_SRTP_KEY_H
#define PROTOCOL_RTC_SRTP_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/* The numbers of RFC 5764 4.1.2 and RFC 7714 14.2. */
enum rtc_srtp_profile {
    RTC_SRTP_NONE = 0,
    RTC_SRTP_AES128_CM_SHA1_80 = 1,
    RTC_SRTP_AEAD_AES_128_GCM = 7,
    RTC_SRTP_AEAD_AES_256_GCM = 8,
};

enum { SRTP_KEY_MAX = 32, SRTP_SALT_MAX = 14, SRTP_AUTH_LEN = 20, SRTP_IV_GCM = 12, SRTP_IV_CM = 16 };

/* The session keys for RTP, or for RTCP. */
struct srtp_key {
    uint64_t              number; /* of all keys of this process; it tells which key a context is loaded with */
    enum rtc_srtp_profile profile;
    uint8_t               key[SRTP_KEY_MAX];
    uint8_t               salt[SRTP_SALT_MAX];
    uint8_t               auth[SRTP_AUTH_LEN]; /* AES_CM alone */
};

enum srtp_use { SRTP_FOR_RTP = 0, SRTP_FOR_RTCP = 3 }; /* the first of its three labels, RFC 3711 4.3.2 */

/** Bytes of the authentication tag: 16 of AES-GCM, 10 of HMAC-SHA1-80. */
size_t srtp_key_tag_len(const struct srtp_key *k);

/** Derive session keys from a master key and its salt, with the lengths of the profile. False if OpenSSL fails. */
bool srtp_key_derive(struct srtp_key *k, enum rtc_srtp_profile profile, enum srtp_use use, const uint8_t *master_key,
                     const uint8_t *master_salt) ATTR_MUST_USE;

/* What is authenticated beside the encrypted bytes. */
struct srtp_aad {
    const uint8_t *head, *more; /* `more` may be NULL */
    size_t         head_len, more_len;
};

/** Encrypt in place with AES-GCM and write the tag; or check the tag and decrypt. False: OpenSSL fails; or the tag is wrong. */
bool srtp_key_gcm_seal(const struct srtp_key *k, const uint8_t iv[static SRTP_IV_GCM], const struct srtp_aad *aad,
                       uint8_t *bytes, size_t len, uint8_t *tag) ATTR_MUST_USE;
bool srtp_key_gcm_open(const struct srtp_key *k, const uint8_t iv[static SRTP_IV_GCM], const struct srtp_aad *aad,
                       uint8_t *bytes, size_t len, const uint8_t *tag) ATTR_MUST_USE;

/** Encrypt or decrypt in place with AES in counter mode. */
bool srtp_key_cm(const struct srtp_key *k, const uint8_t iv[static SRTP_IV_CM], uint8_t *bytes,
                 size_t len) ATTR_MUST_USE;

/** The HMAC over bytes and four more of them (ROC); `tag` has srtp_key_tag_len() bytes. `more` may be NULL. */
bool srtp_key_mac(const struct srtp_key *k, const uint8_t *bytes, size_t len, const uint8_t *more,
                  uint8_t *tag) ATTR_MUST_USE;

#endif
