#include "kernel/mp4/fragmented.h"

/* Go to the next sample of a track that is taken. */
static void step(struct mp4_fragmented *f)
{
    do
        f->has_next = mp4_fragments_next(&f->at, &f->next);
    while (f->has_next && !mp4_init_takes(&f->init, f->next.track));
}

bool mp4_fragmented_begin(struct mp4_fragmented *f, const void *bytes, size_t len)
{
    *f = (struct mp4_fragmented){ .all = rd_over(bytes, len) };
    if (!mp4_init_read(&f->init, bytes, len))
        return false;
    mp4_fragmented_rewind(f);
    return f->has_next;
}

void mp4_fragmented_rewind(struct mp4_fragmented *f)
{
    f->n_told = 0;
    mp4_fragments_begin(&f->at, &f->init, f->all.p, rd_left(&f->all));
    step(f);
}

bool mp4_fragmented_next(struct mp4_fragmented *f, struct frame_unit *unit)
{
    if (!f->has_next)
        return false;
    while (f->n_told < f->init.n) {
        const struct mp4_init_track *t = &f->init.tracks[f->n_told++];
        if (!t->entry.config_len || !mp4_init_takes(&f->init, t))
            continue;
        *unit = mp4_init_unit(t);
        unit->dts_us = unit->pts_us = f->next.dts_us;
        return true;
    }
    *unit = mp4_fragment_unit(&f->next);
    step(f);
    return true;
}
