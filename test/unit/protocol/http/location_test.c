/* URLs of HTTP resources, and references of redirects relative to them. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "loop.h"
#include "protocol/http/location.h"

static void urls_are_taken_apart(void **state)
{
    static const struct {
        const char *url;
        bool        tls;
        const char *host;
        int         port;
        const char *target, *authority;
    } rows[] = {
        { "http://a.example", false, "a.example", 80, "", "a.example" },
        { "http://a.example/", false, "a.example", 80, "/", "a.example" },
        { "HTTP://a.example:80/x/y.flv?k=v&l=w#top", false, "a.example", 80, "/x/y.flv?k=v&l=w", "a.example" },
        { "https://a.example/x", true, "a.example", 443, "/x", "a.example" },
        { "https://a.example:443/x", true, "a.example", 443, "/x", "a.example" },
        { "https://a.example:80/x", true, "a.example", 80, "/x", "a.example:80" },
        { "http://a.example:8085?k=v", false, "a.example", 8085, "?k=v", "a.example:8085" },
        { "http://127.0.0.1:8085/api/v1/servers", false, "127.0.0.1", 8085, "/api/v1/servers", "127.0.0.1:8085" },
        { "http://[2001:db8::7]:8085/x", false, "2001:db8::7", 8085, "/x", "[2001:db8::7]:8085" },
        { "http://[::1]/x", false, "::1", 80, "/x", "[::1]" },
        { "http://a.example/%20?x=%0d%0a", false, "a.example", 80, "/%20?x=%0d%0a", "a.example" },
        { "http://a.example/?a?b", false, "a.example", 80, "/?a?b", "a.example" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_location l;
        char                 authority[300];
        assert_null(http_location_parse(&l, rows[i].url));
        assert_int_equal(l.tls, rows[i].tls);
        assert_string_equal(l.host, rows[i].host);
        assert_int_equal(l.port, rows[i].port);
        assert_int_equal(l.target_len, strlen(rows[i].target));
        assert_memory_equal(l.target, rows[i].target, l.target_len);
        assert_string_equal(http_location_authority(&l, authority, sizeof authority), rows[i].authority);
    }
}

static void what_is_no_such_url_is_refused(void **state)
{
    static const char *const urls[] = { "",
                                        "/",
                                        "x",
                                        "a.example/x",
                                        "//a.example/x",
                                        "http:",
                                        "http://",
                                        "http:///x",
                                        "ftp://a.example/",
                                        "rtmp://a.example/live/s",
                                        "http://a.example:0/",
                                        "http://a.example:65536/",
                                        "http://a.example:x/",
                                        "http://user:pw@a.example/",
                                        "http://a.example/ x",
                                        "http://a.example/\r\nX: y",
                                        "http://a.example/\x7f",
                                        "http://a.example/\xc3\xa4",
                                        "http://a\nb/",
                                        "http://[::1/x" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct http_location l;
        if (code_of(http_location_parse(&l, urls[i])) != E_HTTP_PARSE_URI)
            fail_msg("%s", urls[i]);
    }
}

static void a_url_has_its_bounds(void **state)
{
    (void)state;
    static char          url[HTTP_URL_MAX + 2];
    struct http_location l;
    memset(url, 'a', sizeof url - 1);
    memcpy(url, "http://h/", 9);
    assert_int_equal(code_of(http_location_parse(&l, url)), E_HTTP_PARSE_URI);
    url[HTTP_URL_MAX] = '\0';
    assert_null(http_location_parse(&l, url));
    assert_int_equal(l.target_len, HTTP_URL_MAX - 8);

    memset(url, 'a', HTTP_URL_MAX);
    memcpy(url, "http://", 7);
    url[7 + HTTP_URL_HOST_MAX + 1] = '\0';
    assert_int_equal(code_of(http_location_parse(&l, url)), E_HTTP_PARSE_URI);
    url[7 + HTTP_URL_HOST_MAX] = '\0';
    assert_null(http_location_parse(&l, url));
}

static void redirects_are_relative_to_what_was_asked_for(void **state)
{
    static const char *const rows[][3] = {
        { "http://a.example/x/y.flv?k=v", "https://b.example/z", "https://b.example/z" },
        { "http://a.example/x/y.flv?k=v", "//b.example:81/z", "http://b.example:81/z" },
        { "https://a.example:8088/x/y.flv", "/z?l", "https://a.example:8088/z?l" },
        { "http://[::1]:8080/x/y.flv?k=v", "z.flv", "http://[::1]:8080/x/z.flv" },
        { "http://a.example/x/y.flv?k=v", "z/t.flv", "http://a.example/x/z/t.flv" },
        { "http://a.example/x/y.flv?k=v", "?l=w", "http://a.example/x/y.flv?l=w" },
        { "http://a.example/x/y.flv?k=v", "", "http://a.example/x/y.flv?k=v" },
        { "http://a.example/x/y.flv?k=v", "#f", "http://a.example/x/y.flv?k=v#f" },
        { "http://a.example", "z", "http://a.example/z" },
        { "http://a.example?k=v", "z", "http://a.example/z" },
        { "http://a.example?k=v", "?l=w", "http://a.example/?l=w" },
        { "http://a.example/x?k=/v", "z", "http://a.example/z" },
        { "http://a.example/x", "javascript:x", "javascript:x" }, /* http_location_parse() refuses it */
        { "http://a.example/x", "y:z/", "y:z/" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char url[HTTP_URL_MAX + 1];
        assert_null(http_location_resolve(rows[i][0], rows[i][1], url));
        assert_string_equal(url, rows[i][2]);
    }
}

static void a_redirect_beyond_the_bound_is_refused(void **state)
{
    (void)state;
    static char reference[HTTP_URL_MAX + 1];
    char        url[HTTP_URL_MAX + 1];
    memset(reference, '/', sizeof reference - 1);
    reference[1] = 'x';
    assert_int_equal(code_of(http_location_resolve("http://a.example/", reference, url)), E_HTTP_PARSE_URI);
    assert_int_equal(code_of(http_location_resolve("nowhere", "/x", url)), E_HTTP_PARSE_URI);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(what_is_no_such_url_is_refused),
        cmocka_unit_test(a_url_has_its_bounds),
        cmocka_unit_test(redirects_are_relative_to_what_was_asked_for),
        cmocka_unit_test(a_redirect_beyond_the_bound_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
