#include "app/live/batch.h"

#include "core/mem.h"

/* Usual size of the scratch buffer: it holds headers, and for some formats copies of frames. It grows for a larger frame. */
enum { SCRATCH_BYTES = 1 << 20 };

static bool reserve(struct batch *b, size_t least)
{
    size_t cap = least > SCRATCH_BYTES ? least : SCRATCH_BYTES;
    if (b->scratch && (b->scratch_cap == cap || (b->scratch_cap > cap && least > SCRATCH_BYTES)))
        return true;
    uint8_t *scratch = mem_realloc(b->scratch, cap);
    if (!scratch)
        return b->scratch && b->scratch_cap >= least;
    b->scratch = scratch;
    b->scratch_cap = cap;
    return true;
}

bool batch_clear(struct batch *b, size_t least)
{
    bool reserved = reserve(b, least);
    b->out = (struct wire_out){ .iov = b->iov, .cap_iov = BATCH_IOVS };
    b->out.scratch = wr_over(b->scratch, b->scratch_cap);
    b->count = 0;
    return reserved;
}

static bool push(struct batch *b, struct batch_item item)
{
    b->items[b->count++] = item;
    return b->count < BATCH_FRAMES;
}

bool batch_add(struct batch *b, struct wire *w, struct frame *f, int64_t us, size_t sent, const struct jitter *after)
{
    size_t len = wire_size_sum(wire_size(w, f, us)), before = b->out.bytes;
    if (sent && sent >= len) {
        wire_pass(w, f, us);
        return push(b, (struct batch_item){ f, 0, us, *after, *w });
    }
    b->out.skip = sent;
    wire_emit(w, f, us, &b->out);
    if (b->out.full && b->out.bytes == before)
        return false;
    bool more = push(b, (struct batch_item){ f, len - sent, us, *after, *w });
    return more && !b->out.full && b->out.bytes < BATCH_BYTES;
}

bool batch_skip(struct batch *b, const struct wire *w, struct frame *f, const struct jitter *after)
{
    return push(b, (struct batch_item){ f, 0, 0, *after, *w });
}
