/* Times as viewers write them. */
#include <cmocka.h>

#include "app/vod/time.h"
#include "core/attr.h"

static void times_are_seconds_with_or_without_a_fraction(void **state)
{
    static const struct {
        const char *text;
        int64_t     us;
        bool        is_whole;
    } rows[] = {
        { "0", 0, true },
        { "12", 12000000, true },
        { "12s", 12000000, false },
        { "12.0", 12000000, false },
        { "12.5s", 12500000, false },
        { ".25", 250000, false },
        { "1.1234567", 1123456, false },
        { "999999999", INT64_C(999999999000000), true },
        { "9999999999", -1, false },
        { "", -1, true },
        { "-1", -1, false },
        { "12ss", -1, false },
        { "s", -1, false },
        { ".", -1, false },
        { "1e3", -1, false },
        { "1.5.5", -1, false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool is_whole;
        assert_int_equal(vod_time_parse(rows[i].text, &is_whole), rows[i].us);
        assert_int_equal(is_whole, rows[i].is_whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(times_are_seconds_with_or_without_a_fraction) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
