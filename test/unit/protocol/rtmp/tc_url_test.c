#include "protocol/rtmp/tc_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"

static void the_app_completes_a_tcurl_without_a_path(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct { const char *tc_url, *app, *expected; } rows[] = {
        { "rtmp://h/live",               "other",        "rtmp://h/live" },
        { "rtmp://h/live/",              "other",        "rtmp://h/live/" },
        { "rtmp://h/live/123",           "live",         "rtmp://h/live/123" },
        { "rtmp://h/live?vhost=v",       "live",         "rtmp://h/live?vhost=v" },
        { "rtmp://h",                    "live",         "rtmp://h/live" },
        { "rtmp://h/",                   "live",         "rtmp://h/live" },
        { "rtmp://h//",                  "/live/",       "rtmp://h/live" },
        { " rtmp://h ",                  " live ",       "rtmp://h/live" },
        { "rtmp://h:1936",               "live/123",     "rtmp://h:1936/live/123" },
        { "rtmp://[::1]:1936",           "live",         "rtmp://[::1]:1936/live" },
        { "rtmp://[fe80::1]/",           "live",         "rtmp://[fe80::1]/live" },
        { "rtmp://h?vhost=v",            "live",         "rtmp://h/live?vhost=v" },
        { "rtmp://h/?vhost=v",           "live",         "rtmp://h/live?vhost=v" },
        { "rtmp://h?u=a/b",              "live",         "rtmp://h/live?u=a/b" },
        { "rtmp://h",                    "live?vhost=v", "rtmp://h/live?vhost=v" },
        { "rtmp://h?a=1",                "live?vhost=v", "rtmp://h/live?vhost=v&a=1" },
        { "rtmp://h",                    "live...vhost...v", "rtmp://h/live...vhost...v" },
        { "rtmp://h...vhost...v",        "live",         "rtmp://h/live...vhost...v" },
        { "rtmp://h",                    "",             "rtmp://h" },
        { "rtmp://h/",                   "",             "rtmp://h/" },
        { "",                            "live",         "rtmp://__defaultVhost__/live" },
        { "  ",                          "/live/",       "rtmp://__defaultVhost__/live" },
        { "",                            "live?vhost=v", "rtmp://__defaultVhost__/live?vhost=v" },
        /* a text that is no URL is not repaired */
        { "live",                        "live",         "live" },
        { "h/live",                      "live",         "h/live" },
        { "rtmp:/h",                     "live",         "rtmp:/h" },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char        got[RTMP_URL_MAX + 1];
        struct err *e =
            rtmp_tc_url_complete(got, rows[i].tc_url, strlen(rows[i].tc_url), rows[i].app, strlen(rows[i].app));
        if (e || strcmp(got, rows[i].expected) != 0)
            fail_msg("%s and %s: %s", rows[i].tc_url, rows[i].app, e ? "an error" : got);
    }
}

static void what_cannot_be_completed_is_refused(void **state)
{
    (void)state;
    char       longest[RTMP_URL_MAX + 1], got[RTMP_URL_MAX + 1];
    const char h[] = "rtmp://h/";
    memset(longest, 'x', sizeof longest);
    const struct {
        const char   *tc_url, *app;
        size_t        tc_url_len, app_len;
        enum err_code code;
    } rows[] = {
        { "", "", 0, 0, E_RTMP_REQ_CONNECT },
        { " ", " ", 1, 1, E_RTMP_REQ_CONNECT },
        { "rtmp://h\0x", "live", 10, 4, E_LIMIT },
        { "rtmp://h/a\0x", "live", 12, 4, E_LIMIT },
        { "rtmp://h", "li\0ve", 8, 5, E_LIMIT },
        { "rtmp://h/live", "li\0ve", 13, 5, E_SUCCESS }, /* it is not used */
        { longest, "live", RTMP_URL_MAX, 4, E_SUCCESS },
        { longest, "live", RTMP_URL_MAX + 1, 4, E_LIMIT },
        { h, longest, sizeof h - 1, RTMP_URL_MAX - sizeof h + 1, E_SUCCESS },
        { h, longest, sizeof h - 1, RTMP_URL_MAX - sizeof h + 2, E_LIMIT },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err *e = rtmp_tc_url_complete(got, rows[i].tc_url, rows[i].tc_url_len, rows[i].app, rows[i].app_len);
        if (err_code(e) != rows[i].code)
            fail_msg("row %zu: code %d", i, err_code(e));
        err_free(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_app_completes_a_tcurl_without_a_path),
        cmocka_unit_test(what_cannot_be_completed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
