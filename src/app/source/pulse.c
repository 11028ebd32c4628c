#include "app/source/pulse.h"

#include <stdlib.h>

#include "app/source/stream_clock.h"

void pulse_begin(struct pulse *p, int64_t now_us, int64_t n_breaks)
{
    *p = (struct pulse){ .began_us = now_us, .n_breaks_then = n_breaks };
}

static void follow_key(struct pulse *p, const struct frame *f)
{
    if (p->n_keys++)
        p->gop_us = f->dts_us - p->key_dts_us;
    p->key_dts_us = f->dts_us;
    p->key_arrived_us = f->arrived_us;
}

/* An encoder that pauses its own time has no gap: only what is late by that time counts. */
static void follow_arrival(struct pulse *p, const struct frame *f)
{
    int64_t late_us = (f->arrived_us - p->arrived_us) - (f->dts_us > p->dts_us ? f->dts_us - p->dts_us : 0);
    if (p->arrived_us && late_us > PULSE_GAP_US) {
        p->n_gaps++;
        p->gaps_us += late_us;
        p->gap_ended_us = f->arrived_us;
        if (late_us > p->longest_gap_us)
            p->longest_gap_us = late_us;
    }
    p->arrived_us = f->arrived_us;
    if (f->dts_us > p->dts_us)
        p->dts_us = f->dts_us;
}

void pulse_follow(struct pulse *p, const struct frame *f)
{
    if (frame_is_header(f))
        return;
    follow_arrival(p, f);
    if (f->kind != FRAME_VIDEO || f->track != 0)
        return;
    p->n_pictures++;
    p->n_reordered += f->pts_us != f->dts_us;
    if (f->key)
        follow_key(p, f);
}

/* The lead of the times of a kind's first track over their arrival. */
static bool lead_of(const struct stream_clock *c, enum frame_kind kind, int64_t *us)
{
    for (unsigned i = 0; i < c->n_tracks; i++) {
        const struct clock_track *t = &c->tracks[i];
        if (!t->started || t->kind != kind)
            continue;
        *us = t->out_us - t->arrived_us;
        return true;
    }
    return false;
}

static void sample_drift(struct pulse *p, const struct stream_clock *c, int64_t now_us)
{
    int64_t sound_us, picture_us;
    if (!lead_of(c, FRAME_AUDIO, &sound_us) || !lead_of(c, FRAME_VIDEO, &picture_us))
        return;
    p->apart_before_us = p->apart_us;
    p->apart_us = sound_us - picture_us;
    if (p->has_base && p->base_breaks == c->n_breaks)
        return;
    p->has_base = true;
    p->base_breaks = c->n_breaks;
    p->base_us = now_us;
    p->apart_then_us = p->apart_before_us = p->apart_us;
}

static const struct pulse_sample *newest(const struct pulse *p)
{
    return &p->samples[(p->n_samples - 1) % PULSE_SAMPLES];
}

void pulse_sample(struct pulse *p, const struct stream_clock *c, int64_t now_us)
{
    if (!p->arrived_us || now_us - p->began_us < PULSE_SETTLED_US ||
        (p->n_samples && now_us - newest(p)->sampled_us < PULSE_SAMPLE_LEAST_US))
        return;
    p->samples[p->n_samples++ % PULSE_SAMPLES] = (struct pulse_sample){ p->arrived_us, p->dts_us, now_us };
    sample_drift(p, c, now_us);
}

bool pulse_speed(const struct pulse *p, double *speed, int64_t *over_us)
{
    if (p->n_samples < PULSE_SAMPLES)
        return false;
    const struct pulse_sample *last = newest(p);
    const struct pulse_sample *first = &p->samples[p->n_samples % PULSE_SAMPLES];
    *over_us = last->arrived_us - first->arrived_us;
    if (*over_us <= 0)
        return false;
    *speed = (double)(last->dts_us - first->dts_us) / (double)*over_us;
    return true;
}

bool pulse_drift(const struct pulse *p, int64_t *drift_us, int64_t *over_us)
{
    if (!p->has_base || !p->n_samples)
        return false;
    int64_t newest_us = p->apart_us - p->apart_then_us, before_us = p->apart_before_us - p->apart_then_us;
    bool    agree = (newest_us > 0) == (before_us > 0);
    *drift_us = !agree ? 0 : llabs(newest_us) < llabs(before_us) ? newest_us : before_us;
    *over_us = newest(p)->sampled_us - p->base_us;
    return *over_us > 0;
}
