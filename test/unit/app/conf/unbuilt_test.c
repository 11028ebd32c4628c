/* Features that a configuration asks for and that are not built: warnings with their place, and refusals where serving would be
 * unsafe or useless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/conf_testing.h"
#include "app/conf/directive.h"
#include "app/conf/unbuilt.h"
#include "app/session/access.h"
#include "core/attr.h"

static void a_built_feature_has_no_row(void **state)
{
    size_t                     count;
    const struct conf_unbuilt *rows = conf_unbuilt_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct conf_unbuilt *row = &rows[i];
        if (!row->directive)
            continue;
        const struct directive *block = conf_row_at(row->directive);
        const struct directive *in_it = block ? conf_row(block->children, row->name) : NULL;
        if (!in_it)
            fail_msg("%s has no %s", row->directive, row->name);
        if (block->state != CONF_LATER && in_it->state != CONF_LATER)
            fail_msg("%s of %s is built", row->name, row->directive);
    }
}

/* Assert that the vhost `v` refuses its clients because this feature is missing; "" means that it serves them. */
static void refuses(const char *vhost, const char *feature)
{
    struct loaded l = load_vhost(vhost);
    if (!l.conf)
        fail_msg("%s: %s", vhost, l.error);
    struct err *e = access_check_built(l.conf, &l.conf->vhosts[0]);
    char        text[ERR_TEXT_MAX] = "";
    if (err_code(e) != (*feature ? E_NOT_BUILT : E_SUCCESS))
        fail_msg("%s: code %d", vhost, (int)err_code(e));
    if (e && !strstr(err_text(e, text, sizeof text), feature))
        fail_msg("%s: %s", vhost, text);
    if (*feature && !conf_report_has(&l.report, "publishers and players are refused"))
        fail_msg("%s: nothing told", vhost);
    err_free(e);
    unload(&l);
}

static void what_is_unsafe_or_useless_is_refused(void **state)
{
    (void)state;
    refuses("cluster { mode remote; origin 127.0.0.1; token_traverse on; }", "token_traverse");
    refuses("cluster { token_traverse on; }", "token_traverse");
    refuses("mode remote; origin 127.0.0.1; token_traverse on;", "token_traverse"); /* the spelling of SRS 1 */
}

static void what_is_merely_missing_is_served(void **state)
{
    (void)state;
    refuses("cluster { mode local; token_traverse off; }", "");
    refuses("hls { enabled on; } dash { enabled on; } dvr { enabled on; } exec { enabled on; }", "");
    refuses("cluster { mode remote; origin 127.0.0.1; }", "");
    refuses("rtc { enabled on; } srt { enabled on; }", "");
}

static void the_environment_asks_as_a_file_does(void **state)
{
    char *const env[] = { "SRS_RTC_SERVER_ENABLED=on", NULL };
    (void)state;
    struct loaded l = load_with("listen 1935; daemon off; vhost v { }", env);
    must_load(&l, "environment");
    must_tell(&l, "rtc_server is accepted but not built yet");
    unload(&l);
}

static void allow_unbuilt_serves_and_still_tells(void **state)
{
    (void)state;
    struct loaded l = load_more("allow_unbuilt on; vhost v { cluster { token_traverse on; } }");
    must_load(&l, "allowed");
    assert_null(access_check_built(l.conf, &l.conf->vhosts[0]));
    must_tell(&l, "every client is served without that, as allow_unbuilt says, vhost v, at t.conf:2");
    unload(&l);
}

static void each_vhost_that_refuses_is_told_with_its_place(void **state)
{
    (void)state;
    struct loaded l = load_more("vhost a {\n cluster { token_traverse on; } }\n"
                                "vhost b {\n cluster { token_traverse on; } }\n"
                                "srt_server { enabled on; }\n");
    must_load(&l, "places");
    must_tell(&l,
              "vhost.cluster.token_traverse is accepted but not built yet: the origin is not asked who may publish and "
              "play, so publishers and players are refused (allow_unbuilt on; serves them without that), vhost a, at "
              "t.conf:3");
    must_tell(&l, "without that), vhost b, at t.conf:5");
    must_tell(&l, "srt_server is accepted but not built yet: its port is not opened, at t.conf:6");
    assert_int_equal(l.report.count, 3);
    unload(&l);
}

static void a_walk_finds_what_each_vhost_asks_for(void **state)
{
    static const char *const expected[] = {
        "WebRTC, -, t.conf:1",
        "cluster token_traverse, a, t.conf:3",
        "cluster token_traverse, c, t.conf:6",
    };
    struct loaded             l = load_text("listen 1935; rtc_server { enabled on; candidate 192.0.2.1; }\n"
                                                        "vhost a {\n  cluster { token_traverse on; } }\n"
                                                        "vhost b {\n"
                                                        "  cluster { token_traverse off; } }\n"
                                                        "vhost c { cluster { token_traverse on; } }\n");
    struct conf_unbuilt_walk  at = { 0 };
    struct conf_unbuilt_found found;
    size_t                    n = 0;
    (void)state;
    assert_int_equal(l.code, 0);
    while (conf_unbuilt_step(l.conf, &at, &found)) {
        char text[512];
        if (!found.row)
            continue;
        snprintf(text, sizeof text, "%s, %s, %s", found.row->feature, found.vhost ? found.vhost : "-", found.where);
        assert_true(n < ARRAY_LEN(expected));
        assert_string_equal(text, expected[n++]);
    }
    assert_int_equal(n, ARRAY_LEN(expected));
    assert_string_equal(conf_written(l.conf, "rtc_server", "candidate"), "192.0.2.1");
    assert_null(conf_written(l.conf, "rtc_server", "listen"));
    assert_null(conf_written(l.conf, "srt_server", "listen"));
    unload(&l);
}

static void paths_of_http(void **state)
{
    static const struct {
        const char *path, *feature;
    } rows[] = {
        { "/rtc/v1/whip/", "WebRTC" },
        { "/rtc/v1/play", "WebRTC" },
    };
    static const char *const others[] = { "/",        "/live/a.flv", "/metrics", "/x/metrics",
                                          "/rtc/v2/", "/consoles/",  "/m3u8",    "/live/a.m3u8" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct conf_unbuilt *row = conf_unbuilt_at(rows[i].path);
        if (!row)
            fail_msg("%s: no row", rows[i].path);
        assert_string_equal(row->feature, rows[i].feature);
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (conf_unbuilt_at(others[i]))
            fail_msg("%s has a row", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_built_feature_has_no_row),
        cmocka_unit_test(what_is_unsafe_or_useless_is_refused),
        cmocka_unit_test(what_is_merely_missing_is_served),
        cmocka_unit_test(the_environment_asks_as_a_file_does),
        cmocka_unit_test(allow_unbuilt_serves_and_still_tells),
        cmocka_unit_test(each_vhost_that_refuses_is_told_with_its_place),
        cmocka_unit_test(a_walk_finds_what_each_vhost_asks_for),
        cmocka_unit_test(paths_of_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
