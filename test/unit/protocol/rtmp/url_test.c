#include "protocol/rtmp/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "protocol/stream_name.h"

struct row {
    const char *tc_url, *stream; /* NULL: none yet */
    const char *schema, *host;
    int         port;
    const char *vhost, *app, *name, *param;
};

static void assert_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        struct rtmp_url   url;
        struct err       *e = rtmp_url_parse(&url, r->tc_url, r->stream);
        char              text[ERR_TEXT_MAX];
        if (e)
            fail_msg("%s + %s: %s", r->tc_url, r->stream, err_summary(e, text, sizeof text));
        bool same = strcmp(url.schema, r->schema) == 0 && strcmp(url.host, r->host) == 0 && url.port == r->port &&
                    strcmp(url.vhost, r->vhost) == 0 && strcmp(url.app, r->app) == 0 &&
                    strcmp(url.stream, r->name) == 0 && strcmp(url.param, r->param) == 0;
        if (!same)
            fail_msg("%s + %s: schema %s, host %s, port %d, vhost %s, app %s, stream %s, param %s", r->tc_url,
                     r->stream, url.schema, url.host, url.port, url.vhost, url.app, url.stream, url.param);
        if (url.has_port != (url.port != RTMP_PORT_DEFAULT || strstr(r->tc_url, ":1935")))
            fail_msg("%s: has_port %d", r->tc_url, url.has_port);
        rtmp_url_finish(&url);
    }
}

static void the_vhost_has_five_spellings(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        { "rtmp://h/live?vhost=v",        "s",         "rtmp", "h", 1935, "v", "live", "s", "?vhost=v" },
        { "rtmp://h/live?domain=v",       "s",         "rtmp", "h", 1935, "v", "live", "s", "?domain=v" },
        { "rtmp://h/live...vhost...v",    "s",         "rtmp", "h", 1935, "v", "live", "s", "?vhost=v" },
        { "rtmp://h/live?k=1...vhost...v","s",         "rtmp", "h", 1935, "v", "live", "s", "?k=1&vhost=v" },
        { "rtmp://h/live",                "s?vhost=v", "rtmp", "h", 1935, "v", "live", "s", "?vhost=v" },
        { "rtmp://v/live",                "s",         "rtmp", "v", 1935, "v", "live", "s", "" },
        { "rtmp://h/live?vhost=v/s",      "",          "rtmp", "h", 1935, "v", "live", "s", "?vhost=v" },
        { "rtmp://h/live?vhost=v/",       "s",         "rtmp", "h", 1935, "v", "live", "s", "?vhost=v/" },
        { "rtmp://h/live?vhost=&domain=v","s",         "rtmp", "h", 1935, "v", "live", "s", "?vhost=&domain=v" },
        { "rtmp://h/live?vhost=a",        "s?vhost=b", "rtmp", "h", 1935, "b", "live", "s", "?vhost=b" },
        /* the default vhost is no vhost */
        { "rtmp://h/live?vhost=__defaultVhost__",     "s", "rtmp", "h", 1935, "h", "live", "s", "" },
        { "rtmp://h/live?vhost=__defaultVhost__&k=1", "s", "rtmp", "h", 1935, "h", "live", "s", "?vhost=__defaultVhost__&k=1" },
        { "rtmp://h/live?domain=__defaultVhost__",    "s", "rtmp", "h", 1935, "h", "live", "s", "" },
        { "rtmp://h/live", "s?domain=__defaultVhost__",    "rtmp", "h", 1935, "h", "live", "s", "" },
    };
    /* clang-format on */
    assert_rows(rows, ARRAY_LEN(rows));
}

static void app_and_stream_are_split_at_the_last_slash(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        { "rtmp://h/live",               "s",        "rtmp",  "h", 1935, "h", "live",           "s",        "" },
        { "rtmp://h/live/",              "s",        "rtmp",  "h", 1935, "h", "live",           "s",        "" },
        { "rtmp://h//live//",            "/s/",      "rtmp",  "h", 1935, "h", "live",           "s",        "" },
        { "rtmp://h/live/show",          "s",        "rtmp",  "h", 1935, "h", "live/show",      "s",        "" },
        { "rtmp://h/live",               "show/s",   "rtmp",  "h", 1935, "h", "live/show",      "s",        "" },
        { "rtmp://h/live/_definst_",     "s",        "rtmp",  "h", 1935, "h", "live",           "s",        "" },
        { "rtmp://h/live/_definst_/x",   "s",        "rtmp",  "h", 1935, "h", "live/x",         "s",        "" },
        { "rtmp://h/live/_definst_x",    "s",        "rtmp",  "h", 1935, "h", "live/_definst_x","s",        "" },
        { "rtmp://h",                    "s",        "rtmp",  "h", 1935, "h", "__defaultApp__", "s",        "" },
        { "rtmp://h/",                   "s",        "rtmp",  "h", 1935, "h", "__defaultApp__", "s",        "" },
        { "rtmp://h/live",               "mp4:s",    "rtmp",  "h", 1935, "h", "live",           "mp4:s",    "" },
        { "rtmp://h/live",               "s.flv",    "rtmp",  "h", 1935, "h", "live",           "s.flv",    "" },
        { "rtmp://h/live",               " s t\r\n", "rtmp",  "h", 1935, "h", "live",           "st",       "" },
        { " rtmp://h/live ",             "s",        "rtmp",  "h", 1935, "h", "live",           "s",        "" },
        { "rtmp://h/live",               "d\xC3\xA9","rtmp",  "h", 1935, "h", "live",           "d\xC3\xA9","" },
        { "rtmps://h:443/live",          "s",        "rtmps", "h", 443,  "h", "live",           "s",        "" },
        { "rtmp://h:/live",              "s",        "rtmp",  "h", 1935, "h", "live",           "s",        "" },
        { "rtmp://u:p@h:19350/live",     "s",        "rtmp",  "h", 19350,"h", "live",           "s",        "" },
        { "rtmp://[::1]:1936/live",      "s",        "rtmp",  "::1", 1936, "::1", "live",       "s",        "" },
        { "rtmp://[fe80::1]/live",       "s",        "rtmp",  "fe80::1", 1935, "fe80::1", "live", "s",      "" },
        /* connect: no stream yet, and none is guessed */
        { "rtmp://h/live/show?k=v",      NULL,       "rtmp",  "h", 1935, "h", "live/show",      "",         "?k=v" },
    };
    /* clang-format on */
    assert_rows(rows, ARRAY_LEN(rows));
}

