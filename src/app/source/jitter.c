#include "app/source/jitter.h"

/* A step beyond this is a broken clock, not a frame interval; and what it is replaced by. */
enum { STEP_MAX_MS = 250, STEP_DEFAULT_MS = 10 };

void jitter_init(struct jitter *j, enum time_jitter mode)
{
    *j = (struct jitter){ .mode = mode, .last_out_ms = -1 };
}

bool jitter_is_step(int64_t ms)
{
    return ms >= -STEP_MAX_MS && ms <= STEP_MAX_MS;
}

static int64_t correct_full(struct jitter *j, int64_t ms)
{
    int64_t step = ms - j->last_in_ms;
    if (!jitter_is_step(step))
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

bool jitter_offset(const struct jitter *j, int64_t first_ms, int64_t min_ms, bool smooth, int64_t *offset_ms)
{
    struct jitter probe = *j;
    *offset_ms = jitter_correct(&probe, first_ms) - first_ms;
    if (j->mode == TIME_JITTER_FULL)
        return smooth && j->last_out_ms >= 0 && min_ms + *offset_ms >= 0;
    return j->mode == TIME_JITTER_OFF || min_ms >= probe.base_ms; /* whatever was before that became 0 */
}

void jitter_commit(struct jitter *j, int64_t in_ms, int64_t out_ms)
{
    if (!j->started && j->mode == TIME_JITTER_ZERO) {
        j->started = true;
        j->base_ms = in_ms - out_ms;
    }
    j->last_in_ms = in_ms;
    j->last_out_ms = out_ms;
}
