/* Paths of the files of a stream, and their URIs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/segment/template.h"
#include "core/mem.h"

static struct template_names  names;
static struct template_values values;

static int begin_test(void **state)
{
    (void)state;
    names = (struct template_names){ .vhost = "v.example", .app = "live", .stream = "cam" };
    values = (struct template_values){
        .seq = 7, .wall_us = INT64_C(1704067509007999), .utc = true, .duration_ms = -1 /* 2024-01-01 00:05:09.007 */
    };
    return 0;
}

static const char *made(enum template_kind kind, const char *text)
{
    static char out[TEMPLATE_PATH_MAX + 1];
    char       *path;
    struct err *e = template_make(&path, kind, text, &names, &values);
    if (e) {
        assert_null(path);
        err_text(e, out, sizeof out);
        err_free(e);
    } else {
        snprintf(out, sizeof out, "%s", path);
    }
    mem_free(path);
    return out;
}

static void each_kind_has_its_variables(void **state)
{
    static const char text[] =
        "[vhost]/[app]/[stream]-[seq]-[duration]-[timestamp]-[2006][01][02]-[15][04][05].[999][url]";
    (void)state;
    assert_string_equal(made(TEMPLATE_PLAYLIST, text),
                        "v.example/live/cam-[seq]-[duration]-[timestamp]-[2006][01][02]-[15][04][05].[999][url]");
    assert_string_equal(made(TEMPLATE_KEY, text),
                        "v.example/live/cam-7-[duration]-[timestamp]-[2006][01][02]-[15][04][05].[999][url]");
    values.duration_ms = 9876;
    assert_string_equal(made(TEMPLATE_SEGMENT, text),
                        "v.example/live/cam-7-9876-1704067509007-20240101-000509.007[url]");
}

static void a_playlist_needs_no_values(void **state)
{
    char *path;
    (void)state;
    assert_null(template_make(&path, TEMPLATE_PLAYLIST, "[app]/[stream].m3u8", &names, NULL));
    assert_string_equal(path, "live/cam.m3u8");
    mem_free(path);
}

static void a_duration_that_is_not_known_stays(void **state)
{
    (void)state;
    assert_string_equal(made(TEMPLATE_SEGMENT, "[app]/[stream]-[seq]-[duration].ts"), "live/cam-7-[duration].ts");
    values.duration_ms = 0;
    assert_string_equal(made(TEMPLATE_SEGMENT, "[app]/[stream]-[seq]-[duration].ts"), "live/cam-7-0.ts");
}

static void with_ts_floor_the_timestamp_counts_fragments(void **state)
{
    (void)state;
    values.fragment_us = 10000000;
    assert_string_equal(made(TEMPLATE_SEGMENT, "[app]/[stream]-[timestamp].ts"), "live/cam-170406750.ts");
}

static void time_is_local_unless_utc(void **state)
{
    (void)state;
    values.utc = false;
    setenv("TZ", "UTC+3", 1); /* three hours west of Greenwich */
    tzset();
    assert_string_equal(made(TEMPLATE_SEGMENT, "[2006]/[01]/[02]/[15]-[seq].ts"), "2023/12/31/21-7.ts");
    unsetenv("TZ");
    tzset();
}

static void apps_with_slashes_are_folders(void **state)
{
    (void)state;
    names.app = "live/123";
    assert_string_equal(made(TEMPLATE_PLAYLIST, "[app]/[stream].m3u8"), "live/123/cam.m3u8");
    names.app = "//live//123//";
    names.stream = "a/b/";
    assert_string_equal(made(TEMPLATE_PLAYLIST, "/hls//[app]/[stream].m3u8"), "hls/live/123/a/b.m3u8");
    names.stream = "cam//";
    assert_string_equal(made(TEMPLATE_PLAYLIST, "././[stream].m3u8"), "cam.m3u8");
    assert_string_equal(made(TEMPLATE_PLAYLIST, "a/./b/.[stream].m3u8"), "a/b/.cam.m3u8"); /* the operator's dot */
}

static void hostile_names_are_refused(void **state)
{
    static const char *const hostile[] = { "..",        "../x",   "x/..", "x/../y",    ".",    "./x",
                                           ".htaccess", "x/.git", "/..",  "//..//etc", "a\nb", "a\x7f",
                                           "\x1b[0m",   "/.x/",   "...",  "..\\x" };
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        names.stream = hostile[i];
        if (!strstr(made(TEMPLATE_PLAYLIST, "[app]/[stream].m3u8"), "cannot be a part of a path"))
            fail_msg("%s: %s", hostile[i], made(TEMPLATE_PLAYLIST, "[app]/[stream].m3u8"));
        names.stream = "cam";
        names.app = hostile[i];
        if (!strstr(made(TEMPLATE_PLAYLIST, "[app]/[stream].m3u8"), "cannot be a part of a path"))
            fail_msg("%s: %s", hostile[i], made(TEMPLATE_PLAYLIST, "[app]/[stream].m3u8"));
        names.app = "live";
    }
}

