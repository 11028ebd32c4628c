/**
 * How busy the loop is, and for how long small pieces of input should therefore be gathered before they are read.
 *
 * A loop that reads each frame of a thousand publishers as it comes pays a wake-up, a recv() and a send() a frame. While
 * it has time to spare that is right: nothing waits. When its computing time takes most of a core, and many waits a second
 * are what it computes for, input is read by the clock: first each 5 ms, then less often, until the loop has time again.
 *
 * Computing time counts, not the clock: what other processes had of the core makes nobody wait.
 *
 * One serves the process.
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
enum { BUSY_GATHER_MAX_US = 20000 };

/* The load is judged once in this time. */
enum { BUSY_JUDGE_US = 50000 };

struct busy {
    int64_t judged_us, judged_cpu_us; /* when, and what had been computed by then */
    int64_t n_waits;                  /* since then */
    size_t  step;                     /* how much is gathered */
};

/**
 * For a caller that is about to wait for input: how long to gather it. 0: it is read as it comes. The answer follows the
 * load: ask before each wait.
 */
int64_t busy_gather_us(void);

/** What that does each BUSY_JUDGE_US, by these clocks: go one step up, or down, or stay. Returns the answer from now on. */
int64_t busy_judge(struct busy *b, int64_t now_us, int64_t cpu_us);

#endif
