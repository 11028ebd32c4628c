/* The two clocks. */
#include <cmocka.h>
#include <time.h>

#include "core/clock.h"

static void monotonic_time_never_goes_back(void **state)
{
    (void)state;
    int64_t last = now_us();
    for (int i = 0; i < 100000; i++) {
        int64_t now = now_us();
        assert_true(now >= last);
        last = now;
    }
}

static void wall_time_is_that_of_the_calendar(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) - 1; /* time() may lag by a tick */
    int64_t wall = wall_now_us() / US_PER_SECOND;
    assert_true(wall >= before);
    assert_true(wall <= (int64_t)time(NULL) + 1);
}

static void never_is_later_than_any_time(void **state)
{
    (void)state;
    assert_true(DEADLINE_NEVER > now_us() + INT64_C(100) * 365 * 24 * 3600 * US_PER_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_time_never_goes_back),
        cmocka_unit_test(wall_time_is_that_of_the_calendar),
        cmocka_unit_test(never_is_later_than_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