static void dots_that_lead_nowhere_are_kept(void **state)
{
    (void)state;
    names.stream = "room..1";
    names.app = "live.d/x.";
    assert_string_equal(made(TEMPLATE_PLAYLIST, "[app]/[stream].m3u8"), "live.d/x./room..1.m3u8");
    names.stream = ".."; /* inside a step */
    assert_string_equal(made(TEMPLATE_PLAYLIST, "a/cam-[stream].m3u8"), "a/cam-...m3u8");
    names.stream = "x/../../y";
    assert_non_null(strstr(made(TEMPLATE_PLAYLIST, "a/cam-[stream].m3u8"), "cannot be a part of a path"));
}

static void a_template_and_a_name_make_no_step_upwards(void **state)
{
    (void)state;
    names.stream = "."; /* behind a dot of the template */
    assert_non_null(strstr(made(TEMPLATE_PLAYLIST, "[app]/.[stream]/x.m3u8"), "is no path of a file"));
    names.stream = "";
    assert_string_equal(made(TEMPLATE_PLAYLIST, "[app]/.[stream]/x.m3u8"), "live/x.m3u8");
    assert_non_null(strstr(made(TEMPLATE_PLAYLIST, "[stream]"), "the path of a file is empty"));
    assert_non_null(strstr(made(TEMPLATE_PLAYLIST, "[app]/[stream]"), "is no path of a file"));
}

static void long_names_are_an_error(void **state)
{
    static char name[3000], text[3000];
    (void)state;
    memset(name, 'n', TEMPLATE_STEP_MAX - 5); /* with .m3u8 exactly the limit */
    names.stream = name;
    assert_non_null(strstr(made(TEMPLATE_PLAYLIST, "[app]/[stream].m3u8"), "live/nnn"));
    memset(name, 'n', TEMPLATE_STEP_MAX - 4);
    assert_non_null(strstr(made(TEMPLATE_PLAYLIST, "[app]/[stream].m3u8"), "has 224 bytes, at most 223 are possible"));
    for (size_t i = 0; i + 2 < sizeof name; i += 2)
        memcpy(name + i, "d/", 2);
    name[sizeof name - 2] = 'd';
    assert_non_null(strstr(made(TEMPLATE_PLAYLIST, "[stream].m3u8"), "has more than 2048 bytes"));
    memset(text, 'x', sizeof text - 1);
    assert_non_null(strstr(made(TEMPLATE_PLAYLIST, text), "has more than 2048 bytes"));
}

static const char *tagged(const char *path, const char *tag)
{
    static char out[256];
    char       *text;
    struct err *e = template_tag(&text, path, tag);
    snprintf(out, sizeof out, "%s", e ? "error" : text);
    err_free(e);
    mem_free(text);
    return out;
}

static void a_tag_stands_before_the_extension(void **state)
{
    (void)state;
    assert_string_equal(tagged("live/cam/init.mp4", "video-2"), "live/cam/init-video-2.mp4");
    assert_string_equal(tagged("live.d/init", "1"), "live.d/init-1");
    assert_string_equal(tagged("live/.init", "1"), "live/.init-1");
    assert_string_equal(tagged("init.tar.gz", "1"), "init.tar-1.gz");
    assert_string_equal(tagged("a", "0123456789012345678901234"), "error");
}

static void folders_end_before_the_first_variable(void **state)
{
    (void)state;
    assert_int_equal(template_folders_len("./html/[app]/[stream].jpg"), 7);
    assert_int_equal(template_folders_len("/srv/x-[app]/s.jpg"), 5);
    assert_int_equal(template_folders_len("/srv/s.jpg"), 5);
    assert_int_equal(template_folders_len("[app]/s.jpg"), 0);
    assert_int_equal(template_folders_len(""), 0);
}

static void a_path_lies_below_its_directory(void **state)
{
    static const char *const rows[][3] = { { "./objs/html", "live/a.ts", "./objs/html/live/a.ts" },
                                           { "/srv/", "live/a.ts", "/srv/live/a.ts" },
                                           { "", "live/a.ts", "live/a.ts" } };
    static char              directory[TEMPLATE_FULL_MAX];
    char                    *full;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(template_below(&full, rows[i][0], rows[i][1]));
        assert_string_equal(full, rows[i][2]);
        mem_free(full);
    }
    memset(directory, 'd', sizeof directory - 1);
    struct err *e = template_below(&full, directory, "a");
    assert_int_equal(err_code(e), E_LIMIT);
    assert_null(full);
    err_free(e);
}

