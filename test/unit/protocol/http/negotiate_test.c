/* Conditions and encodings of requests; media types; the Basic scheme. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "protocol/http/basic_auth.h"
#include "protocol/http/mime.h"
#include "protocol/http/negotiate.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
enum { DATE_S = 784111777 };

static bool not_modified(const char *name, const char *value)
{
    const struct http_pair    fields[] = { { name, value } };
    const struct http_request r = { .fields = fields, .n_fields = 1 };
    return http_is_not_modified(&r, "\"abc\"", DATE_S);
}

static void a_client_that_has_the_version_is_told_so(void **state)
{
    (void)state;
    static const char *const lists[] = { "\"abc\"", "*", "W/\"abc\"", "\"x\", \"abc\"", "\"abc\",\"y\"", " \"abc\" " };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        assert_true(not_modified("If-None-Match", lists[i]));
    assert_true(not_modified("If-Modified-Since", DATE));
    assert_true(not_modified("if-modified-since", "Mon, 07 Nov 1994 08:49:37 GMT"));
}

static void a_client_that_has_another_version_gets_this_one(void **state)
{
    (void)state;
    static const char *const lists[] = { "", "\"abcd\"", "abc", "\"ab\", \"c\"", "\"x\"abc\"", "**", "W/", ",,," };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        assert_false(not_modified("If-None-Match", lists[i]));
    assert_false(not_modified("If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"));
    assert_false(not_modified("If-Modified-Since", "yesterday"));
    assert_false(not_modified("Accept", "*"));
}

static bool has_version(const char *name, const char *value)
{
    const struct http_pair    fields[] = { { name, value } };
    const struct http_request r = { .fields = fields, .n_fields = 1 };
    return http_has_version(&r, "\"abc\"");
}

static void a_date_tells_nothing_about_a_text_without_one(void **state)
{
    (void)state;
    assert_true(has_version("If-None-Match", "\"abc\"") && has_version("If-None-Match", "\"x\", W/\"abc\""));
    assert_false(has_version("If-None-Match", "\"x\"") || has_version("If-None-Match", ""));
    assert_false(has_version("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT") || has_version("Accept", "*"));
}

static void an_etag_goes_before_a_date(void **state)
{
    (void)state;
    const struct http_pair    fields[] = { { "If-Modified-Since", DATE }, { "If-None-Match", "\"old\"" } };
    const struct http_request r = { .fields = fields, .n_fields = 2 };
    assert_false(http_is_not_modified(&r, "\"abc\"", DATE_S));
}

static bool expected(const char *name, const char *value)
{
    const struct http_pair    fields[] = { { name, value } };
    const struct http_request r = { .fields = fields, .n_fields = 1 };
    return http_is_expected(&r, "\"abc\"", DATE_S);
}

static void a_client_may_want_this_version_and_no_other(void **state)
{
    (void)state;
    assert_true(expected("If-Match", "\"abc\"") && expected("If-Match", "\"x\", \"abc\"") && expected("If-Match", "*"));
    assert_false(expected("If-Match", "\"x\"") || expected("If-Match", "W/\"abc\"") || expected("If-Match", ""));
    assert_true(expected("If-Unmodified-Since", DATE) &&
                expected("If-Unmodified-Since", "Mon, 07 Nov 1994 08:49:37 GMT"));
    assert_false(expected("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"));
    assert_true(expected("If-Unmodified-Since", "tomorrow") && expected("Accept", "*"));
}

static bool applies(const char *value)
{
    const struct http_pair    fields[] = { { "If-Range", value } };
    const struct http_request r = { .fields = fields, .n_fields = value ? 1 : 0 };
    return http_range_applies(&r, "\"abc\"", DATE_S);
}

static void a_range_is_of_the_version_that_it_names(void **state)
{
    (void)state;
    assert_true(applies(NULL));
    assert_true(applies("\"abc\""));
    assert_true(applies(DATE));
    assert_false(applies("\"old\""));
    assert_false(applies("W/\"abc\"")); /* RFC 9110 13.1.5: a weak etag does not identify bytes */
    assert_false(applies("Sun, 06 Nov 1994 08:49:38 GMT"));
    assert_false(applies("Sun, 06 Nov 1994 08:49:36 GMT"));
    assert_false(applies("x"));
}

static void gzip_is_sent_to_clients_that_accept_it(void **state)
{
    (void)state;
    static const char *const yes[] = { "gzip", "gzip, deflate, br", "deflate;q=0.5, GZIP;q=0.1", "*",
                                       "identity, *;q=1" };
    static const char *const no[] = { NULL,    "",      "deflate", "gzip;q=0", "gzip;q=0.0, *",
                                      "*;q=0", "xgzip", "gzipx",   "br;q=1" };
    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        assert_true(http_accepts_gzip(yes[i]));
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        assert_false(http_accepts_gzip(no[i]));
}