static void a_stream_that_is_not_named_is_guessed(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        { "rtmp://h/live/s",         "",       "rtmp", "h", 1935, "h", "live",   "s", "" },
        { "rtmp://h/a/b/s?k=v",      "",       "rtmp", "h", 1935, "h", "a/b",    "s", "?k=v" },
        { "rtmp://h/live/s",         "?k=v",   "rtmp", "h", 1935, "h", "live",   "s", "?k=v" },
        { "rtmp://h/live",           "",       "rtmp", "h", 1935, "h", "live",   "",  "" },
        { "rtmp://h/live?k=v",       "",       "rtmp", "h", 1935, "h", "live",   "",  "?k=v" },
        { "rtmp://h/live?t=a/b&k=v", "",       "rtmp", "h", 1935, "h", "live",   "",  "?t=a/b&k=v" },
        { "rtmp://h/live?k=v/s",     "",       "rtmp", "h", 1935, "h", "live",   "s", "?k=v" },
    };
    /* clang-format on */
    assert_rows(rows, ARRAY_LEN(rows));
}

static void parameters_are_put_together_once(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        { "rtmp://h/live?k=v",        "s",             "rtmp", "h", 1935, "h", "live", "s", "?k=v" },
        { "rtmp://h/live",            "s?k=v",         "rtmp", "h", 1935, "h", "live", "s", "?k=v" },
        { "rtmp://h/live?k=v",        "s?k=v",         "rtmp", "h", 1935, "h", "live", "s", "?k=v" },
        { "rtmp://h/live?k=1&x=2",    "s?k=3",         "rtmp", "h", 1935, "h", "live", "s", "?k=3&x=2" },
        { "rtmp://h/live?a=1",        "s?b=2&b=3",     "rtmp", "h", 1935, "h", "live", "s", "?b=2&b=3&a=1" },
        { "rtmp://h/live?a",          "s?b",           "rtmp", "h", 1935, "h", "live", "s", "?b&a" },
        /* byte for byte: a token may be signed over it */
        { "rtmp://h/live?&a=1&&",     "s?",            "rtmp", "h", 1935, "h", "live", "s", "?&a=1&&" },
        { "rtmp://h/live?a=1&&b=2",   "s",             "rtmp", "h", 1935, "h", "live", "s", "?a=1&&b=2" },
        { "rtmp://h/live?a=1&&b=2",   "s?k=v",         "rtmp", "h", 1935, "h", "live", "s", "?k=v&a=1&&b=2" },
        { "rtmp://h/live?a=1",        "s?k=v&&",       "rtmp", "h", 1935, "h", "live", "s", "?k=v&&&a=1" },
        /* a `/` in a value splits nothing, nor does another `?` */
        { "rtmp://h/live",            "s?t=a/b/c==",   "rtmp", "h", 1935, "h", "live", "s", "?t=a/b/c==" },
        { "rtmp://h/live?t=a/b",      "s",             "rtmp", "h", 1935, "h", "live", "s", "?t=a/b" },
        { "rtmp://h/live",            "s?u=x?y=z",     "rtmp", "h", 1935, "h", "live", "s", "?u=x?y=z" },
        { "rtmp://h/live",            "s?u=rtmp://a/b","rtmp", "h", 1935, "h", "live", "s", "?u=rtmp://a/b" },
        { "rtmp://h/live?k=v#one",    "s#two",         "rtmp", "h", 1935, "h", "live", "s", "?k=v#two" },
        { "rtmp://h/live#one",        "s",             "rtmp", "h", 1935, "h", "live", "s", "#one" },
        { "rtmp://h/live",            "s#a?b/c",       "rtmp", "h", 1935, "h", "live", "s", "#a?b/c" },
        { "rtmp://h?vhost=v",         "live/s",        "rtmp", "h", 1935, "v", "live", "s", "?vhost=v" },
    };
    /* clang-format on */
    assert_rows(rows, ARRAY_LEN(rows));
}

