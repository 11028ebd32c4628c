/**
 * The gate of a reader lets the pictures of each track pass from a key frame on, because earlier ones cannot be decoded.
 *
 * The gate is a value. A caller that looks ahead uses a copy.
 *
 * Yields     no
 */
#ifndef APP_SOURCE_PICTURE_GATE_H
#define APP_SOURCE_PICTURE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/frame.h"

struct picture_gate {
    uint64_t open; /* tracks whose key frame has passed */
};

static inline bool is_picture(const struct frame *f)
{
    return f->kind == FRAME_VIDEO && !f->config && f->media_len > 0;
}

/** The bit of a frame's track; tracks from 63 on share one. */
static inline uint64_t picture_bit(const struct frame *f)
{
    return UINT64_C(1) << (f->track < 63 ? f->track : 63);
}

/** True if the next frame passes; moves the gate over that frame. keyless: tracks without key frames. */
static inline bool picture_gate_take(struct picture_gate *g, const struct frame *f, uint64_t keyless)
{
    if (!is_picture(f))
        return true;
    if (f->key)
        g->open |= picture_bit(f);
    return (g->open | keyless) & picture_bit(f);
}

#endif
