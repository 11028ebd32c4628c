/* Paths of URLs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/uri.h"

static void what_is_not_unreserved_is_encoded(void **state)
{
    static const struct {
        const char *path, *encoded;
    } rows[] = {
        { "", "" },
        { "live/cam-1_2.~x/video-", "live/cam-1_2.~x/video-" },
        { "a b", "a%20b" },
        { "a:b/c", "a%3Ab/c" },
        { "$Number$", "%24Number%24" },
        { "100%", "100%25" },
        { "?#&\"<>'", "%3F%23%26%22%3C%3E%27" },
        { "\xc3\xa9\xff\x01", "%C3%A9%FF%01" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = buf_up_to(1000);
        buf_text(&b, "/");
        uri_put_path(&b, rows[i].path);
        assert_string_equal(b.bytes + 1, rows[i].encoded);
        buf_finish(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_unreserved_is_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
