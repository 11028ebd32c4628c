#include "histogram.h"

#include <string.h>

enum { SUB = 1 << HISTOGRAM_SUB_BITS };
static const int64_t HOUR_US = 3600LL * 1000 * 1000;

/* The bucket of a value. Values below SUB have a bucket each; above, each doubling has SUB buckets. */
static int bucket_of(uint64_t us)
{
    if (us < SUB)
        return (int)us;
    int shift = 63 - __builtin_clzll(us) - HISTOGRAM_SUB_BITS;
    return (shift << HISTOGRAM_SUB_BITS) + (int)(us >> shift);
}

static double middle_of(int bucket)
{
    if (bucket < 2 * SUB)
        return bucket;
    int shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
    return ((double)(bucket - (shift << HISTOGRAM_SUB_BITS)) + 0.5) * (double)(1ULL << shift);
}

void histogram_add(struct histogram *h, int64_t us)
{
    uint64_t value = us < 0 ? 0 : us < HOUR_US ? (uint64_t)us : (uint64_t)HOUR_US;
    h->buckets[bucket_of(value)]++;
    h->count++;
    if (value > h->max_us)
        h->max_us = value;
}

void histogram_clear(struct histogram *h)
{
    memset(h, 0, sizeof *h);
}

double histogram_ms(const struct histogram *h, double percent)
{
    double   wanted = (double)h->count * percent / 100;
    uint64_t seen = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen > 0 && (double)seen >= wanted) {
            double us = middle_of(i);
            return (us < (double)h->max_us ? us : (double)h->max_us) / 1000;
        }
    }
    return 0;
}

double histogram_max_ms(const struct histogram *h)
{
    return (double)h->max_us / 1000;
}
