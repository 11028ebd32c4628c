/**
 * The log of a source: frames by sequence number, appended at the head, forgotten at the tail.
 *
 * Sequence numbers never repeat; a reader's cursor is one. The ring holds a reference to each frame.
 *
 * Errors     ring_push returns false when memory is out; then the ring is unchanged
 * Yields     no
 */
#ifndef APP_SOURCE_RING_H
#define APP_SOURCE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "kernel/frame.h"

struct ring {
    struct frame **slots;
    size_t         n_slots;    /* a power of two, or 0 */
    uint64_t       tail, head; /* The ring holds the frames tail <= seq < head. */
    size_t         bytes;      /* memory of the frames in the ring */
};

/** The memory that a frame takes. */
static inline size_t ring_frame_bytes(const struct frame *f)
{
    return sizeof *f + f->cap;
}

void ring_finish(struct ring *r);
bool ring_push(struct ring *r, struct frame *f) ATTR_MUST_USE; /* Takes a reference of its own. */
void ring_trim(struct ring *r, uint64_t up_to);                /* Forgets all frames before `up_to`. */

static inline bool ring_is_full(const struct ring *r)
{
    return r->head - r->tail == r->n_slots;
}

/** `seq` must be in the ring. */
static inline struct frame *ring_at(const struct ring *r, uint64_t seq)
{
    return r->slots[seq & (r->n_slots - 1)];
}

#endif
