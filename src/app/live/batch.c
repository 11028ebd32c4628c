#include "app/live/batch.h"

void batch_clear(struct batch *b)
{
    b->n_iov = 0;
    b->bytes = b->count = 0;
    b->scratch_left = wr_over(b->scratch, sizeof b->scratch);
}

bool batch_add(struct batch *b, const struct wire *w, struct frame *f, int64_t ms, size_t sent,
               const struct jitter *after)
{
    struct wire_part part = w->format->iov(w, f, ms, sent, b->iov + b->n_iov, BATCH_IOVS - b->n_iov, &b->scratch_left);
    if (part.n_iov == 0)
        return false;
    size_t left = part.wire_len - sent;
    b->n_iov += part.n_iov;
    b->bytes += part.bytes;
    b->items[b->count++] = (struct batch_item){ f, left, ms, *after };
    return part.bytes == left && b->bytes < BATCH_BYTES && b->count < BATCH_FRAMES;
}

bool batch_skip(struct batch *b, struct frame *f, const struct jitter *after)
{
    b->items[b->count++] = (struct batch_item){ f, 0, 0, *after };
    return b->count < BATCH_FRAMES;
}
