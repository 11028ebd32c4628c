#include "app/source/clock_start.h"

#include "app/source/clock_track.h"
#include "core/clock.h"
#include "kernel/frame.h"
#include "kernel/times.h"

/* Between two publishers, time moves on by a step, at most GAP_MIN_US, or by the time that has passed, at most GAP_MAX_US. */
enum { GAP_MIN_US = 40 * US_PER_MS, GAP_MAX_US = 1000 * US_PER_MS };

/* A track that ended this long before the others goes on where they ended. */
enum { AWAY_US = US_PER_SECOND };

/* So much sound may be left out, so that pictures follow each other without a gap. */
enum { LOSS_MAX_US = 300 * US_PER_MS };

void clock_begin_epoch(struct stream_clock *c, int64_t shift_us)
{
    c->before_us = c->shift_us;
    c->shift_us = shift_us;
    for (unsigned i = 0; i < c->n_tracks; i++)
        c->tracks[i].n_since_break = 0;
}

/* The time that has passed between two publishers, as far as it counts. */
static int64_t pause_before(const struct stream_clock *c, int64_t now_us)
{
    int64_t us = ms_from_us(now_us - c->newest_arrived_us) * US_PER_MS;
    if (c->hurries)
        return 0;
    return us < GAP_MAX_US ? us : GAP_MAX_US;
}

/* The time after which a track goes on. */
static int64_t end_of(const struct stream_clock *c, const struct clock_track *t, int64_t step_us)
{
    int64_t lost_us = t->early_end_us[1] + step_us; /* as far as a decoder comes that is set up anew, and a step */
    if (!t->has_out || c->ended_us - t->end_us >= AWAY_US)
        return c->ended_us;
    return c->hurries && t->kind == FRAME_VIDEO && lost_us < t->end_us ? lost_us : t->end_us;
}

/* Where a track goes on: a step or the pause after its own end, unless that was long before the end of the publish. */
static int64_t place_of(const struct stream_clock *c, const struct clock_track *t)
{
    int64_t step_us = clock_track_newest_step(t);
    if (step_us == 0 || step_us > GAP_MIN_US)
        step_us = GAP_MIN_US;
    return end_of(c, t, step_us) + (c->pause_us > step_us ? c->pause_us : step_us);
}

void clock_start(struct stream_clock *c, const struct clock_track *t, int64_t first_us, int64_t now_us)
{
    c->ended_us = c->newest_us;
    c->pause_us = pause_before(c, now_us);
    int64_t shift_us = c->has_out ? clock_whole_ms(place_of(c, t) - first_us) : 0;
    clock_begin_epoch(c, shift_us);
    c->before_us = shift_us;
    c->started = true;
}

static void move_all(struct stream_clock *c, int64_t us)
{
    c->shift_us += us;
    c->before_us += us;
    for (unsigned i = 0; i < c->n_tracks; i++) {
        struct clock_track *t = &c->tracks[i];
        if (!t->started)
            continue;
        t->shift_us += us;
        t->top_us += us;
        t->lead_us += us;
        t->lag_us += us;
        t->meets = true;
    }
}

static bool has_pictures(const struct stream_clock *c)
{
    for (unsigned i = 0; i < c->n_tracks; i++)
        if (c->tracks[i].started && c->tracks[i].kind == FRAME_VIDEO)
            return true;
    return false;
}

void clock_start_meet(struct stream_clock *c, const struct clock_track *t, int64_t first_us)
{
    int64_t early_us = clock_whole_ms(place_of(c, t) - (first_us + c->shift_us));
    int64_t least_us = t->kind == FRAME_VIDEO && !has_pictures(c) ? -LOSS_MAX_US : LOSS_MAX_US;
    if (t->has_out && early_us > least_us)
        move_all(c, early_us);
}
