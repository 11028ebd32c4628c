#include "app/source/ring.h"

#include "core/mem.h"

enum { SLOTS_MIN = 64 };

void ring_finish(struct ring *r)
{
    ring_trim(r, r->head);
    mem_free(r->slots);
    *r = (struct ring){ 0 };
}

static bool resize(struct ring *r, size_t n_slots)
{
    struct frame **slots = mem_calloc(n_slots, sizeof(struct frame *));
    if (!slots)
        return false;
    for (uint64_t seq = r->tail; seq < r->head; seq++)
        slots[seq & (n_slots - 1)] = ring_at(r, seq);
    mem_free(r->slots);
    r->slots = slots;
    r->n_slots = n_slots;
    return true;
}

bool ring_push(struct ring *r, struct frame *f)
{
    if (ring_is_full(r) && !resize(r, r->n_slots ? r->n_slots * 2 : SLOTS_MIN))
        return false;
    r->slots[r->head++ & (r->n_slots - 1)] = frame_ref(f);
    r->bytes += ring_frame_bytes(f);
    return true;
}

void ring_trim(struct ring *r, uint64_t up_to)
{
    for (; r->tail < up_to && r->tail < r->head; r->tail++) {
        struct frame **slot = &r->slots[r->tail & (r->n_slots - 1)];
        r->bytes -= ring_frame_bytes(*slot);
        frame_unref(slot);
    }
    /* Give the memory of a burst back, but keep room, so that the next GOP does not resize again. */
    size_t held = (size_t)(r->head - r->tail);
    if (r->n_slots > SLOTS_MIN && held < r->n_slots / 8)
        (void)!resize(r, r->n_slots / 4);
}
