/**
 * Digests with a key, and their comparison: its time does not tell how much of a forged digest is right.
 *
 * Source     FIPS 180-4, RFC 2104
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_DIGEST_H
#define PROTOCOL_TOKEN_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"

enum { DIGEST_MD5_LEN = 16, DIGEST_SHA256_LEN = 32 };

/** HMAC-SHA256. False when OpenSSL fails. */
bool digest_hmac_sha256(uint8_t out[static DIGEST_SHA256_LEN], const void *key, size_t key_len, const void *bytes,
                        size_t len) ATTR_MUST_USE;

/**
 * MD5 of a text, for links of others: a digest with a secret in the text can be forged only by whoever knows it.
 *
 * Source     RFC 1321
 * Returns    false when the text has a fault, or OpenSSL fails
 */
bool digest_md5(uint8_t out[static DIGEST_MD5_LEN], const struct buf *text) ATTR_MUST_USE;

/** SHA-256 of a text, likewise. Source: FIPS 180-4. */
bool digest_sha256(uint8_t out[static DIGEST_SHA256_LEN], const struct buf *text) ATTR_MUST_USE;

/** True when `text` is `len` bytes in hexadecimal digits, of either case, and they are these. */
bool digest_is_hex(const char *text, const uint8_t *digest, size_t len);

#endif