static void what_is_no_url_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char   *tc_url, *stream;
        enum err_code code;
    } rows[] = {
        { "", "s", E_RTMP_REQ_TCURL },
        { "live", "s", E_RTMP_REQ_TCURL },
        { "://h/live", "s", E_RTMP_REQ_TCURL },
        { "1rtmp://h/live", "s", E_RTMP_REQ_TCURL },
        { "rt mp://h/live", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h/li ve", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h/li\nve", "s", E_RTMP_REQ_TCURL },
        { "rtmp://", "s", E_RTMP_REQ_TCURL },
        { "rtmp:///live", "s", E_RTMP_REQ_TCURL },
        { "rtmp://:1935/live", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h:0/live", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h:65536/live", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h:99999999999999999999/live", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h:19a/live", "s", E_RTMP_REQ_TCURL },
        { "rtmp://[::1/live", "s", E_RTMP_REQ_TCURL },
        { "rtmp://[::1]x/live", "s", E_RTMP_REQ_TCURL },
        { "x?u=rtmp://h/live", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h/live", "s\x01", E_RTMP_REQ_TCURL },
        { "rtmp://h/live", "s\x7F", E_RTMP_REQ_TCURL },
        { "rtmp://h/../etc", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h/live", "../../s", E_RTMP_REQ_TCURL },
        { "rtmp://h/live", "..", E_RTMP_REQ_TCURL },
        { "rtmp://h/live?k=v/..", "", E_RTMP_REQ_TCURL },
        { "rtmp://../live", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h/live?vhost=..", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h/live", "s?vhost=../etc", E_RTMP_REQ_TCURL },
        { "rtmp://h/live", "%2e%2e", E_RTMP_REQ_TCURL },
        { "rtmp://h/%252e./live", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h/live", "s%00", E_RTMP_REQ_TCURL },
        { "rtmp://h/live", "%20", E_RTMP_REQ_TCURL },
        { "rtmp://h/%2520", "s", E_RTMP_REQ_TCURL },
        { "rtmp://h/live", "s%250as", E_RTMP_REQ_TCURL },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rtmp_url url;
        struct err     *e = rtmp_url_parse(&url, rows[i].tc_url, rows[i].stream);
        if (err_code(e) != rows[i].code)
            fail_msg("%s + %s: code %d", rows[i].tc_url, rows[i].stream, err_code(e));
        err_free(e);
        rtmp_url_finish(&url);
    }
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        int         n;
        const char *stream;
        bool        fits;
    } rows[] = {
        { "rtmp://", STREAM_VHOST_MAX, "s", true },           { "rtmp://", STREAM_VHOST_MAX + 1, "s", false },
        { "rtmp://h/", STREAM_NAME_MAX, "s", true },          { "rtmp://h/", STREAM_NAME_MAX + 1, "s", false },
        { "rtmp://h/l?vhost=", STREAM_VHOST_MAX, "s", true }, { "rtmp://h/l?vhost=", STREAM_VHOST_MAX + 1, "s", false },
        { "rtmp://h/l?k=", RTMP_URL_MAX - 13, "s", true },    { "rtmp://h/l?k=", RTMP_URL_MAX - 12, "s", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char            text[2 * RTMP_URL_MAX];
        struct rtmp_url url;
        int             at = snprintf(text, sizeof text, "%s", rows[i].before);
        memset(text + at, 'x', (size_t)rows[i].n);
        text[at + rows[i].n] = '\0';
        struct err *e = rtmp_url_parse(&url, text, rows[i].stream);
        assert_int_equal(err_code(e), rows[i].fits ? E_SUCCESS : E_LIMIT);
        err_free(e);
        rtmp_url_finish(&url);
    }
    char            name[STREAM_NAME_MAX + 2];
    struct rtmp_url url;
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    struct err *e = rtmp_url_parse(&url, "rtmp://h/live", name);
    assert_int_equal(err_code(e), E_LIMIT);
    err_free(e);
    rtmp_url_finish(&url);
}

static void survives_each_allocation_that_fails(void **state)
{
    (void)state;
    for (int n = 0;; n++) {
        struct rtmp_url url;
        mem_fail_after(n);
        struct err *e = rtmp_url_parse(&url, "rtmp://h/live?vhost=v", "s?k=v");
        bool        dealt = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(err_code(e), dealt ? E_NO_MEMORY : E_SUCCESS);
        err_free(e);
        rtmp_url_finish(&url);
        if (!dealt) {
            assert_true(n >= 2);
            break;
        }
    }
    struct rtmp_url zero = { 0 };
    rtmp_url_finish(&zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vhost_has_five_spellings),
        cmocka_unit_test(app_and_stream_are_split_at_the_last_slash),
        cmocka_unit_test(a_stream_that_is_not_named_is_guessed),
        cmocka_unit_test(parameters_are_put_together_once),
        cmocka_unit_test(what_is_no_url_is_refused),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(survives_each_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
