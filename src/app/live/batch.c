#include "app/live/batch.h"

void batch_clear(struct batch *b)
{
    b->out =
        (struct wire_out){ .iov = b->iov, .cap_iov = BATCH_IOVS, .scratch = wr_over(b->scratch, sizeof b->scratch) };
    b->count = 0;
}

static bool push(struct batch *b, struct batch_item item)
{
    b->items[b->count++] = item;
    return b->count < BATCH_FRAMES;
}

bool batch_add(struct batch *b, struct wire *w, struct frame *f, int64_t ms, size_t sent, const struct jitter *after)
{
    size_t len = wire_len(w, f, ms), before = b->out.bytes;
    b->out.skip = sent;
    wire_emit(w, f, ms, &b->out);
    if (b->out.full && b->out.bytes == before)
        return false;
    bool more = push(b, (struct batch_item){ f, len - sent, ms, *after, *w });
    return more && !b->out.full && b->out.bytes < BATCH_BYTES;
}

bool batch_skip(struct batch *b, const struct wire *w, struct frame *f, const struct jitter *after)
{
    return push(b, (struct batch_item){ f, 0, 0, *after, *w });
}
