/**
 * A bounded reader of bytes, with a failure that sticks.
 *
 * Read a whole header, then ask once whether `bad` is set. A read past the end gives zeros (or NULL) and sets `bad`; a
 * parser that finds an impossible value sets it too. All integers are big-endian unless the name says `le`.
 *
 * Ownership  borrows the bytes; pointers into them live as long as they do
 * Yields     no
 */
#ifndef CORE_RD_H
#define CORE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
    const uint8_t *p, *end;
    bool           bad;
};

/** Read these bytes; NULL with a length of 0 is nothing to read. */
static inline struct rd rd_over(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    return (struct rd){ p, len ? p + len : p, false };
}

static inline size_t rd_left(const struct rd *r)
{
    return (size_t)(r->end - r->p);
}

/** The next `n` bytes, or NULL and `bad`. Lengths are compared because `p + n` may overflow. */
static inline const uint8_t *rd_bytes(struct rd *r, size_t n)
{
    r->bad |= n > rd_left(r);
    if (r->bad)
        return NULL;
    r->p += n;
    return r->p - n;
}

static inline uint8_t rd_u8(struct rd *r)
{
    const uint8_t *b = rd_bytes(r, 1);
    return b ? b[0] : 0;
}

static inline uint16_t rd_u16(struct rd *r)
{
    const uint8_t *b = rd_bytes(r, 2);
    return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

static inline uint32_t rd_u24(struct rd *r)
{
    const uint8_t *b = rd_bytes(r, 3);
    return b ? (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2] : 0;
}

static inline uint32_t rd_u32(struct rd *r)
{
    const uint8_t *b = rd_bytes(r, 4);
    return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

static inline uint32_t rd_u32le(struct rd *r)
{
    const uint8_t *b = rd_bytes(r, 4);
    return b ? (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0] : 0;
}

static inline uint64_t rd_u64(struct rd *r)
{
    uint64_t high = rd_u32(r);
    return high << 32 | rd_u32(r);
}

/** An IEEE 754 double, the form of numbers in AMF0. */
static inline double rd_f64(struct rd *r)
{
    uint64_t bits = rd_u64(r);
    double   value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
