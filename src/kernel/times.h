/**
 * From microseconds, which all times inside are, to the units that formats count in.
 *
 * Each format rounds at its own door, and each time by itself, so that no error adds up. A constant of whole milliseconds
 * between two times stays what it is in both units: the times that players share differ by such constants alone.
 *
 * Yields     no
 */
#ifndef KERNEL_TIMES_H
#define KERNEL_TIMES_H

#include <stdint.h>

/** RTMP and FLV: rounded down, below 0 too. */
static inline int64_t ms_from_us(int64_t us)
{
    return (us >= 0 ? us : us - 999) / 1000;
}

/** MPEG-TS and MP4: 90 kHz, rounded to the nearest, a half up. Milliseconds are whole ticks. */
static inline int64_t ticks_90k_from_us(int64_t us)
{
    int64_t  hundreds = (us >= 0 ? us : us - 99) / 100;
    uint32_t rest = (uint32_t)(us - hundreds * 100);
    return hundreds * 9 + (rest * 9 + 50) / 100;
}

/** What lies between two times as their ticks tell it. */
static inline int64_t ticks_90k_between(int64_t from_us, int64_t to_us)
{
    return ticks_90k_from_us(to_us) - ticks_90k_from_us(from_us);
}

#endif
