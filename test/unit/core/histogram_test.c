/* Histograms of durations. */
#include <cmocka.h>

#include "core/attr.h"
#include "core/histogram.h"

static void a_bound_belongs_to_its_bucket(void **state)
{
    (void)state;
    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
        assert_int_equal(histogram_bucket(histogram_bound_us(i)), i);
        assert_int_equal(histogram_bucket(histogram_bound_us(i) + 1), i + 1);
    }
}

static void everything_has_a_bucket(void **state)
{
    static const struct {
        int64_t us;
        size_t  bucket;
    } rows[] = {
        { INT64_MIN, 0 },
        { -1, 0 },
        { 0, 0 },
        { 1, 0 },
        { 129, 1 },
        { 4194304, 15 },
        { 4194305, HISTOGRAM_BOUNDS },
        { INT64_MAX, HISTOGRAM_BOUNDS },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(histogram_bucket(rows[i].us), rows[i].bucket);
}

static void sums_of_two_are_histograms(void **state)
{
    struct histogram a = { 0 }, b = { 0 };
    (void)state;
    histogram_count(&a, 100);
    histogram_count(&a, -5);
    histogram_count(&b, 200);
    histogram_count(&b, 9000000);
    histogram_add(&a, &b);
    histogram_count_all(&b, 1000, 3);
    assert_int_equal(b.sum_us, 9003200);
    assert_int_equal(b.counts[3], 3);
    assert_int_equal(histogram_total(&a), 4);
    assert_int_equal(a.sum_us, 9000300);
    assert_int_equal(a.counts[0], 2);
    assert_int_equal(a.counts[1], 1);
    assert_int_equal(a.counts[HISTOGRAM_BOUNDS], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bound_belongs_to_its_bucket),
        cmocka_unit_test(everything_has_a_bucket),
        cmocka_unit_test(sums_of_two_are_histograms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
