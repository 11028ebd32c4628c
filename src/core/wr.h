/**
 * A bounded writer of bytes, with a failure that sticks: the mirror of rd.h.
 *
 * Write a whole message, then ask once whether `full` is set. Nothing is written past the end.
 *
 * Ownership  borrows the caller's storage
 * Yields     no
 */
#ifndef CORE_WR_H
#define CORE_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wr {
    uint8_t *start, *p, *end;
    bool     full;
};

/** A writer over `cap` bytes; NULL gives one without room. */
static inline struct wr wr_over(void *bytes, size_t cap)
{
    uint8_t *b = bytes;
    return (struct wr){ b, b, b ? b + cap : NULL, false };
}

static inline size_t wr_len(const struct wr *w)
{
    return (size_t)(w->p - w->start);
}

/** Room for `n` bytes, which the caller fills; NULL sets `full`. */
static inline uint8_t *wr_room(struct wr *w, size_t n)
{
    w->full |= n > (size_t)(w->end - w->p);
    if (w->full)
        return NULL;
    w->p += n;
    return w->p - n;
}

static inline void wr_bytes(struct wr *w, const void *bytes, size_t n)
{
    uint8_t *b = wr_room(w, n);
    if (b && n)
        memcpy(b, bytes, n);
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
    wr_bytes(w, &v, 1);
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
    wr_bytes(w, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

static inline void wr_u24(struct wr *w, uint32_t v)
{
    wr_bytes(w, (uint8_t[]){ (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v }, 3);
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
    wr_bytes(w, (uint8_t[]){ (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v }, 4);
}

static inline void wr_u32le(struct wr *w, uint32_t v)
{
    wr_bytes(w, (uint8_t[]){ (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) }, 4);
}

static inline void wr_u64(struct wr *w, uint64_t v)
{
    wr_u32(w, (uint32_t)(v >> 32));
    wr_u32(w, (uint32_t)v);
}

static inline void wr_f64(struct wr *w, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    wr_u64(w, bits);
}

#endif
