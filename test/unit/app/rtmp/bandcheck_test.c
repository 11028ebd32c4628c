/* The key of a bandwidth test in a tester's tcUrl. */
#include "app/rtmp/bandcheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_key_is_a_whole_parameter(void **state)
{
    static const struct {
        const char *url;
        bool        is_good;
    } rows[] = {
        { "rtmp://h/app?key=abc", true },
        { "rtmp://h/app?vhost=v&key=abc", true },
        { "rtmp://h/app?key=abc&vhost=v", true },
        { "rtmp://h:1935/app?key=abc/", true },
        { "rtmp://h/app?key=wrong&key=abc", true },
        { "rtmp://h/app", false },
        { "rtmp://h/app?key=", false },
        { "rtmp://h/app?key=ab", false },
        { "rtmp://h/app?key=abcd", false },
        { "rtmp://h/app?monkey=abc", false },
        { "rtmp://h/key=abc", false },
        { "rtmp://h/app?KEY=abc", false },
        { "key=abc", false },
        { "", false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (bandcheck_has_key(rows[i].url, "abc") != rows[i].is_good)
            fail_msg("%s", rows[i].url);
}

static void an_empty_key_is_asked_of_nobody(void **state)
{
    (void)state;
    assert_true(bandcheck_has_key("rtmp://h/app", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_is_a_whole_parameter),
        cmocka_unit_test(an_empty_key_is_asked_of_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
