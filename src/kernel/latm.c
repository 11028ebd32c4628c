#include "kernel/latm.h"

#include <string.h>

#include "kernel/aac.h"

enum { SYNCWORD = 0x2B7 }; /* 11 bits */

bool latm_find(const uint8_t *bytes, size_t len, size_t *skip, size_t *element_len)
{
    size_t at = 0;
    for (; len - at >= LATM_HEADER_LEN; at++) {
        unsigned head = (unsigned)bytes[at] << 16 | (unsigned)bytes[at + 1] << 8 | bytes[at + 2];
        if (head >> 13 != SYNCWORD)
            continue;
        *skip = at;
        *element_len = head & LATM_ELEMENT_MAX;
        return LATM_HEADER_LEN + *element_len <= len - at;
    }
    *skip = at;
    return false;
}

/* LatmGetValue() */
static uint32_t read_value(struct bits *b)
{
    unsigned bytes = bits_u(b, 2) + 1;
    return bits_u(b, 8 * bytes);
}

/* Copy `n` bits to whole bytes, the last one filled with zeros. */
static void copy_bits(struct bits *b, size_t n, uint8_t *to)
{
    for (; n >= 8 && !b->bad; n -= 8)
        *to++ = (uint8_t)bits_u(b, 8);
    if (n && !b->bad)
        *to = (uint8_t)(bits_u(b, (unsigned)n) << (8 - n));
}

/* Read an AudioSpecificConfig and keep its bytes. told_bits: its length; 0: it is found by reading. */
static bool read_config(struct latm *l, struct bits *b, size_t told_bits)
{
    struct bits       read = *b;
    struct aac_config config;
    size_t            n = told_bits;
    if (n == 0) {
        if (!aac_config_read(&read, &config))
            return false;
        n = bits_left(b) - bits_left(&read);
    }
    if (n > 8 * LATM_CONFIG_MAX || n > bits_left(b))
        return false;
    memset(l->config, 0, sizeof l->config);
    l->config_len = (uint8_t)((n + 7) / 8);
    copy_bits(b, n, l->config);
    if (!aac_config_parse(l->config, l->config_len, &config))
        return false;
    l->samples = config.frame_len;
    l->rate = config.core_rate;
    return true;
}

/* Read how long frames are: frameLengthType and what belongs to it. */
static bool read_frame_length(struct latm *l, struct bits *b)
{
    enum { COUNTED = 0, FIXED = 1, FIXED_LESS_20 = 20 };
    unsigned type = bits_u(b, 3);
    l->is_fixed = type == FIXED;
    if (type == COUNTED)
        bits_skip(b, 8); /* latmBufferFullness */
    if (type == FIXED)
        l->fixed_bits = (uint16_t)(8 * (bits_u(b, 9) + FIXED_LESS_20));
    return type == COUNTED || type == FIXED;
}

static void skip_other_data(struct bits *b, unsigned version)
{
    if (!bits_u1(b)) /* otherDataPresent */
        return;
    if (version) {
        read_value(b);
        return;
    }
    bool more;
    do {
        more = bits_u1(b);
        bits_skip(b, 8);
    } while (more && !b->bad);
}

/* StreamMuxConfig() */
static bool read_mux_config(struct latm *l, struct bits *b)
{
    unsigned version = bits_u1(b);
    if (version && bits_u1(b)) /* audioMuxVersionA: reserved */
        return false;
    if (version)
        read_value(b);                              /* taraBufferFullness */
    bool     same_timing = bits_u1(b);              /* allStreamsSameTimeFraming */
    unsigned n_frames = bits_u(b, 6) + 1;           /* numSubFrames */
    bool     alone = bits_u(b, 4) == 0;             /* numProgram */
    alone &= bits_u(b, 3) == 0;                     /* numLayer */
    size_t told_bits = version ? read_value(b) : 0; /* ascLen */
    if (!same_timing || !alone || b->bad || (version && told_bits == 0) || !read_config(l, b, told_bits))
        return false;
    l->n_frames = (uint8_t)n_frames;
    if (!read_frame_length(l, b))
        return false;
    skip_other_data(b, version);
    if (bits_u1(b)) /* crcCheckPresent */
        bits_skip(b, 8);
    return !b->bad;
}

bool latm_open(struct latm *l, const uint8_t *element, size_t len, struct latm_frames *frames, bool *changed)
{
    struct bits b = bits_over(element, len);
    *changed = false;
    if (!bits_u1(&b)) { /* useSameStreamMux */
        struct latm next = { 0 };
        if (!read_mux_config(&next, &b))
            return false;
        *changed = next.config_len != l->config_len || memcmp(next.config, l->config, sizeof next.config) != 0;
        *l = next;
    }
    *frames = (struct latm_frames){ b, l->n_frames };
    return l->config_len > 0;
}

/* PayloadLengthInfo() of one frame: bytes until one that is not 255. */
static size_t read_counted_bits(struct bits *b)
{
    size_t   bytes = 0;
    unsigned part;
    do {
        part = bits_u(b, 8);
        bytes += part;
    } while (part == 255 && !b->bad);
    return 8 * bytes;
}

bool latm_next(const struct latm *l, struct latm_frames *frames, uint8_t *raw, size_t *len)
{
    if (frames->left == 0)
        return false;
    frames->left--;
    size_t n = l->is_fixed ? l->fixed_bits : read_counted_bits(&frames->b);
    if (frames->b.bad || n == 0 || n > bits_left(&frames->b))
        return false;
    *len = n / 8;
    copy_bits(&frames->b, n, raw);
    return true;
}