typedef void put_fn(struct buf *out, const char *prefix, const char *file, const char *playlist);

static void is_put(put_fn *put, const char *prefix, const char *file, const char *playlist, const char *expected)
{
    struct buf out = buf_up_to(1024);
    put(&out, prefix, file, playlist);
    assert_string_equal(out.bytes, expected);
    buf_finish(&out);
}

static void put_uri(struct buf *out, const char *prefix, const char *file, const char *playlist)
{
    (void)prefix;
    template_put_uri(out, file, playlist);
}

static void a_uri_is_relative_to_the_playlist(void **state)
{
    (void)state;
    is_put(put_uri, "", "live/cam-7.ts", "live/cam.m3u8", "cam-7.ts");
    is_put(put_uri, "", "live/cam/init.mp4", "live/cam.m3u8", "cam/init.mp4");
    is_put(put_uri, "", "cam-7.ts", "cam.m3u8", "cam-7.ts");
    is_put(put_uri, "", "ts/live/cam-7.ts", "live/cam.m3u8", "../ts/live/cam-7.ts");
    is_put(put_uri, "", "live/ts/cam-7.ts", "live/list/a/cam.m3u8", "../../ts/cam-7.ts");
    is_put(put_uri, "", "live/cam-7.ts", "live/cam/list.m3u8", "../cam-7.ts");
    is_put(put_uri, "", "livestream/a.ts", "live/cam.m3u8", "../livestream/a.ts");
    is_put(put_uri, "", "a:b #1?%\"-7.ts", "cam.m3u8", "a%3Ab%20%231%3F%25%22-7.ts");
    is_put(put_uri, "", "live/caf\xc3\xa9.ts", "live/x.m3u8", "caf%C3%A9.ts");
}

static void a_prefix_stands_for_the_root_or_for_the_directory(void **state)
{
    (void)state;
    is_put(template_put_entry, "", "live/cam-7.ts", "live/cam.m3u8", "cam-7.ts");
    is_put(template_put_entry, "http://cdn:8080", "live/cam-7.ts", "live/cam.m3u8", "http://cdn:8080/live/cam-7.ts");
    is_put(template_put_entry, "http://cdn/x/", "live/cam-7.ts", "live/cam.m3u8", "http://cdn/x/cam-7.ts");
    is_put(template_put_entry, "http://cdn", "cam-7.ts", "cam.m3u8", "http://cdn/cam-7.ts");
    is_put(template_put_entry, "http://cdn", "ts/cam 7.ts", "live/cam.m3u8", "http://cdn/ts/cam%207.ts");
}

static void a_key_has_its_url_or_lies_beside_the_playlist(void **state)
{
    (void)state;
    is_put(template_put_key, "", "live/cam-0.key", "live/cam.m3u8", "cam-0.key");
    is_put(template_put_key, "https://k/keys/", "live/cam-0.key", "live/cam.m3u8", "https://k/keys/live/cam-0.key");
    is_put(template_put_key, "https://k/get?n=", "live/cam-0.key", "live/cam.m3u8", "https://k/get?n=live/cam-0.key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_kind_has_its_variables, begin_test),
        cmocka_unit_test(folders_end_before_the_first_variable),
        cmocka_unit_test_setup(a_playlist_needs_no_values, begin_test),
        cmocka_unit_test_setup(a_duration_that_is_not_known_stays, begin_test),
        cmocka_unit_test_setup(with_ts_floor_the_timestamp_counts_fragments, begin_test),
        cmocka_unit_test_setup(time_is_local_unless_utc, begin_test),
        cmocka_unit_test_setup(apps_with_slashes_are_folders, begin_test),
        cmocka_unit_test_setup(hostile_names_are_refused, begin_test),
        cmocka_unit_test_setup(dots_that_lead_nowhere_are_kept, begin_test),
        cmocka_unit_test_setup(a_template_and_a_name_make_no_step_upwards, begin_test),
        cmocka_unit_test_setup(long_names_are_an_error, begin_test),
        cmocka_unit_test(a_tag_stands_before_the_extension),
        cmocka_unit_test(a_path_lies_below_its_directory),
        cmocka_unit_test(a_uri_is_relative_to_the_playlist),
        cmocka_unit_test(a_prefix_stands_for_the_root_or_for_the_directory),
        cmocka_unit_test(a_key_has_its_url_or_lies_beside_the_playlist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
