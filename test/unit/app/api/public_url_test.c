/* The part of a client's URL that pages of other sites may see. */
#include <cmocka.h>
#include <string.h>

#include "app/api/public_url.h"
#include "core/attr.h"

struct row {
    const char *url, *with_path, *without;
};

static void no_token_is_left(void **state)
{
    static const struct row rows[] = {
        { "", "", "" },
        { "rtmp://h:1935/live", "rtmp://h:1935/live", "rtmp://h:1935" },
        { "rtmp://h/live?token=SECRET", "rtmp://h/live", "rtmp://h" },
        { "rtmp://h?token=SECRET/live", "rtmp://h", "rtmp://h" },
        { "rtmp://h/live#SECRET", "rtmp://h/live", "rtmp://h" },
        { "rtmp://h/live&token=SECRET", "rtmp://h/live", "rtmp://h" },
        { "rtmp://h/live;jsessionid=SECRET", "rtmp://h/live", "rtmp://h" },
        { "rtmp://h/live...token...SECRET", "rtmp://h/live", "rtmp://h" },
        { "rtmp://h/live%3Ftoken=SECRET", "rtmp://h/live", "rtmp://h" },
        { "rtmp://user:SECRET@h/live", "rtmp://h/live", "rtmp://h" },
        { "rtmp://a@SECRET@h:1/live", "rtmp://h:1/live", "rtmp://h:1" },
        { "http://page.example/reset/SECRET", "http://page.example/reset/SECRET", "http://page.example" },
        { "https://[::1]:8/x", "https://[::1]:8/x", "https://[::1]:8" },
        { "?SECRET//x", "", "" },
        { "live", "live", "live" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char buf[PUBLIC_URL_CAP];
        assert_string_equal(public_url(rows[i].url, true, buf), rows[i].with_path);
        assert_string_equal(public_url(rows[i].url, false, buf), rows[i].without);
    }
}

static void a_long_one_is_cut(void **state)
{
    char url[2 * PUBLIC_URL_CAP], buf[PUBLIC_URL_CAP];
    (void)state;
    memset(url, 'a', sizeof url - 1);
    url[sizeof url - 1] = '\0';
    assert_int_equal(strlen(public_url(url, true, buf)), sizeof buf - 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_token_is_left),
        cmocka_unit_test(a_long_one_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
