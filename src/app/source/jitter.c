#include "app/source/jitter.h"

/* A step beyond this is a broken clock, not a frame interval; and what it is replaced by. */
enum { STEP_MAX_MS = 250, STEP_DEFAULT_MS = 10 };

void jitter_init(struct jitter *j, enum time_jitter mode)
{
    *j = (struct jitter){ .mode = mode, .last_out_ms = -1 };
}

static int64_t correct_full(struct jitter *j, int64_t ms)
{
    int64_t step = ms - j->last_in_ms;
    if (step < -STEP_MAX_MS || step > STEP_MAX_MS)
        step = STEP_DEFAULT_MS;
    int64_t out = j->last_out_ms + step;
    j->last_in_ms = ms;
    j->last_out_ms = out > 0 ? out : 0;
    return j->last_out_ms;
}

int64_t jitter_correct(struct jitter *j, int64_t ms)
{
    if (j->mode == TIME_JITTER_OFF)
        return ms;
    if (j->mode == TIME_JITTER_FULL)
        return correct_full(j, ms);
    if (!j->started) {
        j->started = true;
        j->base_ms = ms;
    }
    return ms > j->base_ms ? ms - j->base_ms : 0;
}

int64_t jitter_correct_script(const struct jitter *j, int64_t ms)
{
    if (j->mode == TIME_JITTER_OFF)
        return ms;
    if (j->mode == TIME_JITTER_FULL)
        return 0;
    return j->started && ms > j->base_ms ? ms - j->base_ms : 0;
}
