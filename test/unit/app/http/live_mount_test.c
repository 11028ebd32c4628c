/* The stream that a path means. */
#include "app/http/live_mount.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/attr.h"

#define DEFAULT "[vhost]/[app]/[stream].flv"

/* The stream that a mount finds for a path, as "app stream ext"; "" for none. */
static const char *found(const char *mount, const char *vhost, const char *host, const char *path)
{
    static char      text[256];
    struct live_path p;
    if (!live_mount_match(mount, vhost, host, path, &p))
        return "";
    snprintf(text, sizeof text, "%.*s %.*s %s", (int)p.app.len, p.app.text, (int)p.stream.len, p.stream.text, p.ext);
    return text;
}

static void paths_become_streams(void **state)
{
    (void)state;
    static const struct {
        const char *mount, *vhost, *host, *path, *found;
    } cases[] = {
        { DEFAULT, "__defaultVhost__", "127.0.0.1", "/live/cam1.flv", "live cam1 .flv" },
        { DEFAULT, "example.com", "example.com", "/live/cam1.flv", "live cam1 .flv" },
        { DEFAULT, "__defaultVhost__", "", "/live/cam1.mp4", "live cam1 .mp4" },
        /* the last dot is the extension's: names keep the others */
        { DEFAULT, "v", "v", "/live/room.1.flv", "live room.1 .flv" },
        { DEFAULT, "v", "v", "/live.d/s", "live.d s " },
        { DEFAULT, "v", "v", "/live/a b=c,d.flv", "live a b=c,d .flv" },
        /* an app may have slashes, a stream has none */
        { DEFAULT, "v", "v", "/live/show/cam1.flv", "live/show cam1 .flv" },
        { DEFAULT, "v", "v", "/a/b/c/d/cam1.flv", "a/b/c/d cam1 .flv" },
        { DEFAULT, "v", "v", "/cam1.flv", "" },
        { DEFAULT, "v", "v", "/", "" },
        { DEFAULT, "v", "v", "/live/", "" },
        { DEFAULT, "v", "v", "/live/.flv", "" },
        { DEFAULT, "v", "v", "//cam1.flv", "" },
        /* a vhost in the path is a folder like any other */
        { DEFAULT, "example.com", "example.com", "/example.com/live/cam1.flv", "example.com/live cam1 .flv" },
        /* the host of the template */
        { "__defaultVhost__/[app]/[stream].ts", "__defaultVhost__", "anything", "/live/s.ts", "live s .ts" },
        { "/[app]/[stream].ts", "v", "anything", "/live/s.ts", "live s .ts" },
        { "example.com/[app]/[stream].flv", "v", "EXAMPLE.com", "/live/s.flv", "live s .flv" },
        { "example.com/[app]/[stream].flv", "v", "example.org", "/live/s.flv", "" },
        { "example.com", "v", "example.com", "/", "" },
        { "", "v", "", "/live/s.flv", "" },
        /* other templates */
        { "[vhost]/http/[app]/[stream].flv", "v", "v", "/http/live/s.flv", "live s .flv" },
        { "[vhost]/http/[app]/[stream].flv", "v", "v", "/https/live/s.flv", "" },
        { "/[vhost]/[app]/[stream].flv", "v.org", "x", "/v.org/live/s.flv", "live s .flv" },
        { "/[vhost]/[app]/[stream].flv", "v.org", "x", "/w.org/live/s.flv", "" },
        { "[vhost]/[app]-[stream].mp3", "v", "v", "/a-b-c.mp3", "a-b c .mp3" },
        { "[vhost]/[app]-[stream].mp3", "v", "v", "/ab.mp3", "" },
        { "[vhost]/[app]/[stream]_hd.flv", "v", "v", "/live/s_hd.flv", "live s .flv" },
        { "[vhost]/[app]/[stream]_hd.flv", "v", "v", "/live/s.flv", "" },
        { "[vhost]/live/[stream].flv", "v", "v", "/live/s.flv", "live s .flv" },
        { "[vhost]/live/show/[stream].flv", "v", "v", "/live/show/s.flv", "live/show s .flv" },
        { "[vhost]/radio/main.mp3", "v", "v", "/radio/main.mp3", "radio main .mp3" },
        { "[vhost]/radio/main.mp3", "v", "v", "/radio/other.mp3", "" },
        { "[vhost]/[stream].flv", "v", "v", "/s.flv", " s .flv" }, /* the template has no [app] */
        { "[vhost]/[stream].flv", "v", "v", "/live/s.flv", "" },
        { "[vhost]/x/[app]/[stream].flv", "v", "v", "/x/live/7/s.flv", "live/7 s .flv" },
        { "[vhost]/[app]/x/[stream].flv", "v", "v", "/live/7/x/s.flv", "live/7 s .flv" },
        { "[vhost]/[app]/[stream", "v", "v", "/live/[stream", "live [stream " },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(found(cases[i].mount, cases[i].vhost, cases[i].host, cases[i].path), cases[i].found);
}

static void the_template_has_an_extension(void **state)
{
    (void)state;
    assert_string_equal(live_mount_ext(DEFAULT), ".flv");
    assert_string_equal(live_mount_ext("[vhost]/[app]/[stream].x.ts"), ".ts");
    assert_string_equal(live_mount_ext("[vhost]/a.b/[stream]"), "");
    assert_string_equal(live_mount_ext("example.com"), ".com");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_become_streams),
        cmocka_unit_test(the_template_has_an_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
