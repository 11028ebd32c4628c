/**
 * A check that text is UTF-8, fed byte by byte, and the length of a character.
 *
 * Source     RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF
 * Yields     no
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All zero at the start of a text. */
struct utf8 {
    uint8_t n_missing;   /* bytes that the character still needs */
    uint8_t least, most; /* range of the next byte */
};

/** False as soon as no UTF-8 text begins with the bytes so far. */
bool utf8_feed(struct utf8 *u, const void *text, size_t len);

/**
 * Copy a text into `dst` of `cap` bytes, terminated: as many whole characters as fit. Each byte that belongs to no character, and
 * NUL, becomes U+FFFD.
 *
 * Returns    true if the whole text fits
 */
bool utf8_copy(char *dst, size_t cap, const void *text, size_t len);

/** True when no character is cut at the end of the bytes so far. */
static inline bool utf8_is_whole(const struct utf8 *u)
{
    return u->n_missing == 0;
}

enum { UTF8_CHAR_MAX = 4 }; /* bytes of the longest character */

/**
 * Length of the character at `text`; 0 when the bytes there are no whole character.
 *
 * Shape      len: at least 1. Nothing is read behind a byte that does not belong to the character: UTF8_CHAR_MAX will do for a
 *            text that NUL ends
 */
size_t utf8_char_len(const void *text, size_t len);

#endif
