/* Durations as words of a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/duration.h"
#include "core/attr.h"

static void durations_are_read(void **state)
{
    static const struct {
        const char *word;
        double      seconds;
    } rows[] = { { "0", 0 },      { "30", 30 },     { "30s", 30 },   { "0.5", 0.5 },   { "500ms", 0.5 },
                 { "90m", 5400 }, { "1.5h", 5400 }, { "4h", 14400 }, { "2d", 172800 }, { "1000000000", 1e9 } };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double seconds = -1;
        if (!conf_duration_parse(rows[i].word, &seconds) || seconds < rows[i].seconds - 1e-9 ||
            seconds > rows[i].seconds + 1e-9)
            fail_msg("%s: %g", rows[i].word, seconds);
    }
}

static void other_words_are_no_duration(void **state)
{
    static const char *const words[] = { "",    "h",      "4 h", "4hours", "-1s", "1e3",        "0x10",     "nan",
                                         "inf", "1.2.3s", "4H",  "+4",     ".",   "1000000001", "99999999d" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        double seconds = -1;
        if (conf_duration_parse(words[i], &seconds))
            fail_msg("%s: %g", words[i], seconds);
        assert_true(seconds < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(other_words_are_no_duration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
