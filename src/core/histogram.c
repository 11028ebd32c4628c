#include "core/histogram.h"

#include "core/attr.h"

void histogram_add(struct histogram *h, const struct histogram *other)
{
    for (size_t i = 0; i < ARRAY_LEN(h->counts); i++)
        h->counts[i] += other->counts[i];
    h->sum_us += other->sum_us;
}

uint64_t histogram_total(const struct histogram *h)
{
    uint64_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(h->counts); i++)
        n += h->counts[i];
    return n;
}
