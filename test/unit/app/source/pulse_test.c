/* What a pulse tells of frames that come in well and badly. */
#include <cmocka.h>
#include <string.h>

#include "app/source/pulse.h"
#include "app/source/stream_clock.h"
#include "loop.h"

struct stream {
    struct pulse        pulse;
    struct stream_clock clock;
};

static void begin(struct stream *s)
{
    memset(s, 0, sizeof *s);
    pulse_begin(&s->pulse, 0, 0);
    stream_clock_begin(&s->clock);
}

/* A frame of `kind` with this encoder's time arrives. */
static void take(struct stream *s, enum frame_kind kind, int64_t ms, int64_t arrived_ms, bool key)
{
    struct frame f = { .kind = (uint8_t)kind, .key = key, .media_len = 1, .arrived_us = arrived_ms * US_PER_MS };
    stream_clock_stamp(&s->clock, &f, ms * US_PER_MS, arrived_ms * US_PER_MS);
    pulse_follow(&s->pulse, &f);
}

/* Sound and pictures for some seconds; sound runs `sound` times as fast as the clock, pictures `picture` times. Samples every 3 s. */
static void play(struct stream *s, int seconds, double sound, double picture)
{
    for (int ms = 40; ms <= seconds * 1000; ms += 40) {
        take(s, FRAME_VIDEO, (int64_t)(ms * picture), ms, ms % 2000 == 0);
        take(s, FRAME_AUDIO, (int64_t)(ms * sound), ms, false);
        if (ms % 3000 == 0)
            pulse_sample(&s->pulse, &s->clock, ms * INT64_C(1000));
    }
}

static void real_time_has_speed_one_and_no_drift(void **state)
{
    struct stream s;
    double        speed = 0;
    int64_t       over_us = 0, drift_us = 1;
    (void)state;
    begin(&s);
    play(&s, 15, 1, 1);
    assert_true(pulse_speed(&s.pulse, &speed, &over_us));
    assert_true(speed > 0.999 && speed < 1.001);
    assert_int_equal(over_us, 9 * US_PER_SECOND);
    assert_true(pulse_drift(&s.pulse, &drift_us, &over_us));
    assert_int_equal(drift_us, 0);
    assert_int_equal(s.pulse.n_gaps, 0);
    assert_int_equal(s.pulse.gop_us, 2 * US_PER_SECOND);
    assert_int_equal(s.pulse.n_keys, 7);
    assert_int_equal(s.pulse.n_pictures, 375);
    assert_int_equal(s.pulse.n_reordered, 0);
}

static void a_slow_encoder_has_less_speed(void **state)
{
    struct stream s;
    double        speed = 1;
    int64_t       over_us;
    (void)state;
    begin(&s);
    play(&s, 9, 0.8, 0.8);
    assert_false(pulse_speed(&s.pulse, &speed, &over_us));
    begin(&s);
    play(&s, 12, 0.8, 0.8);
    assert_true(pulse_speed(&s.pulse, &speed, &over_us));
    assert_true(speed > 0.79 && speed < 0.81);
    assert_int_equal(s.pulse.n_gaps, 0);
}

static void tracks_with_two_clocks_drift(void **state)
{
    struct stream s;
    int64_t       drift_us = 0, over_us = 0;
    (void)state;
    begin(&s);
    play(&s, 15, 1.05, 1); /* 0.45 s in the sample at 12 s, 0.6 s in the newest */
    assert_true(pulse_drift(&s.pulse, &drift_us, &over_us));
    assert_int_equal(over_us, 12 * US_PER_SECOND);
    assert_true(drift_us > 440 * US_PER_MS && drift_us < 460 * US_PER_MS);
}

static void one_odd_sample_is_no_drift(void **state)
{
    struct stream s;
    int64_t       drift_us = 1, over_us;
    (void)state;
    begin(&s);
    play(&s, 12, 1, 1);
    take(&s, FRAME_VIDEO, 13000, 13000, false); /* a burst: the sound of this second is yet to come */
    pulse_sample(&s.pulse, &s.clock, 15 * US_PER_SECOND);
    assert_true(pulse_drift(&s.pulse, &drift_us, &over_us));
    assert_int_equal(drift_us, 0);
}

