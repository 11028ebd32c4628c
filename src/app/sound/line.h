/**
 * The time line of sound that is decoded, resampled and encoded again: which samples are missing, which are too many, and how much faster
 * or slower the resampler has to be, so that sound stays where its timestamps are.
 *
 *     sound_line_take(&line, at, n)        before the samples of a frame are resampled
 *     sound_line_pass(&line, n)            after each lot of samples that was put out
 *
 * Rules      Timestamps that were rounded to milliseconds change nothing: their mean over about a second counts.
 *            A hole of most of a frame, at least SOUND_HOLE_MIN, becomes silence; one beyond SOUND_HOLE_MAX is a jump.
 *            Sound that is more than SOUND_AHEAD_MAX before its time loses its first samples; beyond SOUND_HOLE_MAX it is a jump.
 *            What is left is a drift, and corrected by at most SOUND_STRETCH_MAX samples in SOUND_JUDGE.
 * Units      samples of 48 kHz; times count from the same zero as microseconds do
 * Yields     no
 */
#ifndef APP_SOUND_LINE_H
#define APP_SOUND_LINE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SOUND_RATE = 48000,
    SOUND_HOLE_MIN = SOUND_RATE / 100,      /* 10 ms */
    SOUND_HOLE_MAX = SOUND_RATE,            /* 1 s */
    SOUND_AHEAD_MAX = SOUND_RATE * 6 / 100, /* 60 ms */
    SOUND_JUDGE = SOUND_RATE / 2,           /* The resampler is adjusted this often. */
    SOUND_STRETCH_MAX = SOUND_JUDGE * 3 / 1000,
};

struct sound_line {
    bool    has_begun;
    int64_t next;     /* time of the next sample that is put out */
    double  late;     /* by how much the timestamps are after that: their mean */
    int     unjudged; /* samples that were put out since the resampler was adjusted */
};

/* What is to be done before a frame. */
struct sound_step {
    bool is_jump; /* Here begins another stretch of time: put out what waits, then begin anew. */
    int  silence; /* samples of silence before it */
    int  skip;    /* samples of the frame to leave out at its begin */
    int  stretch; /* samples that the resampler is to put out more (or fewer) during the next SOUND_JUDGE; 0: it goes on exactly */
};

/**
 * Take a frame.
 *
 * Shape      at: time of the first sample that would be put out if the frame were resampled now; n: samples of the frame
 */
struct sound_step sound_line_take(struct sound_line *line, int64_t at, int n);

/** Samples were put out. */
void sound_line_pass(struct sound_line *line, int n);

/** Microseconds to samples, rounded down, and back. */
int64_t sound_line_from_us(int64_t us);
int64_t sound_line_to_us(int64_t samples);

#endif
