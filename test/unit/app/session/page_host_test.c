/* The host in the URL that a client names as its page. */
#include <cmocka.h>
#include <string.h>

#include "app/session/page_host.h"
#include "core/attr.h"

static void a_host_is_found_as_browsers_find_it(void **state)
{
    static const struct {
        const char *url, *host;
    } rows[] = {
        { "https://github.com/a?b#c", "github.com" },
        { "https://github.com:8443", "github.com" },
        { "https://github.com@evil.example/", "evil.example" },
        { "https://a:b@c@evil.example:1/x@y", "evil.example" },
        { "https://evil.example\\@github.com/", "evil.example" },
        { "https://evil.example?@github.com/", "evil.example" },
        { "https://evil.example#@github.com/", "evil.example" },
        { "https://example.com./", "example.com" },
        { "http://[2001:db8::1]:8080/x", "[2001:db8::1]" },
        { "http://[2001:db8::1", "[2001:db8::1" },
        { "//example.com/x", "example.com" },
        { "example.com/x", "example.com" },
        { "https://", "" },
        { "null", "null" },
        { "", "" },
        { NULL, "" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char buf[PAGE_HOST_CAP];
        assert_string_equal(page_host(rows[i].url, buf), rows[i].host);
    }
}

static void a_long_host_is_cut(void **state)
{
    char url[2 * PAGE_HOST_CAP], buf[PAGE_HOST_CAP];
    (void)state;
    memset(url, 'a', sizeof url - 1);
    url[sizeof url - 1] = '\0';
    assert_int_equal(strlen(page_host(url, buf)), sizeof buf - 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_is_found_as_browsers_find_it),
        cmocka_unit_test(a_long_host_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
