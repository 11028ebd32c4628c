/* The names of DASH files. */
#include "app/dash/names.h"

#include <cmocka.h>

#include "core/attr.h"
#include "core/mem.h"

static void segments_lie_beside_the_mpd(void **state)
{
    static const struct {
        const char *mpd_file, *stream, *mpd, *folder;
    } rows[] = {
        { "[app]/[stream].mpd", "s", "live/s.mpd", "live/s/" },
        { "[stream].mpd", "s", "s.mpd", "s/" },
        { "dash/[vhost]/[app]/[stream]/live.mpd", "s", "dash/v/live/s/live.mpd", "dash/v/live/s/s/" },
        { "/[app]/[stream].mpd", "s", "live/s.mpd", "live/s/" },
        { "all.mpd", "s", "all.mpd", "s/" },
        { "[app]/[stream].mpd", "a b$<\xc3\xa9", "live/a b$<\xc3\xa9.mpd", "live/a b$<\xc3\xa9/" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct conf_vhost vhost = { .name = "v", .dash.mpd_file = (char *)rows[i].mpd_file };
        struct show       show = { .vhost = &vhost, .app = "live", .stream = (char *)rows[i].stream };
        char             *mpd, *folder;
        assert_null(dash_names_make(&mpd, &folder, &show));
        assert_string_equal(mpd, rows[i].mpd);
        assert_string_equal(folder, rows[i].folder);
        mem_free(mpd);
        mem_free(folder);
    }
}

static void a_name_that_leads_out_is_refused(void **state)
{
    struct conf_vhost vhost = { .name = "v", .dash.mpd_file = "[app]/[stream].mpd" };
    struct show       show = { .vhost = &vhost, .app = "..", .stream = "s" };
    char             *mpd, *folder;
    struct err       *e = dash_names_make(&mpd, &folder, &show);
    (void)state;
    assert_non_null(e);
    assert_null(mpd);
    assert_null(folder);
    err_free(e);
}

static void init_segments_and_segments_have_numbers(void **state)
{
    static const struct {
        uint64_t    number;
        const char *init, *segment;
    } rows[] = { { 1, "live/s/video-init.mp4", "live/s/video-1.m4s" },
                 { 2, "live/s/video-init-2.mp4", "live/s/video-2.m4s" } };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *init = dash_names_init("live/s/", "video", rows[i].number);
        char *segment = dash_names_segment("live/s/", "video", rows[i].number);
        assert_string_equal(init, rows[i].init);
        assert_string_equal(segment, rows[i].segment);
        mem_free(init);
        mem_free(segment);
    }
}

static void files_are_recognised_by_their_paths(void **state)
{
    static const char *const has[] = {
        "/html/live/s.mpd",           "/html/live/s/video-init.mp4", "/html/live/s/video-init-2.mp4",
        "/html/live/s/video-7.m4s",   "/html/live/s/audio-init.mp4", "/html/live/s/audio-2-init.mp4",
        "/html/live/s/audio-2-7.m4s", "/html/a/b/s/audio-7.m4s"
    };
    static const char *const    others[] = { "/html/live/s.html",      "/html/s.mpd",       "/html/live/s/init.mp4",
                                             "/html/live/s/video.mp4", "/html/video-7.m4s", "/other/live/s.mpd" };
    struct conf_vhost           vhost = { .name = "v", .dash.mpd_file = "[app]/[stream].mpd", .dash.path = "/html" };
    const struct template_names any = { .vhost = "v" }, one = { "v", "live", "s" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(has); i++)
        if (!dash_names_has(&vhost, has[i], &any))
            fail_msg("%s is not recognised", has[i]);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (dash_names_has(&vhost, others[i], &any))
            fail_msg("%s is taken for a file of DASH", others[i]);
    assert_true(dash_names_has(&vhost, "/html/live/s/audio-2-7.m4s", &one));
    assert_false(dash_names_has(&vhost, "/html/live/t/audio-2-7.m4s", &one));
    vhost.dash.mpd_file = "dash/[vhost]/all.mpd";
    assert_true(dash_names_has(&vhost, "/html/dash/v/all.mpd", &any));
    assert_true(dash_names_has(&vhost, "/html/dash/v/s/video-0.m4s", &any));
    assert_false(dash_names_has(&vhost, "/html/dash/w/all.mpd", &any));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_lie_beside_the_mpd),
        cmocka_unit_test(a_name_that_leads_out_is_refused),
        cmocka_unit_test(init_segments_and_segments_have_numbers),
        cmocka_unit_test(files_are_recognised_by_their_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
