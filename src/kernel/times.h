/**
 * Conversion of microseconds, the unit of all times inside the server, to the units of formats.
 *
 * Each format rounds each time by itself when it writes it, so that no error adds up. A difference of whole milliseconds
 * between two times is exact in both units; the times of two players that share bytes differ only by such constants.
 *
 * Yields     no
 */
#ifndef KERNEL_TIMES_H
#define KERNEL_TIMES_H

#include <stdint.h>

/** Milliseconds for RTMP and FLV, rounded down, also below 0. */
static inline int64_t ms_from_us(int64_t us)
{
    return us / 1000 - (us % 1000 < 0);
}

/** Ticks of 90 kHz for MPEG-TS and MP4, rounded to the nearest, a half up. Whole milliseconds are whole ticks. */
static inline int64_t ticks_90k_from_us(int64_t us)
{
    int64_t below = us % 100 < 0;
    int64_t hundreds = us / 100 - below, rest = us % 100 + below * 100;
    return hundreds * 9 + (rest * 9 + 50) / 100;
}

/** Microseconds of ticks of 90 kHz, rounded to the nearest: the inverse of ticks_90k_from_us(). */
static inline int64_t us_from_90k(int64_t ticks)
{
    int64_t below = ticks % 9 < 0;
    int64_t nines = ticks / 9 - below, rest = ticks % 9 + below * 9;
    return nines * 100 + (rest * 100 + 4) / 9;
}

/** The difference of two times in ticks, each rounded by itself. */
static inline int64_t ticks_90k_between(int64_t from_us, int64_t to_us)
{
    return ticks_90k_from_us(to_us) - ticks_90k_from_us(from_us);
}

#endif
