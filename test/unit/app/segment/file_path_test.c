/* Paths of files, and the templates that give them. */
#include "app/segment/file_path.h"

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/attr.h"

static void paths_are_absolute_and_have_one_spelling(void **state)
{
    static const struct {
        const char *dir, *below, *path;
    } rows[] = {
        { "/html", "live/cam.ts", "/html/live/cam.ts" },
        { "/html/", "/live//cam.ts", "/html/live/cam.ts" },
        { "/a/./html/../b", "./x/../cam.ts", "/a/b/cam.ts" },
        { "/../..", "cam..ts", "/cam..ts" },
        { "/html", "../../cam.ts", "/cam.ts" },
        { "/html", ".../.cam", "/html/.../.cam" },
    };
    char path[FILE_PATH_CAP];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(file_path_make(path, rows[i].dir, rows[i].below));
        assert_string_equal(path, rows[i].path);
    }
}

static void a_relative_folder_is_in_the_working_directory(void **state)
{
    char cwd[PATH_MAX], wanted[PATH_MAX + 32], path[FILE_PATH_CAP];
    (void)state;
    assert_non_null(getcwd(cwd, sizeof cwd));
    snprintf(wanted, sizeof wanted, "%s/objs/html/cam.ts", cwd);
    assert_true(file_path_make(path, "./objs//x/../html", "cam.ts"));
    assert_string_equal(path, wanted);
}

static void a_path_that_is_too_long_is_none(void **state)
{
    char path[FILE_PATH_CAP], below[FILE_PATH_CAP];
    (void)state;
    memset(below, 'a', sizeof below - 1);
    below[sizeof below - 1] = '\0';
    assert_false(file_path_make(path, "/html", below));
    assert_false(file_path_final(path, "/html", below));
}

static void a_file_that_is_being_written_has_its_final_path(void **state)
{
    static const char *const names[] = { "cam-0.ts", "cam-0.ts.tmp", "cam-0.ts.temp" };
    char                     path[FILE_PATH_CAP];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_true(file_path_final(path, "/html", names[i]));
        assert_string_equal(path, "/html/cam-0.ts");
    }
    assert_true(file_path_final(path, "/html", "cam.tmp.tmp"));
    assert_string_equal(path, "/html/cam.tmp");
}

static void a_folder_has_what_is_below_it(void **state)
{
    (void)state;
    assert_true(file_path_is_in("/html/.hls", "/html/", ".hls"));
    assert_true(file_path_is_in("/html/.hls/a/b", "/html", ".hls/"));
    assert_false(file_path_is_in("/html/.hlsx", "/html", ".hls"));
    assert_false(file_path_is_in("/html", "/html", ".hls"));
    assert_false(file_path_is_in("/other/.hls", "/html", ".hls"));
}

static void variables_stand_for_names(void **state)
{
    static const struct template_names any = { .vhost = "v" }, cam = { "v", "live", "cam" };
    static const char                  text[] = "[vhost]/[app]/[stream]-[seq].ts";
    (void)state;
    assert_true(file_path_is_made_by("/html/v/live/cam-7.ts", "/html", text, &any));
    assert_true(file_path_is_made_by("/html/v/a/b/c-d-7.ts", "/html/", text, &any));
    assert_true(file_path_is_made_by("/html/v/live/cam-7.ts", "/html", text, &cam));
    assert_false(file_path_is_made_by("/html/v/live/other-7.ts", "/html", text, &cam));
    assert_false(file_path_is_made_by("/html/w/live/cam-7.ts", "/html", text, &any));
    assert_false(file_path_is_made_by("/html/v/live/cam-.ts", "/html", text, &any));
    assert_false(file_path_is_made_by("/html/v/live/cam-7.ts.txt", "/html", text, &any));
    assert_false(file_path_is_made_by("/html2/v/live/cam-7.ts", "/html", text, &any));
    assert_true(file_path_is_made_by("/html/a[b", "/html", "a[b", &any));
}

static void a_hostile_path_is_judged_quickly(void **state)
{
    static const struct template_names any = { .vhost = "v" };
    char                               path[FILE_PATH_CAP];
    (void)state;
    memset(path, '-', sizeof path - 1);
    memcpy(path, "/html/", 6);
    path[sizeof path - 1] = '\0';
    assert_false(file_path_is_made_by(
        path, "/html", "[app]-[stream]-[seq]-[seq]-[seq]-[seq]-[seq]-[seq]-[seq]-[seq]-[timestamp].ts", &any));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_absolute_and_have_one_spelling),
        cmocka_unit_test(a_relative_folder_is_in_the_working_directory),
        cmocka_unit_test(a_path_that_is_too_long_is_none),
        cmocka_unit_test(a_file_that_is_being_written_has_its_final_path),
        cmocka_unit_test(a_folder_has_what_is_below_it),
        cmocka_unit_test(variables_stand_for_names),
        cmocka_unit_test(a_hostile_path_is_judged_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
