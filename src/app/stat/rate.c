#include "app/stat/rate.h"

#include "core/clock.h"

void rate_start(struct rate *r, int64_t now_us, int64_t total_bytes)
{
    struct rate_window w = { .began_us = now_us, .began_bytes = total_bytes };
    *r = (struct rate){ .sample = w, .window_30s = w, .window_5m = w };
}

static void sample_window(struct rate_window *w, int64_t length_us, int64_t now_us, int64_t total_bytes)
{
    int64_t elapsed_us = now_us - w->began_us;
    if (elapsed_us < US_PER_MS)
        return;
    bool finished = elapsed_us >= length_us;
    if (finished || !w->finished_once)
        w->kbps = (int)((total_bytes - w->began_bytes) * 8 * US_PER_MS / elapsed_us);
    if (finished) {
        w->finished_once = true;
        w->began_us = now_us;
        w->began_bytes = total_bytes;
    }
}

void rate_sample(struct rate *r, int64_t now_us, int64_t total_bytes)
{
    sample_window(&r->sample, 0, now_us, total_bytes);
    sample_window(&r->window_30s, INT64_C(30) * US_PER_SECOND, now_us, total_bytes);
    sample_window(&r->window_5m, INT64_C(300) * US_PER_SECOND, now_us, total_bytes);
}
