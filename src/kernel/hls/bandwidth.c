#include "kernel/hls/bandwidth.h"

/* In double: the bytes of a day in bits and microseconds do not fit into 64 bits. */
static int64_t rate_of(int64_t bytes, int64_t duration_us)
{
    double bps = duration_us > 0 ? (double)bytes * 8e6 / (double)duration_us : 0;
    return (int64_t)bps + ((double)(int64_t)bps < bps);
}

/* The largest rate of the runs that begin with the first of these segments. */
static int64_t peak_from(const struct hls_sized *s, size_t n, int64_t target_us)
{
    int64_t peak_bps = 0, bytes = 0, duration_us = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += s[i].bytes;
        duration_us += s[i].duration_us;
        if (duration_us > target_us + target_us / 2)
            break;
        if (duration_us >= target_us / 2 && rate_of(bytes, duration_us) > peak_bps)
            peak_bps = rate_of(bytes, duration_us);
    }
    return peak_bps;
}

struct hls_bandwidth hls_bandwidth_measure(const struct hls_sized *segments, size_t n, int64_t target_us)
{
    struct hls_bandwidth b = { 0 };
    int64_t              bytes = 0, duration_us = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t peak_bps = peak_from(segments + i, n - i, target_us);
        if (peak_bps > b.peak_bps)
            b.peak_bps = peak_bps;
        bytes += segments[i].bytes;
        duration_us += segments[i].duration_us;
    }
    b.average_bps = rate_of(bytes, duration_us);
    if (b.peak_bps < b.average_bps)
        b.peak_bps = b.average_bps;
    return b;
}
