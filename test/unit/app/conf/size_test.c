/* Amounts of memory as words of a file. */
#include <cmocka.h>

#include "app/conf/size.h"
#include "core/attr.h"

static void sizes_are_read(void **state)
{
    static const struct {
        const char *word;
        int64_t     bytes;
        int         percent;
    } rows[] = { { "0", 0, 0 },
                 { "65536", 65536, 0 },
                 { "64k", 65536, 0 },
                 { "512m", 512 << 20, 0 },
                 { "2G", INT64_C(2) << 30, 0 },
                 { "3MB", 3 << 20, 0 },
                 { "1%", 0, 1 },
                 { "100%", 0, 100 },
                 { "off", 0, 0 },
                 { "8589934591g", INT64_C(8589934591) << 30, 0 } };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct conf_size size;
        if (!conf_size_parse(rows[i].word, &size) || size.bytes != rows[i].bytes || size.percent != rows[i].percent)
            fail_msg("%s", rows[i].word);
    }
}

static void what_is_no_size_is_refused(void **state)
{
    static const char *const words[] = { "",    "m",    "-1",   "12x", "1mm", "0%",          "101%",
                                         "1 m", "50%%", "1.5g", "on",  " 1m", "8589934592g", "99999999999999999999" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct conf_size size;
        if (conf_size_parse(words[i], &size))
            fail_msg("%s", words[i]);
    }
}

static void percent_is_of_the_whole(void **state)
{
    (void)state;
    struct conf_size half = { .percent = 50 }, fixed = { .bytes = 7 };
    assert_int_equal(conf_size_of(&half, 1000), 500);
    assert_int_equal(conf_size_of(&half, INT64_MAX), INT64_MAX / 100 * 50);
    assert_int_equal(conf_size_of(&fixed, 1000), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_read),
        cmocka_unit_test(what_is_no_size_is_refused),
        cmocka_unit_test(percent_is_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
