/**
 * How often durations of each length have occurred: one counter for each power of two.
 *
 * Counting one costs an addition or two and no lock; whoever reads adds up. The bounds are the same for all histograms, so that sums
 * of several are histograms as well.
 *
 * Units      microseconds; bucket i has what is above bound i - 1 and up to bound i, which is HISTOGRAM_LEAST_US << i. The last
 *            bucket has everything that is longer
 * Yields     no
 */
#ifndef CORE_HISTOGRAM_H
#define CORE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/* The bounds are 128 µs to 4.2 s: a turn of the loop and the delay of a live stream both lie well between. */
enum { HISTOGRAM_LEAST_US = 128, HISTOGRAM_LEAST_BITS = 7, HISTOGRAM_BOUNDS = 16 };

/** All zero: nothing has been counted. */
struct histogram {
    uint64_t counts[HISTOGRAM_BOUNDS + 1];
    int64_t  sum_us;
};

static inline int64_t histogram_bound_us(size_t i)
{
    return (int64_t)HISTOGRAM_LEAST_US << i;
}

/** The bucket of a duration. A negative one, from a clock that was read in the wrong order, counts as 0. */
static inline size_t histogram_bucket(int64_t us)
{
    if (us <= HISTOGRAM_LEAST_US)
        return 0;
    size_t i = 64 - HISTOGRAM_LEAST_BITS - (size_t)__builtin_clzll((uint64_t)us - 1);
    return i < HISTOGRAM_BOUNDS ? i : HISTOGRAM_BOUNDS;
}

/** Count `n` times the same duration. */
static inline void histogram_count_all(struct histogram *h, int64_t us, uint64_t n)
{
    h->counts[histogram_bucket(us)] += n;
    h->sum_us += us > 0 ? us * (int64_t)n : 0;
}

static inline void histogram_count(struct histogram *h, int64_t us)
{
    histogram_count_all(h, us, 1);
}

/** Add what another one has counted. */
void histogram_add(struct histogram *h, const struct histogram *other);

/** The number of durations that were counted. */
uint64_t histogram_total(const struct histogram *h);

#endif
