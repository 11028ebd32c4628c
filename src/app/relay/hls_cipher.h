/**
 * Segments of HLS that are encrypted as a whole: AES-128 in CBC mode, with padding of PKCS #7.
 *
 * Source     RFC 8216 4.3.2.4, 5.2; RFC 5652 6.3
 */
#ifndef APP_RELAY_HLS_CIPHER_H
#define APP_RELAY_HLS_CIPHER_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "kernel/hls/key.h"
#include "protocol/aes_cbc.h"

/** The initialization vector of a segment: that of its key, or its number. Does not yield. */
void hls_cipher_iv(const struct hls_key *key, int64_t number, uint8_t iv[static AES_CBC_BLOCK]);

/**
 * Decrypt a segment in place; *len becomes that of the plain bytes.
 *
 * Errors     E_HTTP_DATA_INVALID: no whole number of blocks, or a padding that is none, as with another key; out of memory
 * Yields     by time
 */
struct err *hls_cipher_decrypt(uint8_t *bytes, size_t *len, const uint8_t key[static AES_CBC_BLOCK],
                               const uint8_t iv[static AES_CBC_BLOCK]) ATTR_MUST_USE;

#endif
