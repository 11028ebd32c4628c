#include <cmocka.h>

#include <math.h>

#include "app/sound/line.h"

enum { FRAME = 1024 };

/* A resampler that does as it is told: a frame gives its samples, and those of the stretch. */
struct stream {
    struct sound_line line;
    double            stretch;   /* samples more for each sample */
    int               stretches; /* samples until that is over */
    double            rest;
    int64_t           silence, skipped, jumps;
};

static void take(struct stream *s, int64_t at)
{
    struct sound_step step = sound_line_take(&s->line, at, FRAME);
    s->jumps += step.is_jump;
    s->silence += step.silence;
    s->skipped += step.skip;
    if (step.stretch != 0 || s->stretches <= 0)
        s->stretch = (double)step.stretch / SOUND_JUDGE;
    if (step.stretch != 0)
        s->stretches = SOUND_JUDGE;
    s->stretches -= FRAME;
    double n = step.silence + (FRAME - step.skip) * (1 + s->stretch) + s->rest;
    s->rest = n - (int)n;
    sound_line_pass(&s->line, (int)n);
}

static void microseconds_become_samples_and_back(void **state)
{
    (void)state;
    assert_int_equal(sound_line_from_us(0), 0);
    assert_int_equal(sound_line_from_us(1000), 48);
    assert_int_equal(sound_line_from_us(-1000), -48);
    assert_int_equal(sound_line_from_us(-1), -1);
    assert_int_equal(sound_line_to_us(960), 20000);
    assert_int_equal(sound_line_to_us(-1024), -21334);
    for (int64_t n = -100000; n < 100000; n += 77)
        assert_in_range(n - sound_line_from_us(sound_line_to_us(n)) + 1, 1, 2);
    assert_int_equal(sound_line_from_us(INT64_MAX) / 48, INT64_MAX / 1000);
}

/* Frames of 44.1 kHz with times in whole milliseconds, as FLV has them. */
static void times_rounded_to_milliseconds_change_nothing(void **state)
{
    struct stream s = { 0 };
    (void)state;
    for (int64_t i = 0; i < 5000; i++) {
        double exact = (double)i * FRAME;
        take(&s, (int64_t)(exact / 48) * 48);
        assert_true(fabs((double)s.line.next - exact - FRAME) < 48); /* within 1 ms */
        assert_true(fabs(s.stretch) < 0.0005);
    }
    assert_int_equal(s.jumps, 1);
    assert_int_equal(s.silence + s.skipped, 0);
}

static void check_drift(double part_per_sample)
{
    struct stream s = { 0 };
    for (int64_t i = 0; i < 10000; i++) {
        double at = (double)i * FRAME * (1 + part_per_sample);
        take(&s, (int64_t)at);
        if (i > 500)
            assert_true(fabs((double)s.line.next - at - FRAME) < 48);
    }
    assert_int_equal(s.jumps, 1);
    assert_int_equal(s.silence + s.skipped, 0);
}

/* Clocks of sound cards are off by some tens of millionths; here 300, both ways: four minutes without it would be 64 ms. */
static void a_drift_is_corrected_by_the_resampler(void **state)
{
    (void)state;
    check_drift(0.0003);
    check_drift(-0.0003);
}

static void a_lost_frame_becomes_silence(void **state)
{
    struct stream s = { 0 };
    (void)state;
    take(&s, 0);
    take(&s, FRAME);
    take(&s, (int64_t)3 * FRAME - 40); /* not more than a millisecond early */
    assert_int_equal(s.silence, FRAME - 40);
    take(&s, (int64_t)4 * FRAME - 40);
    take(&s, (int64_t)5 * FRAME - 40 + SOUND_HOLE_MAX);
    assert_int_equal(s.silence, FRAME - 40 + SOUND_HOLE_MAX);
    assert_int_equal(s.jumps, 1);
}

static void a_long_hole_is_a_jump(void **state)
{
    struct stream s = { 0 };
    (void)state;
    take(&s, 0);
    take(&s, FRAME + SOUND_HOLE_MAX + 1);
    assert_int_equal(s.jumps, 2);
    assert_int_equal(s.silence, 0);
    assert_int_equal(s.line.next, 2 * FRAME + SOUND_HOLE_MAX + 1);
    take(&s, 0);
    assert_int_equal(s.jumps, 3);
    assert_int_equal(s.line.next, FRAME);
}

/* An encoder that sends its frames with times in turn too early and too late: one silence at most, and then none. */
static void uneven_times_are_evened_out(void **state)
{
    struct stream s = { 0 };
    (void)state;
    for (int64_t i = 0; i < 2000; i++)
        take(&s, i * FRAME + (i % 2 ? 1000 : 0));
    assert_true(s.silence <= 1000);
    assert_int_equal(s.skipped, 0);
    int64_t before = s.silence;
    for (int64_t i = 2000; i < 10000; i++)
        take(&s, i * FRAME + (i % 2 ? 1000 : 0));
    assert_int_equal(s.silence, before);
    assert_true(fabs(s.stretch) < 0.001);
}

static void sound_far_before_its_time_is_cut(void **state)
{
    struct stream s = { 0 };
    (void)state;
    for (int i = 0; i < 6; i++)
        take(&s, 0); /* all at once */
    assert_true(s.skipped > 0);
    assert_true(s.line.next <= SOUND_AHEAD_MAX + FRAME);
    assert_int_equal(s.jumps, 1);
}

static void extreme_times_do_no_harm(void **state)
{
    static const int64_t rows[] = { INT64_MIN / 1000, INT64_MAX / 1000, 0, INT64_MAX / 1000, -1 };
    struct stream        s = { 0 };
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        take(&s, rows[i]);
        assert_int_equal(s.jumps, i + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(microseconds_become_samples_and_back),
        cmocka_unit_test(times_rounded_to_milliseconds_change_nothing),
        cmocka_unit_test(a_drift_is_corrected_by_the_resampler),
        cmocka_unit_test(a_lost_frame_becomes_silence),
        cmocka_unit_test(a_long_hole_is_a_jump),
        cmocka_unit_test(uneven_times_are_evened_out),
        cmocka_unit_test(sound_far_before_its_time_is_cut),
        cmocka_unit_test(extreme_times_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
