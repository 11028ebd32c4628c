/* Features that a configuration asks for and that are not built: warnings with their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/conf_testing.h"
#include "app/conf/directive.h"
#include "app/conf/unbuilt.h"
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

static void the_environment_asks_as_a_file_does(void **state)
{
    char *const env[] = { "SRS_SRT_SERVER_ENABLED=on", NULL };
    (void)state;
    struct loaded l = load_with("listen 1935; daemon off; vhost v { }", env);
    must_load(&l, "environment");
    must_tell(&l, "srt_server is accepted but not built yet");
    unload(&l);
}

static void a_walk_finds_what_is_asked_for(void **state)
{
    static const char *const expected[] = {
        "SRT, -, t.conf:3",
        "RTSP, -, t.conf:1",
    };
    struct loaded             l = load_text("listen 1935; rtsp_server { enabled on; }\n"
                                                        "vhost a { srt { enabled on; } }\n"
                                                        "srt_server { enabled on; }\n");
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
    unload(&l);
}

static void paths_of_http(void **state)
{
    static const struct {
        const char *path, *feature;
    } rows[] = {
        { "/gb/v1/publish/", "the signalling of GB28181" },
    };
    static const char *const others[] = { "/",       "/live/a.flv", "/metrics", "/x/metrics",
                                          "/gb/v2/", "/consoles/",  "/m3u8",    "/live/a.m3u8" };
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
        cmocka_unit_test(the_environment_asks_as_a_file_does),
        cmocka_unit_test(a_walk_finds_what_is_asked_for),
        cmocka_unit_test(paths_of_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
