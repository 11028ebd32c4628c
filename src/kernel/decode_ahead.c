#include "kernel/decode_ahead.h"

enum { US_PER_MS = 1000, TICKS_PER_MS = 90 };

/* What is expected is this, or twice as much, and so on. */
enum { STEP_90K = 10 * TICKS_PER_MS };

/* Nothing reorders pictures by a year; and all that follows fits. */
#define APART_MAX_US (INT64_C(1) << 45)

/* Rounded to the nearest, a half up. */
static int64_t ticks_of(int64_t us)
{
    us = us > APART_MAX_US ? APART_MAX_US : us < -APART_MAX_US ? -APART_MAX_US : us;
    int64_t hundredths = us * 9 + 50, ticks = hundredths / 100;
    return ticks - (hundredths % 100 < 0);
}

void decode_ahead_expect(struct decode_ahead *d, int64_t early_us)
{
    int64_t early_90k = ticks_of(early_us);
    if (early_90k > DECODE_AHEAD_MAX_90K || early_90k <= d->most_90k)
        return;
    uint32_t expected = STEP_90K;
    while (expected < early_90k)
        expected *= 2;
    d->most_90k = expected;
}

static uint32_t next_lag_90k(const struct decode_ahead *d, int64_t ms)
{
    int64_t step_90k = (ms - d->picture_ms) * TICKS_PER_MS, behind_last = step_90k + d->lag_90k - 1;
    if (!d->has_picture || step_90k < 0 || behind_last >= d->most_90k)
        return d->most_90k;
    return behind_last > 0 ? (uint32_t)behind_last : 0;
}

void decode_ahead_follow(struct decode_ahead *d, const struct frame *f, int64_t room_90k)
{
    int64_t ms = f->dts_us / US_PER_MS;
    decode_ahead_expect(d, f->dts_us - f->pts_us);
    d->lag_90k = next_lag_90k(d, ms);
    if (d->lag_90k > room_90k)
        d->lag_90k = room_90k > 0 ? (uint32_t)room_90k : 0;
    d->picture_ms = ms;
    d->has_picture = true;
}

int64_t decode_ahead_shown_90k(const struct decode_ahead *d, const struct frame *f)
{
    int64_t shown_90k = ticks_of(f->pts_us - f->dts_us) + d->lag_90k;
    return shown_90k > 0 ? shown_90k : 0;
}

bool decode_ahead_is_like(const struct decode_ahead *a, const struct decode_ahead *b)
{
    return a->has_picture == b->has_picture && a->most_90k == b->most_90k && a->lag_90k == b->lag_90k &&
           a->picture_ms == b->picture_ms;
}
