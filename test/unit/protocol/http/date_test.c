/* Dates as HTTP writes them. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "protocol/http/date.h"

static void a_date_is_written_as_rfc_9110_shows_it(void **state)
{
    (void)state;
    char text[HTTP_DATE_CAP];
    assert_string_equal(http_date_format(784111777, text), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_string_equal(http_date_format(0, text), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_string_equal(http_date_format(1709210096, text), "Thu, 29 Feb 2024 12:34:56 GMT");
}

static void a_date_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (time_t t = 0; t < 4000000000; t += 86399 * 17) {
        char   text[HTTP_DATE_CAP];
        time_t read;
        assert_true(http_date_parse(http_date_format(t, text), &read));
        assert_int_equal(read, t);
    }
}

/* A file may have any time: utime(2) takes any number, and most file systems keep it. */
static void a_time_beyond_four_digits_of_a_year_is_the_nearest_date(void **state)
{
    (void)state;
    char text[HTTP_DATE_CAP];
    assert_string_equal(http_date_format(253402300799, text), "Fri, 31 Dec 9999 23:59:59 GMT");
    assert_string_equal(http_date_format(253402300800, text), "Fri, 31 Dec 9999 23:59:59 GMT");
    assert_string_equal(http_date_format(INT64_MAX, text), "Fri, 31 Dec 9999 23:59:59 GMT");
    assert_string_equal(http_date_format(-1, text), "Wed, 31 Dec 1969 23:59:59 GMT");
    assert_string_equal(http_date_format(-62167219200, text), "Sat, 01 Jan 0000 00:00:00 GMT");
    assert_string_equal(http_date_format(-62167219201, text), "Sat, 01 Jan 0000 00:00:00 GMT");
    assert_string_equal(http_date_format(INT64_MIN, text), "Sat, 01 Jan 0000 00:00:00 GMT");
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "now",
        "0",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Noo 1994 08:49:37 GMT",
        "Sun, 06 anF 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, -6 Nov 1994 08:49:37 GMT",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        time_t t;
        assert_false(http_date_parse(texts[i], &t));
    }
}

static void the_date_now_is_one(void **state)
{
    (void)state;
    time_t t, now = time(NULL);
    assert_true(http_date_parse(http_date_now(), &t));
    assert_true(t >= now - 1 && t <= now + 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_written_as_rfc_9110_shows_it),
        cmocka_unit_test(a_date_is_read_as_it_was_written),
        cmocka_unit_test(a_time_beyond_four_digits_of_a_year_is_the_nearest_date),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(the_date_now_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
