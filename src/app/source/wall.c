#include "app/source/wall.h"

#define WRAP_US (((int64_t)1 << 32) * US_PER_MS)

void wall_hear(struct wall *w, double wall_ms)
{
    w->told_us = (int64_t)wall_ms * US_PER_MS;
}

/* The multiple of WRAP_US that is nearest. */
static int64_t whole_wraps(int64_t us)
{
    int64_t half_us = WRAP_US / 2;
    return (us < 0 ? us - half_us : us + half_us) / WRAP_US * WRAP_US;
}

static int64_t own_us(const struct frame *f)
{
    return f->dts_us - f->shift_us;
}

/* What is told, by the round of the publisher's time that is nearest to the own clock. */
static int64_t told_at_0_us(const struct wall *w, int64_t at_own_0_us)
{
    return w->told_us + whole_wraps(at_own_0_us - w->told_us);
}

bool wall_believes(const struct wall *w, const struct frame *f, int64_t wall_now_us)
{
    int64_t at_own_0_us = wall_now_us - own_us(f), away_us = told_at_0_us(w, at_own_0_us) - at_own_0_us;
    return !w->told_us || (away_us >= -WALL_TRUST_US && away_us <= WALL_TRUST_US);
}

int64_t wall_find(const struct wall *w, const struct frame *f, int64_t wall_now_us)
{
    int64_t at_own_0_us = wall_now_us - own_us(f);
    if (w->told_us && wall_believes(w, f, wall_now_us))
        return told_at_0_us(w, at_own_0_us) - f->shift_us;
    return (at_own_0_us + WALL_ROUND_US - 1) / WALL_ROUND_US * WALL_ROUND_US - f->shift_us;
}
