/* Bit rates since the last sample, over 30 s and over 5 min. */
#include <cmocka.h>

#include "app/stat/rate.h"
#include "app/stat/traffic.h"
#include "core/clock.h"

static const int64_t start_us = INT64_C(1000) * US_PER_SECOND;

/* Sample at a time in seconds after the start. */
static void sample_at(struct rate *r, double seconds, int64_t total_bytes)
{
    rate_sample(r, start_us + (int64_t)(seconds * US_PER_SECOND), total_bytes);
}

static void nothing_is_known_at_the_start(void **state)
{
    (void)state;
    struct rate r;
    rate_start(&r, start_us, 5000);
    sample_at(&r, 0, 1000000);
    assert_int_equal(r.sample.kbps, 0);
    assert_int_equal(r.window_30s.kbps, 0);
}

static void the_sample_is_since_the_last_one(void **state)
{
    (void)state;
    struct rate r;
    rate_start(&r, start_us, 5000);
    sample_at(&r, 2, 5000 + 250000);
    assert_int_equal(r.sample.kbps, 1000);
    sample_at(&r, 3, 5000 + 250000 + 250000);
    assert_int_equal(r.sample.kbps, 2000);
    sample_at(&r, 6, 5000 + 250000 + 250000);
    assert_int_equal(r.sample.kbps, 0);
}

static void a_window_is_the_mean_since_the_start_until_it_has_finished(void **state)
{
    (void)state;
    struct rate r;
    rate_start(&r, start_us, 0);
    sample_at(&r, 3, 375000);
    assert_int_equal(r.window_30s.kbps, 1000);
    assert_int_equal(r.window_5m.kbps, 1000);
    sample_at(&r, 6, 375000);
    assert_int_equal(r.window_30s.kbps, 500);
    sample_at(&r, 30, 30 * 125000 * 3);
    assert_int_equal(r.window_30s.kbps, 3000);
}

static void a_finished_window_holds_until_the_next_has_finished(void **state)
{
    (void)state;
    struct rate r;
    int64_t     bytes = 0;
    rate_start(&r, start_us, 0);
    for (int t = 3; t <= 30; t += 3)
        sample_at(&r, t, bytes += 375000); /* 1 Mbit/s */
    for (int t = 33; t < 60; t += 3) {
        sample_at(&r, t, bytes += 3 * 375000);
        assert_int_equal(r.window_30s.kbps, 1000);
        assert_int_equal(r.sample.kbps, 3000);
    }
    sample_at(&r, 60, bytes += 3 * 375000);
    assert_int_equal(r.window_30s.kbps, 3000);
    assert_int_equal(r.window_5m.kbps, 2000); /* the window is not complete: the mean since the start */
    for (int t = 63; t <= 300; t += 3)
        sample_at(&r, t, bytes);
    assert_int_equal(r.window_30s.kbps, 0);
    assert_int_equal(r.window_5m.kbps, 400);
    sample_at(&r, 303, bytes + 1000000000);
    assert_int_equal(r.window_5m.kbps, 400);
}

static void much_traffic_does_not_overflow(void **state)
{
    (void)state;
    struct rate r;
    rate_start(&r, start_us, 0);
    sample_at(&r, 300, INT64_C(300) * 125000000 * 100); /* 100 Gbit/s for 5 min */
    assert_int_equal(r.window_5m.kbps, 100000000);
}

static void a_second_sample_at_the_same_time_does_nothing(void **state)
{
    (void)state;
    struct rate r;
    rate_start(&r, start_us, 0);
    sample_at(&r, 3, 375000);
    sample_at(&r, 3, 375000);
    sample_at(&r, 3, 475000);
    assert_int_equal(r.sample.kbps, 1000);
}

static void traffic_has_both_directions(void **state)
{
    (void)state;
    struct traffic t;
    traffic_start(&t, start_us);
    traffic_add(&t, 125000, 250000);
    traffic_add(&t, 125000, 0);
    traffic_sample(&t, start_us + US_PER_SECOND);
    assert_int_equal(t.bytes_in, 250000);
    assert_int_equal(t.bytes_out, 250000);
    assert_int_equal(t.in.sample.kbps, 2000);
    assert_int_equal(t.out.sample.kbps, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_at_the_start),
        cmocka_unit_test(the_sample_is_since_the_last_one),
        cmocka_unit_test(a_window_is_the_mean_since_the_start_until_it_has_finished),
        cmocka_unit_test(a_finished_window_holds_until_the_next_has_finished),
        cmocka_unit_test(much_traffic_does_not_overflow),
        cmocka_unit_test(a_second_sample_at_the_same_time_does_nothing),
        cmocka_unit_test(traffic_has_both_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
