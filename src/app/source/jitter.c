#include "app/source/jitter.h"

#include "kernel/times.h"

/* The step of time from the last frame before a jump to the first one after it. */
enum { STEP_US = 10 * US_PER_MS };

void jitter_init(struct jitter *j, enum time_jitter mode)
{
    *j = (struct jitter){ .mode = mode, .last_us = -1 };
}

void jitter_change(struct jitter *j, enum time_jitter mode)
{
    j->mode = mode;
    j->has_base = false;
}

void jitter_skip(struct jitter *j)
{
    if (j->mode == TIME_JITTER_FULL)
        j->has_base = false;
}

void jitter_begin(struct jitter *j, int64_t first_us)
{
    j->has_base = true;
    int64_t base_us = j->last_us < 0 ? first_us : first_us - j->last_us - STEP_US;
    j->base_us = ms_from_us(base_us) * US_PER_MS;
}

/* The timestamp of a frame once the base is known. */
static int64_t timestamp(const struct jitter *j, const struct frame *f)
{
    if (j->mode == TIME_JITTER_OFF)
        return f->dts_us - f->shift_us;
    return f->dts_us > j->base_us ? f->dts_us - j->base_us : 0;
}

int64_t jitter_media(struct jitter *j, const struct frame *f)
{
    int64_t us = timestamp(j, f);
    jitter_commit(j, us);
    return us;
}

int64_t jitter_header(const struct jitter *j, const struct frame *f)
{
    if (jitter_wants_begin(j))
        return j->last_us < 0 ? 0 : j->last_us;
    return timestamp(j, f);
}

bool jitter_offset(const struct jitter *j, int64_t min_us, bool same_shift, int64_t shift_us, int64_t *offset_us)
{
    if (j->mode == TIME_JITTER_OFF) {
        *offset_us = -shift_us;
        return same_shift;
    }
    *offset_us = -j->base_us;
    return j->has_base && min_us >= j->base_us; /* Times before the base become 0, so they have no constant offset. */
}

void jitter_commit(struct jitter *j, int64_t last_us)
{
    if (last_us > j->last_us)
        j->last_us = last_us;
}
