/**
 * A byte counter's bit rates: since the last sample, and over the last complete windows of 30 s and 5 min.
 *
 * Until the first window of a length is complete, its rate is the mean since the start.
 *
 * Units      now_us() microseconds and bytes in, kbit/s out
 * Yields     no
 */
#ifndef APP_STAT_RATE_H
#define APP_STAT_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate_window {
    int64_t began_us, began_bytes;
    int     kbps;
    bool    finished_once;
};

struct rate {
    struct rate_window sample, window_30s, window_5m;
};

void rate_start(struct rate *r, int64_t now_us, int64_t total_bytes);

/** Call every few seconds with the counter's present value. */
void rate_sample(struct rate *r, int64_t now_us, int64_t total_bytes);

#endif
