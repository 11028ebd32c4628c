/**
 * Which pictures a reader gets: those of each track from a key frame on, because the ones before cannot be decoded.
 *
 * Pure: the gate is a value. A caller that looks ahead does it with a copy.
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

/** Whether the next frame passes; the gate is then as it is for the one behind it. keyless: tracks that have no key frames. */
static inline bool picture_gate_take(struct picture_gate *g, const struct frame *f, uint64_t keyless)
{
    if (!is_picture(f))
        return true;
    if (f->key)
        g->open |= picture_bit(f);
    return (g->open | keyless) & picture_bit(f);
}

#endif
