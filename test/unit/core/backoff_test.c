/* Pauses that grow. */
#include "core/attr.h"
#include "core/backoff.h"
#include <cmocka.h>

enum { FIRST_US = 1000, MAX_US = 30000 };

static void a_pause_doubles_up_to_the_longest(void **state)
{
    static const int64_t wanted[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
    int64_t              pause_us = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_int_equal(pause_us = backoff_next_us(pause_us, FIRST_US, MAX_US), wanted[i]);
    assert_int_equal(backoff_next_us(15000, FIRST_US, MAX_US), MAX_US);
    assert_int_equal(backoff_next_us(INT64_MAX, FIRST_US, INT64_MAX), INT64_MAX); /* no overflow */
}

static void a_third_of_a_pause_is_random(void **state)
{
    int64_t least_us = MAX_US, most_us = 0;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t us = backoff_spread_us(MAX_US);
        least_us = us < least_us ? us : least_us;
        most_us = us > most_us ? us : most_us;
    }
    assert_in_range(least_us, MAX_US / 3 * 2, MAX_US / 4 * 3);
    assert_in_range(most_us, MAX_US / 10 * 9, MAX_US);
    assert_int_equal(backoff_spread_us(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pause_doubles_up_to_the_longest),
        cmocka_unit_test(a_third_of_a_pause_is_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
