/* Bit rates of segments, as a master playlist tells them. */
#include <cmocka.h>

#include "kernel/hls/bandwidth.h"

enum { S = 1000000 };

static void assert_measured(const struct hls_sized *s, size_t n, int64_t target_us, int64_t peak, int64_t average)
{
    struct hls_bandwidth b = hls_bandwidth_measure(s, n, target_us);
    assert_int_equal(b.peak_bps, peak);
    assert_int_equal(b.average_bps, average);
}

static void the_peak_is_that_of_the_largest_segment(void **state)
{
    (void)state;
    const struct hls_sized s[] = { { 1000, 2 * S }, { 3000, 2 * S }, { 2000, 2 * S } };
    assert_measured(s, 3, 2 * S, 12000, 8000);
    assert_measured(s, 1, 2 * S, 4000, 4000);
}

static void a_short_segment_counts_with_its_neighbours(void **state)
{
    (void)state;
    /* 0.5 s alone are less than half the target; the second and third last 2.5 s together. */
    const struct hls_sized s[] = { { 1000, 2 * S }, { 1000, S / 2 }, { 1000, 2 * S } };
    assert_measured(s, 3, 2 * S, 6400, 5334);
}

static void a_run_is_at_most_one_and_a_half_targets(void **state)
{
    (void)state;
    const struct hls_sized s[] = { { 100, S }, { 900, S }, { 900, S }, { 100, S } };
    assert_measured(s, 4, 4 * S, 8000 * 9 / 10, 4000); /* the middle two, just half a target */
}

static void without_a_run_the_peak_is_the_average(void **state)
{
    (void)state;
    const struct hls_sized s[] = { { 1000, S }, { 0, 0 } };
    assert_measured(s, 1, 10 * S, 8000, 8000);
    assert_measured(s, 0, 2 * S, 0, 0);
    assert_measured(s + 1, 1, 2 * S, 0, 0);
}

static void a_day_of_large_segments_does_not_overflow(void **state)
{
    (void)state;
    const struct hls_sized s[] = { { INT64_C(1) << 42, INT64_C(86400) * S } };
    assert_measured(s, 1, 10 * S, 407226529, 407226529); /* 2^45 bits in 86,400 s */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_peak_is_that_of_the_largest_segment),
        cmocka_unit_test(a_short_segment_counts_with_its_neighbours),
        cmocka_unit_test(a_run_is_at_most_one_and_a_half_targets),
        cmocka_unit_test(without_a_run_the_peak_is_the_average),
        cmocka_unit_test(a_day_of_large_segments_does_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
