#include "app/stat/history.h"

#include "core/clock.h"
#include "core/mem.h"

static uint32_t kbps(int64_t bytes, int64_t span_us)
{
    double rate = span_us > 0 ? (double)bytes * 8000 / (double)span_us : 0;
    return rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
}

static uint16_t up_to_16_bits(int64_t n)
{
    return (uint16_t)(n < 0 ? 0 : n > UINT16_MAX ? UINT16_MAX : n);
}

static uint16_t tenths_fps(const struct history_open *o)
{
    double rate = o->span_us > 0 ? (double)o->frames * 10 * US_PER_SECOND / (double)o->span_us : 0;
    return rate < UINT16_MAX ? (uint16_t)rate : UINT16_MAX;
}

static struct history_step step_of(const struct history_open *o)
{
    return (struct history_step){
        .recv_kbps = kbps(o->bytes_in, o->span_us),
        .send_kbps = kbps(o->bytes_out, o->span_us),
        .players = (uint32_t)o->players,
        .tenths_fps = tenths_fps(o),
        .gaps = up_to_16_bits(o->gaps),
        .is_there = o->span_us > 0,
    };
}

/* Write the open step, and begin the step of `number`; those in between are absent. */
static bool move_on(struct history_tier *t, int64_t n_steps, int64_t number)
{
    if (!t->steps && !(t->steps = mem_calloc((size_t)n_steps, sizeof *t->steps)))
        return false;
    t->steps[t->newest % n_steps] = step_of(&t->open);
    int64_t first = number - t->newest > n_steps ? number - n_steps : t->newest;
    for (int64_t i = first + 1; i <= number; i++)
        t->steps[i % n_steps] = (struct history_step){ 0 };
    t->newest = number;
    t->open = (struct history_open){ 0 };
    return true;
}

static void add_to(struct history_open *o, const struct history_open *more)
{
    o->bytes_in += more->bytes_in;
    o->bytes_out += more->bytes_out;
    o->frames += more->frames;
    o->gaps += more->gaps;
    o->span_us += more->span_us;
    o->players = more->players > o->players ? more->players : o->players;
}

/* A counter that is smaller than before has begun anew. */
static int64_t gain(int64_t now, int64_t before)
{
    return now >= before ? now - before : now;
}

bool history_add(struct history *h, const struct history_sample *s, int64_t now_us)
{
    int64_t fine = now_us / (HISTORY_FINE_S * US_PER_SECOND), coarse = now_us / (HISTORY_COARSE_S * US_PER_SECOND);
    struct history_open more = { .players = s->players };
    if (h->sampled_us) {
        more = (struct history_open){
            .bytes_in = gain(s->bytes_in, h->last.bytes_in),
            .bytes_out = gain(s->bytes_out, h->last.bytes_out),
            .frames = gain(s->frames, h->last.frames),
            .gaps = gain(s->gaps, h->last.gaps),
            .players = s->players,
            .span_us = now_us - h->sampled_us,
        };
    } else {
        h->fine.newest = fine;
        h->coarse.newest = coarse;
    }
    /* What came before a long silence of the sampler belongs to no step of its own. */
    if (more.span_us > HISTORY_COARSE_S * US_PER_SECOND)
        more = (struct history_open){ .players = s->players };
    if ((fine > h->fine.newest && !move_on(&h->fine, HISTORY_FINE_STEPS, fine)) ||
        (coarse > h->coarse.newest && !move_on(&h->coarse, HISTORY_COARSE_STEPS, coarse)))
        return false;
    add_to(&h->fine.open, &more);
    add_to(&h->coarse.open, &more);
    h->last = *s;
    h->sampled_us = now_us;
    return true;
}

struct history_step history_at(const struct history *h, bool coarse, int64_t number)
{
    const struct history_tier *t = coarse ? &h->coarse : &h->fine;
    int64_t                    n_steps = coarse ? HISTORY_COARSE_STEPS : HISTORY_FINE_STEPS;
    if (number == t->newest)
        return step_of(&t->open);
    if (!t->steps || number > t->newest || number <= t->newest - n_steps || number < 0)
        return (struct history_step){ 0 };
    return t->steps[number % n_steps];
}

size_t history_bytes(const struct history *h)
{
    size_t n_steps =
        (h->fine.steps ? (size_t)HISTORY_FINE_STEPS : 0) + (h->coarse.steps ? (size_t)HISTORY_COARSE_STEPS : 0);
    return n_steps * sizeof(struct history_step);
}

void history_finish(struct history *h)
{
    mem_free(h->fine.steps);
    mem_free(h->coarse.steps);
    *h = (struct history){ 0 };
}
