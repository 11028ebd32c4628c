#include "app/live/held_wire.h"

void held_wire_renew(struct held_wire *h)
{
    struct frame *now[WIRE_FRAMES_MAX] = { NULL };
    if (h->wire.format && h->wire.format->borrows)
        h->wire.format->borrows(&h->wire, now);
    for (size_t i = 0; i < WIRE_FRAMES_MAX; i++) {
        struct frame *was = h->frames[i];
        if (was == now[i])
            continue;
        h->frames[i] = now[i] ? frame_ref(now[i]) : NULL;
        frame_unref(&was);
    }
}

void held_wire_set(struct held_wire *h, const struct wire *w)
{
    h->wire = *w;
    held_wire_renew(h);
}

void held_wire_drop(struct held_wire *h)
{
    for (size_t i = 0; i < WIRE_FRAMES_MAX; i++)
        frame_unref(&h->frames[i]);
    *h = (struct held_wire){ 0 };
}
