#include "kernel/decode_ahead.h"

#include "kernel/times.h"

/* The expected amount is 10 ms times a power of two. */
enum { STEP_90K = 10 * 90 };

void decode_ahead_expect(struct decode_ahead *d, int64_t early_us)
{
    int64_t early_90k = ticks_90k_from_us(early_us);
    if (early_90k > DECODE_AHEAD_MAX_90K || early_90k <= d->most_90k)
        return;
    uint32_t expected = STEP_90K;
    while (expected < early_90k)
        expected *= 2;
    d->most_90k = expected;
}

static uint32_t next_lag_90k(const struct decode_ahead *d, int64_t dts_90k)
{
    int64_t step_90k = dts_90k - d->picture_90k, behind_last = step_90k + d->lag_90k - 1;
    if (!d->has_picture || step_90k < 0 || behind_last >= d->most_90k)
        return d->most_90k;
    return behind_last > 0 ? (uint32_t)behind_last : 0;
}

void decode_ahead_follow(struct decode_ahead *d, const struct frame *f, int64_t room_90k)
{
    int64_t dts_90k = ticks_90k_from_us(f->dts_us);
    decode_ahead_expect(d, f->dts_us - f->pts_us);
    d->lag_90k = next_lag_90k(d, dts_90k);
    if (d->lag_90k > room_90k)
        d->lag_90k = room_90k > 0 ? (uint32_t)room_90k : 0;
    d->picture_90k = dts_90k;
    d->has_picture = true;
}

int64_t decode_ahead_shown_90k(const struct decode_ahead *d, const struct frame *f)
{
    int64_t shown_90k = ticks_90k_between(f->dts_us, f->pts_us) + d->lag_90k;
    return shown_90k > 0 ? shown_90k : 0;
}

bool decode_ahead_is_like(const struct decode_ahead *a, const struct decode_ahead *b)
{
    return a->has_picture == b->has_picture && a->most_90k == b->most_90k && a->lag_90k == b->lag_90k &&
           a->picture_90k == b->picture_90k;
}
