/**
 * The clock of a track of segments: when each sample is decoded and presented, and how long it lasts.
 *
 * Pictures   are presented exactly at their time. They are decoded at their time or earlier (decode_ahead.h).
 * Sound      goes on by the number of samples, so that it has neither gaps nor overlaps because of times that are rounded to
 *            milliseconds. If it departs from the stream's time by more than CMAF_SLEW_US, each frame gets one thousandth longer
 *            or shorter until it is back; if it departs by more than CMAF_JUMP_US, it jumps.
 *
 * Times rise: a sample whose time is not after that of the last one comes one tick after it. The clock is a value.
 *
 * Units      ticks of the track: 90 kHz, or the sample rate; microseconds come from the caller
 * Source     ISO/IEC 14496-12 8.8.8 (trun), 8.8.12 (tfdt)
 * Yields     no
 */
#ifndef KERNEL_MP4_CMAF_CLOCK_H
#define KERNEL_MP4_CMAF_CLOCK_H

#include <stdint.h>

#include "kernel/decode_ahead.h"
#include "kernel/frame.h"

enum {
    CMAF_SLEW_US = 10000,
    CMAF_JUMP_US = 40000,
    CMAF_PIN_US = 10000, /* A picture that follows a guessed length is decoded at its end, if that is so near. */
};

#define CMAF_NO_TIME INT64_MIN

struct cmaf_clock {
    uint32_t timescale; /* ticks in a second */
    uint32_t step;      /* last step of time between two samples; at first a guess */
    uint32_t jitter;    /* A guess of the length of a picture is shorter by this: the next one can be decoded before its
                         * time, but not after it. */
    int      slew;      /* sound: 1: frames get longer, -1: shorter, 0: they have their length */
    int64_t  last;      /* time of the last sample; CMAF_NO_TIME: none yet */
    int64_t  end;       /* end of that sample, if it is known; otherwise CMAF_NO_TIME */
    int64_t  meant;     /* its time before it was moved to the end of the sample before it */
};

/* The times of the next sample. */
struct cmaf_moment {
    int64_t  dts;
    int64_t  meant, end; /* see struct cmaf_clock */
    uint32_t shown;      /* ticks between decoding and presentation */
    int      slew;
};

/** Microseconds as ticks, rounded to the nearest. */
int64_t cmaf_ticks(int64_t us, uint32_t timescale);

/** Begin a clock. step: duration of a picture, a guess, or 0. samples: those of a frame of sound, 0 if they vary. */
void cmaf_clock_init_video(struct cmaf_clock *clock, uint32_t step);
void cmaf_clock_init_audio(struct cmaf_clock *clock, uint32_t sample_rate, uint32_t samples);

/** The times of a picture that comes next. `ahead` is moved over it. dts_us: 0 to 2^53, on the caller's time line. */
struct cmaf_moment cmaf_clock_picture(const struct cmaf_clock *clock, struct decode_ahead *ahead, const struct frame *f,
                                      int64_t dts_us);

/** The times of a sound that comes next. samples: its length; 0: only the time of the one after it can tell. */
struct cmaf_moment cmaf_clock_sound(const struct cmaf_clock *clock, int64_t samples, int64_t dts_us);

/** Move the clock over the sample. */
void cmaf_clock_follow(struct cmaf_clock *clock, const struct cmaf_moment *m);

/** Set the end of the last sample. after: the time of the next one; CMAF_NO_TIME: not known, so a guess has to do. */
void cmaf_clock_set_end(struct cmaf_clock *clock, int64_t after);

#endif
