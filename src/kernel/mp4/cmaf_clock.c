#include "kernel/mp4/cmaf_clock.h"

#include "kernel/mp4/moov.h"
#include "kernel/times.h"

enum { US_PER_SECOND = 1000000, SHOWN_MAX_90K = 1 << 30 };

#define TIME_MAX_US (INT64_C(1) << 53)

void cmaf_clock_init_video(struct cmaf_clock *clock, uint32_t step)
{
    enum { MILLISECOND = MP4_TIMESCALE / 1000, STEP_DEFAULT = MP4_TIMESCALE / 30 };
    *clock = (struct cmaf_clock){
        .timescale = MP4_TIMESCALE,
        .last = CMAF_NO_TIME,
        .end = CMAF_NO_TIME,
        .step = step ? step : STEP_DEFAULT,
        .jitter = MILLISECOND,
    };
}

void cmaf_clock_init_audio(struct cmaf_clock *clock, uint32_t sample_rate, uint32_t samples)
{
    *clock = (struct cmaf_clock){
        .timescale = sample_rate,
        .last = CMAF_NO_TIME,
        .end = CMAF_NO_TIME,
        .step = samples ? samples : sample_rate / 30,
    };
}

int64_t cmaf_ticks(int64_t us, uint32_t timescale)
{
    return us / US_PER_SECOND * timescale + (us % US_PER_SECOND * timescale + US_PER_SECOND / 2) / US_PER_SECOND;
}

static int64_t bounded(int64_t us)
{
    return us < 0 ? 0 : us < TIME_MAX_US ? us : TIME_MAX_US;
}

static int64_t after_last(const struct cmaf_clock *clock, int64_t dts)
{
    return dts > clock->last ? dts : clock->last + 1;
}

static bool is_near(int64_t a, int64_t b, int64_t ticks)
{
    return a - b <= ticks && b - a <= ticks;
}

struct cmaf_moment cmaf_clock_picture(const struct cmaf_clock *clock, struct decode_ahead *ahead, const struct frame *f,
                                      int64_t dts_us)
{
    int64_t            in = ticks_90k_from_us(bounded(dts_us)), pts = in + ticks_90k_between(f->dts_us, f->pts_us);
    struct cmaf_moment m = { .end = CMAF_NO_TIME };
    decode_ahead_follow(ahead, f, clock->last == CMAF_NO_TIME ? in : in - clock->last - 1);
    m.meant = after_last(clock, in - ahead->lag_90k);
    m.dts = m.meant;
    if (clock->end != CMAF_NO_TIME && clock->end > clock->last && clock->end <= pts &&
        is_near(clock->end, m.meant, ticks_90k_from_us(CMAF_PIN_US)))
        m.dts = clock->end;
    int64_t shown = pts - m.dts;
    m.shown = shown < 0 ? 0 : (uint32_t)(shown < SHOWN_MAX_90K ? shown : SHOWN_MAX_90K);
    return m;
}

/* 1: the sound is early, so frames get longer until it is no longer; -1: it is late. */
static int slew_of(const struct cmaf_clock *clock, int64_t early)
{
    if (!is_near(early, 0, cmaf_ticks(CMAF_SLEW_US, clock->timescale)))
        return early > 0 ? 1 : -1;
    return early * clock->slew > 0 ? clock->slew : 0;
}

static int64_t slewed(int64_t samples, int slew)
{
    int64_t one = samples / 1000 > 0 ? samples / 1000 : 1;
    return samples > 1 ? samples + slew * one : samples;
}

struct cmaf_moment cmaf_clock_sound(const struct cmaf_clock *clock, int64_t samples, int64_t dts_us)
{
    int64_t in = cmaf_ticks(bounded(dts_us), clock->timescale);
    bool    goes_on = clock->end != CMAF_NO_TIME && is_near(in, clock->end, cmaf_ticks(CMAF_JUMP_US, clock->timescale));
    struct cmaf_moment m = { .end = CMAF_NO_TIME };
    m.dts = after_last(clock, goes_on ? clock->end : in);
    m.meant = m.dts;
    if (!samples)
        return m;
    m.slew = goes_on ? slew_of(clock, in - m.dts) : 0;
    m.end = m.dts + slewed(samples, m.slew);
    return m;
}

void cmaf_clock_follow(struct cmaf_clock *clock, const struct cmaf_moment *m)
{
    int64_t step = clock->last == CMAF_NO_TIME ? 0 : m->meant - clock->meant;
    if (step > 0 && step <= 10 * (int64_t)clock->timescale) /* A longer one is a gap. */
        clock->step = (uint32_t)step;
    clock->last = m->dts;
    clock->meant = m->meant;
    clock->end = m->end;
    clock->slew = m->slew;
}

void cmaf_clock_set_end(struct cmaf_clock *clock, int64_t after)
{
    if (after != CMAF_NO_TIME)
        clock->end = after;
    else if (clock->end == CMAF_NO_TIME)
        clock->end = clock->meant + clock->step - clock->jitter;
    if (clock->end <= clock->last)
        clock->end = clock->last + 1;
    if (clock->end - clock->last > UINT32_MAX)
        clock->end = clock->last + UINT32_MAX;
}
