/**
 * A bounded reader of bits, for codec headers. A failure sticks, as in rd.h.
 *
 * Read a whole header, then check once whether `bad` is set. A read past the end yields zeros and sets `bad`.
 *
 *     struct bits b = bits_over_rbsp(nalu.p + 1, nalu.len - 1);     emulation prevention removed as it reads
 *     unsigned id = bits_ue_max(&b, 31);
 *
 * Source     ITU-T H.264 7.2 (u, ue, se), 7.3.1 and 7.4.1 (emulation_prevention_three_byte), 9.1 (Exp-Golomb)
 * Ownership  borrows the bytes
 * Yields     no
 */
#ifndef KERNEL_BITS_H
#define KERNEL_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bits {
    const uint8_t *p, *end;
    unsigned       left; /* bits of `byte` that have not been read */
    uint8_t        byte;
    uint8_t        zeros; /* consecutive zero bytes before p */
    bool           rbsp;  /* Drop a byte 3 after two zeros. */
    bool           bad;
};

/** A reader over plain bytes: AAC, AV1, configuration records. */
static inline struct bits bits_over(const uint8_t *bytes, size_t len)
{
    return (struct bits){ .p = bytes, .end = bytes + len };
}

/** A reader over the bytes of a NAL unit after its header. */
static inline struct bits bits_over_rbsp(const uint8_t *bytes, size_t len)
{
    return (struct bits){ .p = bytes, .end = bytes + len, .rbsp = true };
}

/** The number of bits that are left; for plain bytes only. */
static inline size_t bits_left(const struct bits *b)
{
    return b->left + (size_t)(b->end - b->p) * 8;
}

static inline void bits_load_byte(struct bits *b)
{
    if (b->rbsp && b->zeros >= 2 && b->p < b->end && *b->p == 3) {
        b->p++;
        b->zeros = 0;
    }
    if (b->p == b->end) {
        b->bad = true;
        b->byte = 0;
    } else {
        b->byte = *b->p++;
        b->zeros = b->byte ? 0 : (uint8_t)(b->zeros < 2 ? b->zeros + 1 : 2);
    }
    b->left = 8;
}

static inline unsigned bits_u1(struct bits *b)
{
    if (b->bad)
        return 0;
    if (b->left == 0)
        bits_load_byte(b);
    b->left--;
    return b->byte >> b->left & 1;
}

/** Read `n` bits, at most 32; the first one is the most significant. */
static inline uint32_t bits_u(struct bits *b, unsigned n)
{
    uint32_t v = 0;
    while (n-- && !b->bad)
        v = v << 1 | bits_u1(b);
    return b->bad ? 0 : v;
}

static inline void bits_skip(struct bits *b, unsigned n)
{
    while (n-- && !b->bad)
        bits_u1(b);
}

/** Read an unsigned Exp-Golomb code, 0 to 2^32 - 2; longer codes are malformed. */
static inline uint32_t bits_ue(struct bits *b)
{
    unsigned zeros = 0;
    while (!b->bad && !bits_u1(b))
        if (++zeros > 31)
            b->bad = true;
    uint32_t suffix = bits_u(b, zeros);
    return b->bad ? 0 : (uint32_t)((1ULL << zeros) - 1) + suffix;
}

/** Read an unsigned Exp-Golomb code with an upper bound; a value above `max` is malformed and reads as 0. */
static inline uint32_t bits_ue_max(struct bits *b, uint32_t max)
{
    uint32_t v = bits_ue(b);
    if (v <= max)
        return v;
    b->bad = true;
    return 0;
}

/** Read a signed Exp-Golomb code. */
static inline int32_t bits_se(struct bits *b)
{
    uint32_t k = bits_ue(b);
    return k & 1 ? (int32_t)(k / 2 + 1) : -(int32_t)(k / 2);
}

#endif