static void what_was_kept_for_the_beginning_is_not_measured(void **state)
{
    struct stream s;
    double        speed = 0;
    int64_t       over_us;
    (void)state;
    begin(&s);
    for (int ms = 40; ms <= 5000; ms += 40) /* five seconds at once */
        take(&s, FRAME_VIDEO, ms, 1, ms == 40);
    pulse_sample(&s.pulse, &s.clock, US_PER_SECOND);
    assert_int_equal(s.pulse.n_samples, 0);
    for (int ms = 40; ms <= 15000; ms += 40) {
        take(&s, FRAME_VIDEO, 5000 + ms, ms, false);
        if (ms % 3000 == 0)
            pulse_sample(&s.pulse, &s.clock, ms * INT64_C(1000));
    }
    assert_true(pulse_speed(&s.pulse, &speed, &over_us));
    assert_true(speed > 0.99 && speed < 1.01);
}

static void samples_that_come_more_often_are_left_out(void **state)
{
    struct stream s;
    (void)state;
    begin(&s);
    take(&s, FRAME_VIDEO, 0, 1, true);
    for (int ms = 2000; ms <= 10000; ms += 1000)
        pulse_sample(&s.pulse, &s.clock, ms * INT64_C(1000));
    assert_int_equal(s.pulse.n_samples, 3);
}

static void one_kind_alone_has_no_drift(void **state)
{
    struct stream s;
    int64_t       drift_us, over_us;
    (void)state;
    begin(&s);
    for (int ms = 40; ms <= 9000; ms += 40) {
        take(&s, FRAME_VIDEO, ms, ms, false);
        if (ms % 3000 == 0)
            pulse_sample(&s.pulse, &s.clock, ms * INT64_C(1000));
    }
    assert_false(pulse_drift(&s.pulse, &drift_us, &over_us));
}

static void what_arrives_late_is_a_gap_and_a_pause_of_the_encoder_is_none(void **state)
{
    struct stream s;
    (void)state;
    begin(&s);
    take(&s, FRAME_VIDEO, 0, 1000, true);
    take(&s, FRAME_VIDEO, 40, 1040, false);
    take(&s, FRAME_VIDEO, 80, 3580, false); /* 2.5 s for 40 ms of media */
    assert_int_equal(s.pulse.n_gaps, 1);
    assert_int_equal(s.pulse.longest_gap_us, 2500 * US_PER_MS);
    assert_int_equal(s.pulse.gap_ended_us, 3580 * US_PER_MS);
    take(&s, FRAME_VIDEO, 5080, 8580, false); /* 5 s for 5 s: a slide */
    assert_int_equal(s.pulse.n_gaps, 1);
}

static void pictures_that_wait_are_counted(void **state)
{
    struct stream s;
    struct frame  f = { .kind = FRAME_VIDEO, .media_len = 1, .dts_us = 40, .pts_us = 120, .arrived_us = 1 };
    (void)state;
    begin(&s);
    pulse_follow(&s.pulse, &f);
    f.config = true; /* a header is no picture */
    pulse_follow(&s.pulse, &f);
    assert_int_equal(s.pulse.n_pictures, 1);
    assert_int_equal(s.pulse.n_reordered, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_time_has_speed_one_and_no_drift),
        cmocka_unit_test(a_slow_encoder_has_less_speed),
        cmocka_unit_test(tracks_with_two_clocks_drift),
        cmocka_unit_test(one_odd_sample_is_no_drift),
        cmocka_unit_test(what_was_kept_for_the_beginning_is_not_measured),
        cmocka_unit_test(samples_that_come_more_often_are_left_out),
        cmocka_unit_test(one_kind_alone_has_no_drift),
        cmocka_unit_test(what_arrives_late_is_a_gap_and_a_pause_of_the_encoder_is_none),
        cmocka_unit_test(pictures_that_wait_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
