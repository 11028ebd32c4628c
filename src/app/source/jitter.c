#include "app/source/jitter.h"

/* Behind frames that were skipped, the next one follows the last one after this. */
enum { STEP_MS = 10 };

void jitter_init(struct jitter *j, enum time_jitter mode)
{
    *j = (struct jitter){ .mode = mode, .last_ms = -1 };
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

void jitter_begin(struct jitter *j, int64_t first_ms)
{
    j->has_base = true;
    j->base_ms = j->last_ms < 0 ? first_ms : first_ms - j->last_ms - STEP_MS;
}

/* The timestamp of a frame in this mode; the base is known. */
static int64_t timestamp(const struct jitter *j, const struct frame *f)
{
    int64_t ms = frame_ms(f);
    if (j->mode == TIME_JITTER_OFF)
        return ms - f->shift_us / US_PER_MS;
    return ms > j->base_ms ? ms - j->base_ms : 0;
}

int64_t jitter_media(struct jitter *j, const struct frame *f)
{
    int64_t ms = timestamp(j, f);
    jitter_commit(j, ms);
    return ms;
}

int64_t jitter_header(const struct jitter *j, const struct frame *f)
{
    if (jitter_wants_begin(j))
        return j->last_ms < 0 ? 0 : j->last_ms;
    return timestamp(j, f);
}

bool jitter_offset(const struct jitter *j, int64_t min_ms, bool same_shift, int64_t shift_ms, int64_t *offset_ms)
{
    if (j->mode == TIME_JITTER_OFF) {
        *offset_ms = -shift_ms;
        return same_shift;
    }
    *offset_ms = -j->base_ms;
    return j->has_base && min_ms >= j->base_ms; /* what is before that became 0 */
}

void jitter_commit(struct jitter *j, int64_t last_ms)
{
    if (last_ms > j->last_ms)
        j->last_ms = last_ms;
}
