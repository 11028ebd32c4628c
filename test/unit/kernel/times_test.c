/* Conversion of microseconds to the units of formats. */
#include "kernel/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/attr.h"

static void microseconds_become_ticks(void **state)
{
    (void)state;
    static const struct {
        int64_t us, ticks;
    } rows[] = { { 0, 0 }, { 1000, 90 }, { 40000, 3600 }, { 11, 1 }, { 5, 0 }, { 6, 1 }, { -1000, -90 }, { -11, -1 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(ticks_90k_from_us(rows[i].us), rows[i].ticks);
    assert_true(ticks_90k_from_us(INT64_MAX) > 0 && ticks_90k_from_us(INT64_MIN + 1000) < 0);
}

static void milliseconds_are_rounded_down_on_both_sides_of_0(void **state)
{
    (void)state;
    static const struct {
        int64_t us, ms;
    } rows[] = { { 0, 0 }, { 999, 0 }, { 1000, 1 }, { 1999, 1 }, { -1, -1 }, { -1000, -1 }, { -1001, -2 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(ms_from_us(rows[i].us), rows[i].ms);
}

/* Bytes that players share are muxed for one of them, and a constant is added for the next. */
static void whole_milliseconds_are_added_before_or_after_alike(void **state)
{
    (void)state;
    for (int64_t us = -5000; us < 5000; us += 7)
        for (int64_t ms = -3; ms <= 3; ms++) {
            assert_int_equal(ticks_90k_from_us(us + ms * 1000), ticks_90k_from_us(us) + ms * 90);
            assert_int_equal(ms_from_us(us + ms * 1000), ms_from_us(us) + ms);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(microseconds_become_ticks),
        cmocka_unit_test(milliseconds_are_rounded_down_on_both_sides_of_0),
        cmocka_unit_test(whole_milliseconds_are_added_before_or_after_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
