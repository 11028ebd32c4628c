/**
 * A decoder of base64.
 *
 * Source     RFC 4648 4 (the standard alphabet); padding may be left out
 * Yields     no
 */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/**
 * Decode `len` characters into `out` of `cap` bytes.
 *
 * Returns    false if a character is not of the alphabet, the number of characters or the padding is wrong, or `out` is too small;
 *            bits of the last character that belong to no byte are not looked at
 */
bool base64_decode(const char *text, size_t len, uint8_t *out, size_t cap, size_t *out_len) ATTR_MUST_USE;

/** The same for the alphabet of RFC 4648 5, which URLs and tokens use, without padding. */
bool base64_decode_url(const char *text, size_t len, uint8_t *out, size_t cap, size_t *out_len) ATTR_MUST_USE;

#endif
