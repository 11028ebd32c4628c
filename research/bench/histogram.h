/**
 * Counts of durations in buckets that grow with the value: percentiles within 2 %, in constant memory.
 *
 * Units      microseconds; negative values count as 0, values above an hour as an hour
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_SUB_BITS = 6, HISTOGRAM_BUCKETS = (32 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS };

struct histogram {
    uint64_t count, max_us;
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, int64_t us);
void histogram_clear(struct histogram *h);

/** The value that `percent` of all values do not exceed, in milliseconds; 0 without values. */
double histogram_ms(const struct histogram *h, double percent);
double histogram_max_ms(const struct histogram *h);

#endif
