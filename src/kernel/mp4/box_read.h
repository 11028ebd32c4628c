/**
 * A reader of ISO base media boxes.
 *
 * Source     ISO/IEC 14496-12 4.2; sizes of 32 bits alone, as boxes inside a moov or moof have
 * Ownership  borrows the bytes
 * Yields     no
 */
#ifndef KERNEL_MP4_BOX_READ_H
#define KERNEL_MP4_BOX_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "kernel/mp4/box.h"

/** A box: all its bytes, its type, and what follows its header. */
struct mp4_box {
    const uint8_t *bytes;
    size_t         len;
    char           type[5];
    struct rd      body;
};

/** Read the next box. False at the end, or with `r->bad` if there is none. */
static inline bool mp4_box_next(struct rd *r, struct mp4_box *b)
{
    struct rd at = *r;
    if (rd_left(r) == 0)
        return false;
    uint32_t       len = rd_u32(&at);
    const uint8_t *type = rd_bytes(&at, 4);
    if (at.bad || len < MP4_BOX_HEADER_LEN || !rd_bytes(r, len)) {
        r->bad = true;
        return false;
    }
    *b = (struct mp4_box){ .bytes = r->p - len, .len = len, .body = rd_over(at.p, len - MP4_BOX_HEADER_LEN) };
    memcpy(b->type, type, 4);
    return true;
}

static inline bool mp4_box_is(const struct mp4_box *b, const char *type)
{
    return memcmp(b->type, type, 4) == 0;
}

/** Find the first box of a type among those in `in`, a copy. */
static inline bool mp4_box_find(struct rd in, const char *type, struct mp4_box *b)
{
    while (mp4_box_next(&in, b))
        if (mp4_box_is(b, type))
            return true;
    return false;
}

#endif
