#include "app/source/headers.h"

#include <string.h>

void headers_clear(struct headers *h)
{
    for (size_t i = 0; i < h->count; i++)
        frame_unref(&h->frames[i]);
    h->count = 0;
}

/* Where a kind stands in what a player is sent. */
static int rank_of(const struct frame *f)
{
    return f->kind == FRAME_SCRIPT ? 0 : f->kind == FRAME_AUDIO ? 1 : 2;
}

void headers_put(struct headers *h, struct frame *f)
{
    size_t at = 0;
    while (at < h->count &&
           (rank_of(h->frames[at]) < rank_of(f) || (h->frames[at]->kind == f->kind && h->frames[at]->track < f->track)))
        at++;
    if (at < h->count && h->frames[at]->kind == f->kind && h->frames[at]->track == f->track) {
        frame_unref(&h->frames[at]);
    } else {
        bool has_script = h->count && h->frames[0]->kind == FRAME_SCRIPT;
        if (f->kind != FRAME_SCRIPT && h->count - has_script == HEADERS_MAX - 1)
            return;
        memmove(&h->frames[at + 1], &h->frames[at], (h->count - at) * sizeof(struct frame *));
        h->count++;
    }
    h->frames[at] = frame_ref(f);
}

void headers_copy(struct headers *to, const struct headers *from)
{
    struct headers copy = *from;
    for (size_t i = 0; i < copy.count; i++)
        frame_ref(copy.frames[i]);
    headers_clear(to);
    *to = copy;
}

struct frame *headers_find(const struct headers *h, enum frame_kind kind, unsigned track)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->frames[i]->kind == kind && h->frames[i]->track == track)
            return h->frames[i];
    return NULL;
}
