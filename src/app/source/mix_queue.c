#include "app/source/mix_queue.h"

#include <string.h>

void mix_queue_clear(struct mix_queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        frame_unref(&q->frames[i]);
    *q = (struct mix_queue){ 0 };
}

static size_t *count_of(struct mix_queue *q, const struct frame *f)
{
    return f->kind == FRAME_VIDEO ? &q->n_video : &q->n_audio;
}

void mix_queue_push(struct mix_queue *q, struct frame *f)
{
    size_t at = q->count;
    while (at > 0 && q->frames[at - 1]->dts_us > f->dts_us)
        at--;
    memmove(&q->frames[at + 1], &q->frames[at], (q->count - at) * sizeof(struct frame *));
    q->frames[at] = frame_ref(f);
    q->count++;
    (*count_of(q, f))++;
}

struct frame *mix_queue_pop(struct mix_queue *q, bool drain)
{
    bool mixed = q->n_audio > 0 && q->n_video > 0;
    if (q->count == 0)
        return NULL;
    if (!drain && !mixed && q->n_audio < MIX_ONE_KIND_MAX && q->n_video < MIX_ONE_KIND_MAX)
        return NULL;
    struct frame *f = q->frames[0];
    q->count--;
    (*count_of(q, f))--;
    memmove(&q->frames[0], &q->frames[1], q->count * sizeof(struct frame *));
    return f;
}
