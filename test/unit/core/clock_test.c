/* The two clocks. */
#include <cmocka.h>
#include <time.h>

#include "core/attr.h"
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

static void wall_time_is_written_in_utc(void **state)
{
    static const struct {
        int64_t     wall_us;
        const char *text;
    } rows[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { INT64_C(1700000000123999), "2023-11-14T22:13:20.123Z" },
        { INT64_C(951782400000000), "2000-02-29T00:00:00.000Z" },
        { INT64_C(253402300799999999), "9999-12-31T23:59:59.999Z" },
        { INT64_MAX, "9999-12-31T23:59:59.999Z" },
        { -1, "1970-01-01T00:00:00.000Z" },
        { INT64_MIN, "1970-01-01T00:00:00.000Z" },
    };
    char text[CLOCK_UTC_CAP];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(clock_utc(text, rows[i].wall_us), rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_time_never_goes_back),
        cmocka_unit_test(wall_time_is_that_of_the_calendar),
        cmocka_unit_test(never_is_later_than_any_time),
        cmocka_unit_test(wall_time_is_written_in_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
