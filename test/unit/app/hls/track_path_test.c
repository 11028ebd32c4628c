/* Tests for app/hls/track_path: the paths of renditions, and back. */
#include "app/hls/track_path.h"

#include <cmocka.h>
#include <string.h>

#include "app/segment/show.h"
#include "core/attr.h"
#include "core/mem.h"

static void a_track_has_a_folder_of_its_own(void **state)
{
    static const struct {
        const char *path, *track, *expected;
    } rows[] = {
        { "live/cam.m3u8", "audio-2", "live/.audio-2/cam.m3u8" },
        { "live/cam/init.mp4", "video", "live/cam/.video/init.mp4" },
        { "cam-7.ts", "audio", ".audio/cam-7.ts" },
        { "live/cam.m3u8", "", "live/cam.m3u8" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *path = mem_strdup(rows[i].path), track[HLS_TRACK_NAME_CAP] = "";
        assert_null(hls_track_path(&path, rows[i].track));
        assert_string_equal(path, rows[i].expected);
        assert_int_equal(hls_track_path_strip(path, track), *rows[i].track != '\0');
        assert_string_equal(path, rows[i].path);
        assert_string_equal(track, rows[i].track);
        mem_free(path);
    }
}

static void other_folders_stay(void **state)
{
    static const char *const paths[] = {
        "live/.audio-1/cam.m3u8",
        "live/.audio-02/cam.m3u8",
        "live/.audio-65/cam.m3u8",
        "live/.audio-2x/cam.m3u8",
        "live/.videos/cam.m3u8",
        "live/audio-2/cam.m3u8",
        "live/x.audio-2/cam.m3u8",
        ".hls/streams/x",
        ".audio-2",
        "live/.audio-2/x/cam.m3u8",
        "cam.m3u8",
        "",
        "live/.audio-4294967298/cam.m3u8",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char path[64];
        strcpy(path, paths[i]);
        assert_false(hls_track_path_strip(path, NULL));
        assert_string_equal(path, paths[i]);
    }
}

static void names_of_tracks_are_read_back(void **state)
{
    char     name[HLS_TRACK_NAME_CAP];
    unsigned track;
    (void)state;
    for (unsigned i = 0; i < SHOW_SOUNDS_MAX; i++) {
        hls_track_name(name, i);
        assert_true(hls_track_read(name, &track));
        assert_int_equal(track, i);
    }
    assert_false(hls_track_read("audio-65", &track));
    assert_false(hls_track_read("video", &track));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_track_has_a_folder_of_its_own),
        cmocka_unit_test(other_folders_stay),
        cmocka_unit_test(names_of_tracks_are_read_back),
    };
    return cmocka_run_group_tests_name("track_path", tests, NULL, NULL);
}
