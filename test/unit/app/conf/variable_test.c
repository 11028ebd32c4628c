/* Variables in words and paths of a configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "app/conf/variable.h"
#include "core/attr.h"

enum { TEXT_BYTES_MAX = 256 };

static struct buf           out = BUF_UP_TO(TEXT_BYTES_MAX);
static struct variable_time when;

static void put(void *arg, enum variable variable)
{
    (void)arg;
    if (1u << variable & VARIABLES_TIME)
        variable_put_time(&out, variable, &when);
    else
        buf_printf(&out, "<%d>", (int)variable);
}

static const char *replaced(const char *text, unsigned set)
{
    buf_clear(&out);
    variable_replace(&out, text, set, put, NULL);
    assert_int_equal(out.fault, BUF_SOUND);
    return out.bytes ? out.bytes : "";
}

static void variables_of_the_set_are_replaced(void **state)
{
    static const struct {
        const char *text;
        unsigned    set;
        const char *replaced;
    } rows[] = {
        { "", VARIABLES_NAMES, "" },
        { "[vhost]/[app]/[stream].x", VARIABLES_NAMES, "<0>/<1>/<2>.x" },
        { "[app][app]", VARIABLES_NAMES, "<1><1>" },
        { "[app]-[seq]-[duration]", VARIABLES_NAMES, "<1>-[seq]-[duration]" },
        { "[app]-[seq]-[duration]", VARIABLES_NAMES | 1 << VARIABLE_SEQ, "<1>-<10>-[duration]" },
        { "[APP] [ap [app [[app]] ]", VARIABLES_NAMES, "[APP] [ap [app [<1>] ]" },
        { "[", VARIABLES_NAMES, "[" },
        { "[app]", 0, "[app]" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(replaced(rows[i].text, rows[i].set), rows[i].replaced);
}

static void time_is_local_or_utc(void **state)
{
    static const char text[] = "[2006]-[01]-[02]T[15]:[04]:[05].[999] [timestamp]";
    (void)state;
    variable_time_init(&when, INT64_C(1704067509007999), true); /* 2024-01-01 00:05:09.007 UTC */
    assert_string_equal(replaced(text, VARIABLES_TIME), "2024-01-01T00:05:09.007 1704067509007");
    setenv("TZ", "UTC+3", 1); /* three hours west of Greenwich */
    tzset();
    variable_time_init(&when, INT64_C(1704067509007999), false);
    assert_string_equal(replaced(text, VARIABLES_TIME), "2023-12-31T21:05:09.007 1704067509007");
    unsetenv("TZ");
    tzset();
}

static int end_group(void **state)
{
    (void)state;
    buf_finish(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_of_the_set_are_replaced),
        cmocka_unit_test(time_is_local_or_utc),
    };
    return cmocka_run_group_tests(tests, NULL, end_group);
}
