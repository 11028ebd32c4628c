/**
 * A writer of ISO base media boxes: a size that is filled in at the end, a type, and the contents.
 *
 *     size_t moov = mp4_box_begin(w, "moov");
 *     ...
 *     mp4_box_end(w, moov);
 *
 * Source     ISO/IEC 14496-12 4.2 (Box, FullBox)
 * Yields     no
 */
#ifndef KERNEL_MP4_BOX_H
#define KERNEL_MP4_BOX_H

#include <stddef.h>
#include <stdint.h>

#include "core/wr.h"

enum { MP4_BOX_HEADER_LEN = 8, MP4_FULL_BOX_HEADER_LEN = 12 };

/** Begin a box of a four-letter type. Returns its offset, an argument of mp4_box_end(). */
static inline size_t mp4_box_begin(struct wr *w, const char *type)
{
    size_t at = wr_len(w);
    wr_u32(w, 0);
    wr_bytes(w, type, 4);
    return at;
}

static inline size_t mp4_full_box_begin(struct wr *w, const char *type, uint8_t version, uint32_t flags)
{
    size_t at = mp4_box_begin(w, type);
    wr_u32(w, (uint32_t)version << 24 | flags);
    return at;
}

/** End the box, and fill in its size. */
static inline void mp4_box_end(struct wr *w, size_t at)
{
    if (w->full)
        return;
    struct wr size = wr_over(w->start + at, 4);
    wr_u32(&size, (uint32_t)(wr_len(w) - at));
}

/** Write `n` zero bytes: reserved fields, empty tables. */
static inline void mp4_zeros(struct wr *w, size_t n)
{
    uint8_t *b = wr_room(w, n);
    if (b)
        memset(b, 0, n);
}

#endif
