/**
 * Hexadecimal digits.
 *
 * Yields     no
 */
#ifndef CORE_HEX_H
#define CORE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/** The value of a digit, of either case; -1 for another character. */
static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** Decode 2 x `n` digits into `n` bytes; false at another character. `out` may be `text`: a byte is written behind its digits. */
static inline bool ATTR_MUST_USE hex_decode(const char *text, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(text[2 * i]), low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/** The byte that the escape "%XX" at the beginning of a text of `len` bytes stands for (RFC 3986, 2.1); -1: no escape is there. */
static inline int hex_escape(const char *text, size_t len)
{
    uint8_t byte;
    return len >= 3 && text[0] == '%' && hex_decode(text + 1, &byte, 1) ? byte : -1;
}

/** Write `n` bytes as 2 x `n` lower-case digits and a terminator. */
static inline void hex_encode(const void *bytes, char *out, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t    *from = bytes;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[from[i] >> 4];
        out[2 * i + 1] = digits[from[i] & 15];
    }
    out[2 * n] = '\0';
}

#endif