static void a_media_type_is_that_of_the_ending_whatever_its_case(void **state)
{
    (void)state;
    assert_string_equal(http_mime_of("/live/s.flv")->type, "video/x-flv");
    assert_string_equal(http_mime_of("/live/S.FLV")->type, "video/x-flv");
    assert_string_equal(http_mime_of("/a.b/x.m3u8")->type, "application/vnd.apple.mpegurl");
    assert_string_equal(http_mime_of("/a.html/x")->type, "application/octet-stream");
    assert_string_equal(http_mime_of("/x.")->type, "application/octet-stream");
    assert_string_equal(http_mime_of("x.unheard-of")->type, "application/octet-stream");
    assert_string_equal(http_mime_of("index.html")->type, "text/html");
}

static void the_right_password_opens(void **state)
{
    (void)state;
    char field[HTTP_BASIC_AUTH_CAP];
    assert_true(http_basic_auth_write(field, "admin", "pass"));
    assert_string_equal(field, "Basic YWRtaW46cGFzcw==");
    static char longest[HTTP_BASIC_AUTH_MAX + 1];
    memset(longest, 'x', sizeof longest - 1);
    assert_true(http_basic_auth_write(field, longest, ""));
    assert_int_equal(strlen(field), HTTP_BASIC_AUTH_CAP - 1);
    assert_false(http_basic_auth_write(field, longest, "x"));
    assert_true(http_basic_auth_is("Basic YWRtaW46cGFzcw==", "admin", "pass"));
    assert_true(http_basic_auth_is("basic   YWRtaW46cGFzcw==", "admin", "pass"));
    assert_true(http_basic_auth_is("Basic YWRtaW46cDphOnM=", "admin", "p:a:s")); /* a ':' is part of the password */
    assert_true(http_basic_auth_is("Basic Og==", "", ""));
}

static void anything_else_does_not(void **state)
{
    (void)state;
    static const char *const fields[] = {
        NULL,
        "",
        "Basic",
        "Basic ",
        "Basic YWRtaW46cGFzcw",
        "Basic YWRtaW46cGFzcw== x",
        "Bearer YWRtaW46cGFzcw==",
        "BasicYWRtaW46cGFzcw==",
        "Basic YWRtaW46UEFTUw==",
        "Basic YWRtaW46cGFzcw==YWRtaW46cGFzcw==",
    };
    char longest[2 * HTTP_BASIC_AUTH_MAX];
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        assert_false(http_basic_auth_is(fields[i], "admin", "pass"));
    for (size_t i = 0; i < sizeof longest - 1; i++)
        longest[i] = 'x';
    longest[sizeof longest - 1] = '\0';
    assert_false(http_basic_auth_is("Basic eA==", longest, longest));
}

static void a_type_is_preferred_by_its_weight(void **state)
{
    static const struct {
        const char *accept;
        bool        is_preferred;
    } rows[] = {
        { "a/b", true },
        { "a/b, c/d", true },
        { "A/B;q=0.5;v=1 , c/d;q=0.4", true },
        { "c/d,a/b;x=1", true },
        { "a/b;q=0.3,a/b;q=0.9,c/d;q=0.5", true },
        { NULL, false },
        { "", false },
        { "*/*", false },
        { "a/*", false },
        { "c/d", false },
        { "a/b;q=0", false },
        { "a/bc", false },
        { "a/b;q=0.2,c/d", false },
        { ",;,", false },
        { "a/b;q=x", false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (http_prefers(rows[i].accept, "a/b", "c/d") != rows[i].is_preferred)
            fail_msg("%s", rows[i].accept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_is_preferred_by_its_weight),
        cmocka_unit_test(a_client_that_has_the_version_is_told_so),
        cmocka_unit_test(a_client_that_has_another_version_gets_this_one),
        cmocka_unit_test(a_date_tells_nothing_about_a_text_without_one),
        cmocka_unit_test(an_etag_goes_before_a_date),
        cmocka_unit_test(a_client_may_want_this_version_and_no_other),
        cmocka_unit_test(a_range_is_of_the_version_that_it_names),
        cmocka_unit_test(gzip_is_sent_to_clients_that_accept_it),
        cmocka_unit_test(a_media_type_is_that_of_the_ending_whatever_its_case),
        cmocka_unit_test(the_right_password_opens),
        cmocka_unit_test(anything_else_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
