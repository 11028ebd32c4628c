/* Files of HLS that only viewers may have, by their paths. */
#include "app/hls/file_guard.h"

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/conf/conf_testing.h"
#include "core/attr.h"

#define RULES " security { enabled on; allow play 192.0.2.0/24; } "

static bool keeps_of(const char *directives, const char *path, const struct hls_viewer_stream *of)
{
    char text[1024];
    snprintf(text, sizeof text, "vhost v { %s }", directives);
    struct conf *conf = conf_of(text);
    bool         result = hls_file_guard_keeps(conf_find_vhost(conf, "v"), path, of);
    conf_unref(&conf);
    return result;
}

static bool keeps(const char *directives, const char *path)
{
    return keeps_of(directives, path, NULL);
}

static void files_of_the_templates_are_kept(void **state)
{
    static const char        hls[] = "hls { enabled on; hls_path /html; }" RULES;
    static const char *const kept[] = { "/html/live/cam.m3u8",           "/html/live/cam-0.ts",
                                        "/html/a/b/cam-12.ts",           "/html/live/cam-7.m4s",
                                        "/html/live/cam-7.key",          "/html/live/cam/init.mp4",
                                        "/html/live/a-b-c.ts",           "/html/live/cam/init-2.mp4",
                                        "/html/live/.audio-2/cam-7.key", "/html/live/cam/.video/init.mp4" };
    static const char *const free[] = {
        "/html/index.html",     "/html/cam.m3u8",       "/html/cam-0.ts", "/html/live/cam.ts",
        "/html/live/cam-.ts",   "/html2/live/cam-0.ts", "/html",          "/",
        "/other/live/cam.m3u8", "/html/live/.m3u8x"
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (!keeps(hls, kept[i]))
            fail_msg("%s is not kept", kept[i]);
    for (size_t i = 0; i < ARRAY_LEN(free); i++)
        if (keeps(hls, free[i]))
            fail_msg("%s is kept", free[i]);
}

static void templates_of_the_configuration_count(void **state)
{
    static const char hls[] = "hls { enabled on; hls_path /html/; hls_m3u8_file [vhost]/[app]/[stream]/index.m3u8;"
                              " hls_ts_file [vhost]/[app]/[stream]/[2006][01]/[seq]_[duration].ts; }" RULES;
    (void)state;
    assert_true(keeps(hls, "/html/v/live/cam/index.m3u8"));
    assert_true(keeps(hls, "/html/v/live/cam/202611/7_2000.ts"));
    assert_false(keeps(hls, "/html/w/live/cam/index.m3u8"));
    assert_false(keeps(hls, "/html/v/live/cam/202611/7.ts"));
}

static void a_relative_path_is_below_the_working_directory(void **state)
{
    char cwd[PATH_MAX], path[PATH_MAX + 32];
    (void)state;
    assert_non_null(getcwd(cwd, sizeof cwd));
    snprintf(path, sizeof path, "%s/objs/html/live/cam-0.ts", cwd);
    assert_true(keeps("hls { enabled on; hls_path ./objs//x/../html; }" RULES, path));
    assert_false(keeps("hls { enabled on; hls_path ./objs//x/../html; }" RULES, "/objs/html/live/cam-0.ts"));
}

static void files_are_files_where_nobody_is_refused(void **state)
{
    static const char *const directives[] = { "hls { enabled on; hls_path /html; }",
                                              "hls { enabled off; hls_path /html; }" RULES,
                                              "hls { enabled on; hls_path /html; hls_ctx off; }" RULES,
                                              "enabled off; hls { enabled on; hls_path /html; }" RULES };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(directives); i++)
        assert_false(keeps(directives[i], "/html/live/cam.m3u8"));
    assert_true(keeps("hls { enabled on; hls_path /html; } refer { enabled on; play a.test; }", "/html/live/cam.m3u8"));
}

static void keys_are_for_viewers_whether_or_not_there_are_rules(void **state)
{
    static const char hls[] = "hls { enabled on; hls_path /html; hls_keys on; }";
    static const char elsewhere[] =
        "hls { enabled on; hls_path /html; hls_keys on; hls_key_file_path /keys; hls_ts_ctx off; }";
    (void)state;
    assert_true(keeps(hls, "/html/live/cam-7.key"));
    assert_false(keeps(hls, "/html/live/cam-7.ts"));
    assert_true(keeps(elsewhere, "/keys/live/cam-7.key"));
    assert_false(keeps(elsewhere, "/html/live/cam-7.key"));
    assert_true(keeps("hls { enabled on; hls_path /html; }", "/html/live/cam-7.key")); /* of the time before a reload */
    assert_false(keeps("hls { enabled on; hls_path /html; hls_keys on; hls_ctx off; }", "/html/live/cam-7.key"));
}

static void the_servers_own_folder_is_for_nobody(void **state)
{
    static const char own[] = "/html/.hls/timeshift/v/live/cam.m3u8/1.index";
    (void)state;
    assert_true(keeps("hls { enabled on; hls_path /html; hls_ctx off; }", own));
    assert_true(keeps("hls { enabled off; hls_path /html; }", own));
    assert_true(keeps("hls { enabled off; hls_path /html/; }", "/html/.hls"));
    assert_false(keeps("hls { enabled on; hls_path /html; }", "/html/.hlsx"));
    assert_false(keeps("hls { enabled on; hls_path /other; }", own));
}

static void without_hls_ts_ctx_segments_are_files(void **state)
{
    static const char hls[] = "hls { enabled on; hls_path /html; hls_ts_ctx off; }" RULES;
    (void)state;
    assert_true(keeps(hls, "/html/live/cam.m3u8"));
    assert_true(keeps(hls, "/html/live/cam-7.key"));
    assert_false(keeps(hls, "/html/live/cam-7.ts"));
}

static void a_file_is_of_the_stream_that_its_name_tells(void **state)
{
    static const char                     hls[] = "hls { enabled on; hls_path /html; }" RULES;
    static const struct hls_viewer_stream cam = { "v", "live", "cam" };
    (void)state;
    assert_true(keeps_of(hls, "/html/live/cam-7.ts", &cam));
    assert_false(keeps_of(hls, "/html/live/other-7.ts", &cam));
    assert_false(keeps_of(hls, "/html/live2/cam-7.ts", &cam));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_the_templates_are_kept),
        cmocka_unit_test(templates_of_the_configuration_count),
        cmocka_unit_test(a_relative_path_is_below_the_working_directory),
        cmocka_unit_test(files_are_files_where_nobody_is_refused),
        cmocka_unit_test(keys_are_for_viewers_whether_or_not_there_are_rules),
        cmocka_unit_test(the_servers_own_folder_is_for_nobody),
        cmocka_unit_test(without_hls_ts_ctx_segments_are_files),
        cmocka_unit_test(a_file_is_of_the_stream_that_its_name_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
