/* Which names of an app and a stream a path may have been made of. */
#include "app/segment/template_match.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/attr.h"

static bool fits(const char *template, const char *path)
{
    return template_match(template, "v", path, NULL, NULL);
}

static void paths_fit_their_templates(void **state)
{
    static const char *const good[][2] = { { "[app]/[stream].m3u8", "live/cam.m3u8" },
                                           { "[app]/[stream].m3u8", "a/b/cam.m3u8" },
                                           { "/[app]/[stream].m3u8", "live/cam.m3u8" },
                                           { "[vhost]/[app]/[stream]-[seq].ts", "v/live/cam-7.ts" },
                                           { "[app]/[stream]/[2006][01]-[seq].ts", "live/cam/202611-7.ts" },
                                           { "[stream]/[stream].ts", "cam/cam.ts" },
                                           { "all.m3u8", "all.m3u8" } };
    static const char *const bad[][2] = { { "[app]/[stream].m3u8", "cam.m3u8" },
                                          { "[app]/[stream].m3u8", "live/.m3u8" },
                                          { "[app]/[stream].m3u8", "live/cam.m3u8x" },
                                          { "[app]/[stream].m3u8", "" },
                                          { "[vhost]/[app]/[stream]-[seq].ts", "w/live/cam-7.ts" },
                                          { "[app]/[stream]-[seq].ts", "live/cam-.ts" },
                                          { "[stream]/[stream].ts", "cam/other.ts" },
                                          { "all.m3u8", "all.m3u" } };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (!fits(good[i][0], good[i][1]))
            fail_msg("%s does not fit %s", good[i][1], good[i][0]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (fits(bad[i][0], bad[i][1]))
            fail_msg("%s fits %s", bad[i][1], bad[i][0]);
}

static bool is_wanted(void *arg, const struct template_match_names *n)
{
    char text[64];
    snprintf(text, sizeof text, "%.*s %.*s", (int)n->app_len, n->app ? n->app : "", (int)n->stream_len,
             n->stream ? n->stream : "");
    return strcmp(text, arg) == 0;
}

static void all_names_that_may_be_meant_are_tried(void **state)
{
    static const char template[] = "[app]/[stream]-[seq].ts";
    (void)state;
    assert_true(template_match(template, "v", "a/b/c-d-7.ts", is_wanted, "a/b c-d"));
    assert_true(template_match(template, "v", "a/b/c-d-7.ts", is_wanted, "a/b c"));
    assert_true(template_match(template, "v", "a/b/c-d-7.ts", is_wanted, "a b/c-d"));
    assert_false(template_match(template, "v", "a/b/c-d-7.ts", is_wanted, "a/b c-"));
    assert_false(template_match(template, "v", "a/b/c-d-7.ts", is_wanted, "a c-d"));
    assert_true(template_match("x/[stream].ts", "v", "x/cam.ts", is_wanted, " cam"));
}

static void a_hostile_path_is_judged_quickly(void **state)
{
    char path[4000];
    (void)state;
    memset(path, '-', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_false(fits("[app]-[stream]-[seq]-[seq]-[seq]-[seq]-[seq]-[seq].ts", path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_fit_their_templates),
        cmocka_unit_test(all_names_that_may_be_meant_are_tried),
        cmocka_unit_test(a_hostile_path_is_judged_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
