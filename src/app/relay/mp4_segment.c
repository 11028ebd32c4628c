#include "app/relay/mp4_segment.h"

#include "core/clock.h"

bool mp4_segment_init(struct mp4_segment *m, const uint8_t *bytes, size_t len)
{
    m->is_told = false;
    return mp4_init_read(&m->init, bytes, len);
}

static struct err *take_configs(struct mp4_segment *m, struct attempt *a)
{
    struct err *e = NULL;
    for (size_t i = 0; i < m->init.n && !e; i++) {
        const struct mp4_init_track *t = &m->init.tracks[i];
        struct frame_unit            unit = mp4_init_unit(t);
        if (t->entry.config_len && mp4_init_takes(&m->init, t))
            e = attempt_take_unit(a, &unit);
    }
    m->is_told = !e;
    return e;
}

static struct err *take_sample(struct attempt *a, const struct mp4_fragment_sample *s)
{
    struct frame_unit unit = mp4_fragment_unit(s);
    return attempt_take_unit(a, &unit);
}

/* Wait until it is time for a sample that is decoded this long after the first one. */
static struct err *wait_for(int64_t began_us, int64_t after_us, int64_t over_us)
{
    int64_t wait_us = began_us + (after_us < over_us ? after_us : over_us) - now_us();
    return wait_us > 0 ? co_sleep(wait_us) : NULL;
}

struct err *mp4_segment_take(struct mp4_segment *m, struct attempt *a, const uint8_t *bytes, size_t len,
                             int64_t over_us)
{
    struct mp4_fragments       f;
    struct mp4_fragment_sample s;
    int64_t                    began_us = now_us(), first_us = INT64_MAX;
    struct err                *e = m->is_told ? NULL : take_configs(m, a);
    mp4_fragments_begin(&f, &m->init, bytes, len);
    while (!e && mp4_fragments_next(&f, &s)) {
        if (!mp4_init_takes(&m->init, s.track)) {
            co_give_way_by_time();
            continue;
        }
        first_us = s.dts_us < first_us ? s.dts_us : first_us;
        if (over_us > 0)
            e = wait_for(began_us, s.dts_us - first_us, over_us);
        if (!e)
            e = take_sample(a, &s);
    }
    if (!e && f.bad)
        e = err_new(E_HTTP_DATA_INVALID, "a segment of MP4 is broken");
    return e;
}
