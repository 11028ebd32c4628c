/**
 * The numbers of a stream over the last day: two rings, one of steps of a few seconds for minutes, one of minutes for a day.
 *
 * A step without a sample is absent. Times are those of the monotonic clock, so that a clock that is set moves nothing.
 *
 * Shape      pure; HISTORY_FINE_STEPS and HISTORY_COARSE_STEPS steps of 20 bytes. A ring is allocated after its first step
 * Ownership  history_finish() frees the rings; all zero is an empty history
 * Yields     no
 */
#ifndef APP_STAT_HISTORY_H
#define APP_STAT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

enum {
    HISTORY_FINE_S = 5, /* longer than from sample to sample; 15 minutes of them */
    HISTORY_FINE_STEPS = 15 * 60 / HISTORY_FINE_S,
    HISTORY_COARSE_S = 60, /* a day */
    HISTORY_COARSE_STEPS = 24 * 3600 / HISTORY_COARSE_S,
};

struct history_step {
    uint32_t recv_kbps, send_kbps; /* means over the step */
    uint32_t players;              /* the most at one time */
    uint16_t tenths_fps;           /* mean */
    uint16_t gaps;                 /* times that the publisher fell silent */
    uint32_t is_there;             /* 0: no sample fell into the step */
};

/** Counters that never decrease, except when the stream begins anew; and the players now. */
struct history_sample {
    int64_t bytes_in, bytes_out, frames, gaps;
    int64_t players;
};

/* Sums of the open step so far. */
struct history_open {
    int64_t bytes_in, bytes_out, frames, gaps, players, span_us;
};

struct history_tier {
    struct history_step *steps;
    int64_t              newest; /* number of the open step: time divided by its length */
    struct history_open  open;
};

struct history {
    struct history_tier   fine, coarse;
    struct history_sample last;
    int64_t               sampled_us; /* 0: never */
};

/** False: out of memory; the sample is not lost for the next one. */
bool history_add(struct history *h, const struct history_sample *s, int64_t now_us) ATTR_MUST_USE;

/** The step of that number of a tier, or one that is not there. `coarse`: of the minutes. */
struct history_step history_at(const struct history *h, bool coarse, int64_t number);

/** Bytes of its rings. */
size_t history_bytes(const struct history *h);

void history_finish(struct history *h);

#endif
