#include "app/source/hand_back.h"

#include "app/source/delay.h"
#include "app/source/picture_gate.h"
#include "kernel/frame.h"

void hand_back_begin(struct hand_back *h)
{
    *h = (struct hand_back){ .waits = true };
}

static bool can_be_shown(const struct hand_back *h, const struct frame *f)
{
    return is_picture(f) ? f->key : f->kind == FRAME_AUDIO && !h->has_pictures;
}

/* A publisher that sends nothing else must not fill the memory with headers that nobody sees. */
static enum hand_back_verdict keep(struct hand_back *h, const struct frame *f)
{
    size_t bytes = sizeof *f + f->len;
    if (bytes > HAND_BACK_BYTES_MAX - h->bytes)
        return HAND_BACK_DROP;
    h->bytes += bytes;
    return HAND_BACK_KEEP;
}

enum hand_back_verdict hand_back_look(struct hand_back *h, const struct arrival *a, int64_t now_us, int64_t patience_us)
{
    const struct frame *f = a->frame;
    h->has_pictures |= f->kind == FRAME_VIDEO || (a->has_info && a->video_told);
    if (frame_is_header(f))
        return keep(h, f);
    if (!h->since_us)
        h->since_us = now_us;
    if (!can_be_shown(h, f) && now_us - h->since_us < patience_us)
        return HAND_BACK_DROP;
    h->waits = false;
    return HAND_BACK_NOW;
}
