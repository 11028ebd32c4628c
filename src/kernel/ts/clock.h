/**
 * The time line of one program: stamps of 33 bits become times that do not wrap.
 *
 * Of all times that a stamp can mean, which are 26.5 hours apart, the one nearest to the stamp before it is taken; the stamp before may
 * be of another stream.
 *
 * Source     ISO/IEC 13818-1 2.4.3.6
 * Yields     no
 */
#ifndef KERNEL_TS_CLOCK_H
#define KERNEL_TS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct ts_clock {
    int64_t newest_90k;
    bool    runs; /* There has been a stamp. */
};

static inline int64_t ts_clock_unwrap(struct ts_clock *c, int64_t stamp_90k)
{
    enum { STAMP_BITS = 33 };
    const int64_t turn = INT64_C(1) << STAMP_BITS;
    int64_t       step = (int64_t)((uint64_t)(stamp_90k - c->newest_90k) & (uint64_t)(turn - 1));
    if (!c->runs)
        c->newest_90k = stamp_90k;
    else
        c->newest_90k += step < turn / 2 ? step : step - turn;
    c->runs = true;
    return c->newest_90k;
}

#endif
