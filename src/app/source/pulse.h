/**
 * The pulse of a publish: how its frames come in. The doctor reads it (app/doctor).
 *
 * pulse_follow() is on each frame's way, and only compares and counts. Speed and drift come from samples that are taken with
 * the statistics, every few seconds.
 *
 * Units      microseconds of the stream's time (`_dts`, `_pts`) and of the monotonic clock
 * Yields     no
 */
#ifndef APP_SOURCE_PULSE_H
#define APP_SOURCE_PULSE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "kernel/frame.h"

struct stream_clock;

/* An arrival is a gap when it is later than its frame's time explains, by more than this. */
enum { PULSE_GAP_US = US_PER_SECOND };

/* Samples that are kept: the newest speed is that between the first and the last of them. */
enum { PULSE_SAMPLES = 4 };

/* Samples are at least this far apart, however often the statistics are asked for. */
enum { PULSE_SAMPLE_LEAST_US = 2500 * US_PER_MS };

/*
 * Samples begin this long after the publish: by then its tracks have settled, and what the publisher had kept for the beginning has
 * come.
 */
enum { PULSE_SETTLED_US = 2 * US_PER_SECOND };

/** How far the stream had come at one time. */
struct pulse_sample {
    int64_t arrived_us, dts_us; /* arrival and time of the newest frame */
    int64_t sampled_us;
};

/** All zero: nothing has come. */
struct pulse {
    int64_t began_us;      /* of this publish; 0: there was none yet */
    int64_t broke_us;      /* the newest break of the encoder's time */
    int64_t n_breaks_then; /* breaks of the stream's clock that came before this publish */
    int64_t arrived_us;    /* of the newest frame; 0: none yet */
    int64_t dts_us;        /* time of it */
    int64_t n_gaps, gaps_us /* in all */, longest_gap_us, gap_ended_us /* the newest one */;
    int64_t n_keys, key_dts_us, key_arrived_us; /* key frames of the first track of pictures */
    int64_t gop_us;                             /* from the last key frame but one to the last; 0: not known */
    int64_t n_pictures, n_reordered;            /* pictures; those that are shown later than they are decoded */

    struct pulse_sample samples[PULSE_SAMPLES];
    unsigned            n_samples; /* taken; the newest is samples[(n_samples - 1) % PULSE_SAMPLES] */
    bool                has_base;  /* `apart_then_us` is set */
    int64_t             base_us, base_breaks;
    int64_t             apart_then_us, apart_before_us,
        apart_us; /* lead of sound over picture: at first, and in the two newest samples */
};

/** A publish begins. `n_breaks`: of the stream's clock so far. */
void pulse_begin(struct pulse *p, int64_t now_us, int64_t n_breaks);

/** A frame with its time and its arrival is appended. */
void pulse_follow(struct pulse *p, const struct frame *f);

/** Note how far the stream has come. */
void pulse_sample(struct pulse *p, const struct stream_clock *c, int64_t now_us);

/**
 * How fast the stream's time ran against the clock, over the kept samples. False while there are too few of them.
 *
 * Returns    *speed: 1 is real time; *over_us: the time over which it is measured
 */
bool pulse_speed(const struct pulse *p, double *speed, int64_t *over_us);

/**
 * How far sound and picture have moved apart since the first sample, and in what time. The two newest samples must agree: one may have
 * been taken between the frames of a burst. False: one of the kinds is missing.
 */
bool pulse_drift(const struct pulse *p, int64_t *drift_us, int64_t *over_us);

#endif
