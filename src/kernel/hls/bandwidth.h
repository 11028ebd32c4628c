/**
 * The bit rates of a media playlist, measured over its segments: BANDWIDTH and AVERAGE-BANDWIDTH of a variant.
 *
 * Source     RFC 8216 4.1 (segment bit rate, peak, average), 4.3.4.2
 * Yields     no
 */
#ifndef KERNEL_HLS_BANDWIDTH_H
#define KERNEL_HLS_BANDWIDTH_H

#include <stddef.h>
#include <stdint.h>

struct hls_sized {
    int64_t bytes, duration_us;
};

struct hls_bandwidth {
    int64_t peak_bps;    /* largest rate of successive segments that last 0.5 to 1.5 target durations together */
    int64_t average_bps; /* of all segments */
};

/** Measure; rates are rounded up. Without such a run of segments the peak is the average; without any duration both are 0. */
struct hls_bandwidth hls_bandwidth_measure(const struct hls_sized *segments, size_t n, int64_t target_us);

#endif
