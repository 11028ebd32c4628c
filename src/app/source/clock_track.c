#include "app/source/clock_track.h"

#include "core/clock.h"
#include "kernel/times.h"

int64_t clock_whole_ms(int64_t us)
{
    return ms_from_us(us + US_PER_MS - 1) * US_PER_MS;
}

int64_t clock_track_largest_step(const struct clock_track *t)
{
    int64_t  largest = 0;
    unsigned n = t->n_steps < CLOCK_STEPS ? t->n_steps : CLOCK_STEPS;
    for (unsigned i = 0; i < n; i++)
        if (t->steps_us[i] > largest)
            largest = t->steps_us[i];
    return largest;
}

int64_t clock_track_newest_step(const struct clock_track *t)
{
    return t->n_steps ? t->steps_us[(t->n_steps - 1) % CLOCK_STEPS] : 0;
}

void clock_track_add_step(struct clock_track *t, int64_t us)
{
    t->steps_us[t->n_steps % CLOCK_STEPS] = (int32_t)(us < INT32_MAX ? us : INT32_MAX);
    if (++t->n_steps == 2 * CLOCK_STEPS)
        t->n_steps = CLOCK_STEPS; /* It is the same place in the array, and the counter never overflows. */
}
