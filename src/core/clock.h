/**
 * Two clocks, never mixed: monotonic time for deadlines and intervals, wall time for people.
 *
 * Units      microseconds
 * Yields     no
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>

enum { US_PER_MS = 1000, US_PER_SECOND = 1000000 };

/** A deadline that never comes. */
#define DEADLINE_NEVER INT64_MAX

/** Monotonic time since an arbitrary start. */
int64_t now_us(void);

/** Computing time of this thread: time in which the core ran something else does not count. A system call. */
int64_t thread_cpu_us(void);

/** Wall time since 1970-01-01 UTC. */
int64_t wall_now_us(void);

enum { CLOCK_UTC_CAP = sizeof "2026-01-31T23:59:59.999Z" };

/**
 * Write a wall time in UTC, to the millisecond.
 *
 * Source     RFC 3339 5.6; it is an xs:dateTime as well
 * Shape      the years are 1970 to 9999: what lies outside becomes the first or the last moment of them
 * Returns    `text`
 */
const char *clock_utc(char text[static CLOCK_UTC_CAP], int64_t wall_us);

#endif
