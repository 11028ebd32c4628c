/* Paths and queries, decoded. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "protocol/http/url.h"

static void a_path_is_decoded_and_its_dots_resolved(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "/", "/" },
        { "/live/s.flv", "/live/s.flv" },
        { "/a%20b", "/a b" },
        { "/%41%62%7a", "/Abz" },
        { "/%e4%BD%a0", "/\xe4\xbd\xa0" },
        { "/a/./b", "/a/b" },
        { "/a/../b", "/b" },
        { "/a/b/..", "/a/" },
        { "/a/b/.", "/a/b/" },
        { "/a/..", "/" },
        { "/a/%2e%2e/b", "/b" },
        { "/a/%2E./b", "/b" },
        { "/..a/b..", "/..a/b.." },
        { "/...", "/..." },
        { "/a//b", "/a//b" },
        { "/a//../b", "/a/b" },
        { "/a%25b", "/a%b" },
        { "/a+b", "/a+b" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[100];
        assert_true(http_path_decode(out, rows[i][0], strlen(rows[i][0])));
        assert_string_equal(out, rows[i][1]);
    }
}

static void a_path_that_climbs_above_the_root_or_hides_what_it_means_is_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",          "a",          "/..",         "/../",         "/../etc", "/a/../..",     "/a/../../b",
        "/%2e%2e/b", "/%2E%2e",    "/.%2e/x",     "/a/%2e%2e/..", "/a%2fb",  "/..%2f..%2fx", "/a%5cb",
        "/a\\b",     "/..\\..\\x", "/..%5c..%5c", "/a%00b",       "/%",      "/%4",          "/%4g",
        "/%zz",      "/a%",        "/%u0041",     "/%2",          "/./../x",
    };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char out[100];
        if (http_path_decode(out, paths[i], strlen(paths[i])))
            fail_msg("%s became %s", paths[i], out);
    }
}

static void a_path_is_encoded_so_that_it_decodes_to_itself(void **state)
{
    (void)state;
    static const char *const paths[] = { "/", "/a b/\xe4\xbd\xa0?#%\"<>", "/a+b;c=d,e@f:g", "/\x01\x7f" };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char encoded[100], decoded[100];
        assert_true(http_path_encode(encoded, sizeof encoded, paths[i]));
        assert_null(strpbrk(encoded, " ?#\"<>\r\n\x01\x7f"));
        assert_true(http_path_decode(decoded, encoded, strlen(encoded)));
        assert_string_equal(decoded, paths[i]);
    }
}

static void a_path_that_does_not_fit_is_not_encoded(void **state)
{
    (void)state;
    char out[8];
    assert_true(http_path_encode(out, sizeof out, "/abcd"));
    assert_false(http_path_encode(out, sizeof out, "/abcdefgh"));
    assert_false(http_path_encode(out, sizeof out, "/\x01\x01\x01"));
}

/* Split a query and write its pairs: "a=1&b" gives "a|1 b| ". */
static const char *split(const char *query)
{
    static char      out[400];
    char             text[200];
    struct http_pair pairs[10];
    size_t           n;
    assert_true(http_query_split(query, text, pairs, ARRAY_LEN(pairs), &n));
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        strcat(strcat(out, pairs[i].name), "|");
        strcat(strcat(out, pairs[i].value), " ");
    }
    return out;
}

static void a_query_is_split_at_ampersands_and_first_equals_signs_alone(void **state)
{
    (void)state;
    assert_string_equal(split(""), "");
    assert_string_equal(split("a=1&b=2"), "a|1 b|2 ");
    assert_string_equal(split("app=t==&vhost=v"), "app|t== vhost|v ");
    assert_string_equal(split("x=1,2;3&y=../../z"), "x|1,2;3 y|../../z ");
    assert_string_equal(split("a&b=&=c&&d"), "a| b| |c d| ");
    assert_string_equal(split("&&&"), "");
    assert_string_equal(split("a=%26%3d%20%2B+"), "a|&= ++ ");
    assert_string_equal(split("100%=50%&%zz=%4"), "100%|50% %zz|%4 ");
    assert_string_equal(split("a=b?c=d"), "a|b?c=d ");
}

static void too_many_parameters_and_a_nul_are_refused(void **state)
{
    (void)state;
    char             text[200];
    struct http_pair pairs[2];
    size_t           n;
    assert_true(http_query_split("a&b", text, pairs, 2, &n));
    assert_false(http_query_split("a&b&c", text, pairs, 2, &n));
    assert_false(http_query_split("a=%00", text, pairs, 2, &n));
    assert_false(http_query_split("a%00b=1", text, pairs, 2, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_decoded_and_its_dots_resolved),
        cmocka_unit_test(a_path_that_climbs_above_the_root_or_hides_what_it_means_is_refused),
        cmocka_unit_test(a_path_is_encoded_so_that_it_decodes_to_itself),
        cmocka_unit_test(a_path_that_does_not_fit_is_not_encoded),
        cmocka_unit_test(a_query_is_split_at_ampersands_and_first_equals_signs_alone),
        cmocka_unit_test(too_many_parameters_and_a_nul_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
