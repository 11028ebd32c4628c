/* The files that RTMP players mean. */
#include <cmocka.h>
#include <string.h>

#include "app/vod/name.h"
#include "core/attr.h"

static void a_name_is_a_path_below_the_folder(void **state)
{
    static const struct {
        const char *app, *stream, *path;
        bool        is_file;
    } rows[] = {
        { "live", "x.flv", "live/x.flv", true },
        { "live", "x.mp4", "live/x.mp4", true },
        { "live", "x.1764486000.FLV", "live/x.1764486000.FLV", true },
        { "live", "mp4:x.mp4", "live/x.mp4", true },
        { "live", "mp4:x", "live/x.mp4", true },
        { "live", "mp4:x.m4v", "live/x.m4v", true },
        { "live", "flv:x", "live/x.flv", true },
        { "live", "x", "live/x.flv", false },
        { "live", "x.1", "live/x.1.flv", false },
        { "live/mp4:rec", "x", "live/rec/x.mp4", true },
        { "a/b", "c.flv", "a/b/c.flv", true },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct vod_name name;
        assert_true(vod_name_find(&name, rows[i].app, rows[i].stream));
        assert_string_equal(name.path, rows[i].path);
        assert_int_equal(name.is_file, rows[i].is_file);
    }
}

static void other_paths_are_refused(void **state)
{
    static char       large[VOD_NAME_MAX + 1];
    static const char names[][2][16] = {
        { "live", "../x.flv" }, { "..", "x.flv" },        { "live", "/x.flv" },   { "live/", "x.flv" },
        { "live", ".x.flv" },   { "live", "mp4:../x" },   { "live", "a//x.flv" }, { "live", "a/./x" },
        { "live", "mp4:" },     { "live", "" },           { ".git", "x.flv" },    { "mp4:..", "x" },
        { "live", "x.flv/" },   { "live", "flv:.x.flv" },
    };
    struct vod_name name;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_false(vod_name_find(&name, names[i][0], names[i][1]));
    memset(large, 'x', sizeof large - 1);
    assert_false(vod_name_find(&name, "live", large));
    large[VOD_NAME_MAX - 7] = 0; /* with the ending one too many */
    assert_false(vod_name_find(&name, "live", large));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_a_path_below_the_folder),
        cmocka_unit_test(other_paths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
