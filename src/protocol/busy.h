/**
 * How busy the loop is, and for how long small pieces of input should therefore be gathered before they are read.
 *
 * A loop that reads each frame of a thousand publishers as it comes pays a wake-up, a recv() and a send() for each frame.
 * That is right while the loop has time to spare: nothing waits. When computing takes most of a core, and the loop is woken
 * many times a second, input is read by the clock: first every 5 ms, then less often, until the loop has time again.
 *
 * The load is computing time, not elapsed time: a core that other processes keep busy makes nobody wait.
 *
 * The process has one such state.
 *
 * Units      microseconds
 * Yields     no
 */
#ifndef PROTOCOL_BUSY_H
#define PROTOCOL_BUSY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nothing is gathered for longer than this. */
enum { BUSY_GATHER_MAX_US = 35000 };

/* Interval at which the load is judged. */
enum { BUSY_JUDGE_US = 50000 };

struct busy {
    int64_t judged_us, judged_cpu_us; /* time of the last judgement; computing time used up to it */
    int64_t n_waits;                  /* calls of busy_gather_us() after the last judgement */
    size_t  step;                     /* index of the gathering time in force; 0 gathers nothing */
};

/**
 * Returns how long a caller that is about to wait for input should gather it; 0 means that input is read as it comes. The
 * answer follows the load, so it is asked for before each wait.
 */
int64_t busy_gather_us(void);

/**
 * Judge the load by the given clocks: gather one step more, one step less, or as before. busy_gather_us() calls it every
 * BUSY_JUDGE_US. Returns the gathering time that holds from now on.
 */
int64_t busy_judge(struct busy *b, int64_t now_us, int64_t cpu_us);

#endif
