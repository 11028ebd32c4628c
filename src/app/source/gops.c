#include "app/source/gops.h"

void gops_finish(struct gops *g)
{
    for (int i = 0; i < GOPS_TRACKS_MAX; i++)
        headers_clear(&g->starts[i].headers);
    *g = (struct gops){ 0 };
}

void gops_clear(struct gops *g)
{
    /* Readers may still be in the middle of the old publish, and may need its last place: that one is kept. */
    struct gops after = { .pictured = g->pictured, .at = g->at };
    after.starts[g->at].seq = g->starts[g->at].seq;
    headers_copy(&after.starts[g->at].headers, &g->starts[g->at].headers);
    gops_finish(g);
    *g = after;
}

void gops_codec_changed(struct gops *g, const struct frame *f)
{
    g->keyed &= ~picture_bit(f);
    g->keyless &= ~picture_bit(f);
    g->early_since_us = 0;
}

enum gops_verdict gops_admit(struct gops *g, const struct frame *f, int64_t patience_us)
{
    uint64_t bit = picture_bit(f);
    if (!is_picture(f))
        return GOPS_PASS;
    if (f->key) {
        g->keyed |= bit;
        g->keyless &= ~bit;
    }
    if ((g->keyed | g->keyless) & bit)
        return GOPS_PASS;
    if (!g->early_since_us)
        g->early_since_us = f->arrived_us;
    if (f->arrived_us - g->early_since_us < patience_us) {
        g->n_early++;
        return GOPS_EARLY;
    }
    g->keyless |= bit;
    return GOPS_GIVE_UP;
}

/* The first track whose newest key frame is in the log; GOPS_TRACKS_MAX: none. */
static int lead(const struct gops *g, uint64_t tail)
{
    int i = 0;
    while (i < GOPS_TRACKS_MAX && !(g->starts[i].known && g->starts[i].seq >= tail))
        i++;
    return i;
}

static void follow_key(struct gops *g, const struct frame *f, uint64_t seq, const struct headers *headers)
{
    if (f->track >= GOPS_TRACKS_MAX)
        return;
    struct gop_start *start = &g->starts[f->track];
    if (lead(g, 0) == f->track)
        g->last_lead_seq = start->seq;
    start->known = true;
    start->seq = seq;
    headers_copy(&start->headers, headers);
}

void gops_follow(struct gops *g, const struct frame *f, uint64_t seq, const struct headers *headers)
{
    if (f->kind == FRAME_VIDEO)
        g->ended = f->note == NOTE_END;
    if (!is_picture(f))
        return;
    int64_t step_us = f->dts_us - g->last_dts_us;
    if ((g->pictured & picture_bit(f)) && g->last_us && step_us > g->longest_us)
        g->longest_us = step_us;
    g->pictured |= picture_bit(f);
    g->last_us = f->arrived_us;
    g->last_dts_us = f->dts_us;
    if (f->key)
        follow_key(g, f, seq, headers);
}

/* The track with the oldest of the newest key frames, but not older than the previous GOP of the lead. */
static int best_start(const struct gops *g, uint64_t tail)
{
    int first = lead(g, tail), best = first;
    for (int i = first + 1; i < GOPS_TRACKS_MAX; i++) {
        const struct gop_start *start = &g->starts[i];
        if (start->known && start->seq >= tail && start->seq > g->last_lead_seq && start->seq < g->starts[best].seq)
            best = i;
    }
    return best;
}

bool gops_choose(struct gops *g, uint64_t tail)
{
    int best = best_start(g, tail);
    if (best == GOPS_TRACKS_MAX)
        return false;
    if (best != g->at && !g->starts[g->at].known)
        headers_clear(&g->starts[g->at].headers); /* headers of the previous publish */
    g->at = best;
    return true;
}

bool gops_are_over(const struct gops *g, const struct frame *f)
{
    int64_t silent_us = f->arrived_us - g->last_us, own_us = f->dts_us - g->last_dts_us;
    int64_t limit_us = GOPS_SILENT_STEPS * g->longest_us;
    if (limit_us < GOPS_SILENT_US)
        limit_us = GOPS_SILENT_US;
    return (g->ended && own_us > GOPS_ENDED_US) || (silent_us > limit_us && own_us > limit_us);
}
