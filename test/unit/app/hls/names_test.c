/* Names of a stream's files, by the directives of its vhost. */
#include "app/hls/names.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

#include "app/conf/conf.h"
#include "core/clock.h"
#include "core/mem.h"

static struct conf       conf;
static struct conf_vhost vhost;
static struct show       show;

static int setup(void **state)
{
    (void)state;
    conf = (struct conf){ .utc_time = true };
    vhost = (struct conf_vhost){ .name = "v",
                                 .hls = { .fragment_us = 2 * US_PER_SECOND,
                                          .path = "html",
                                          .m3u8_file = "[app]/[stream].m3u8",
                                          .ts_file = "[app]/[stream]-[seq].ts",
                                          .fmp4_file = "[app]/[stream]-[seq].m4s",
                                          .init_file = "[app]/[stream]/init.mp4",
                                          .key_file = "[app]/[stream]-[seq].key",
                                          .key_url = "",
                                          .fragments_per_key = 3 } };
    show = (struct show){ .conf = &conf, .vhost = &vhost, .app = "live", .stream = "cam", .label = "/live/cam" };
    return 0;
}

static void assert_name(struct err *e, char **name, const char *expected)
{
    assert_null(e);
    assert_string_equal(*name, expected);
    mem_free(*name);
    *name = NULL;
}

/* ---- names ---- */

static void each_file_has_the_name_of_its_directive(void **state)
{
    const struct segment s = { .number = 7, .duration_us = 2500 * US_PER_MS, .is_complete = true };
    char                *name = NULL;
    (void)state;
    assert_name(hls_name_playlist(&name, &show, ""), &name, "live/cam.m3u8");
    assert_name(hls_name_segment(&name, &show, "", &s), &name, "live/cam-7.ts");
    assert_name(hls_name_key(&name, &show, "", 6), &name, "live/cam-6.key");
    assert_name(hls_name_init(&name, &show, "", 1), &name, "live/cam/init.mp4");
    assert_name(hls_name_init(&name, &show, "", 12), &name, "live/cam/init-12.mp4");
    assert_name(hls_name_file(&name, &show, "live/cam-7.ts"), &name, "html/live/cam-7.ts");
    vhost.hls.use_fmp4 = true;
    assert_name(hls_name_segment(&name, &show, "", &s), &name, "live/cam-7.m4s");
}

static void keys_lie_in_their_own_folder(void **state)
{
    char *name = NULL;
    (void)state;
    vhost.hls.key_file_path = "keys";
    assert_name(hls_name_key_file(&name, &show, "live/cam-6.key"), &name, "keys/live/cam-6.key");
}

static void times_and_durations_are_in_the_name_once_they_are_known(void **state)
{
    struct segment s = { .number = 7, .duration_us = 2500 * US_PER_MS, .wall_us = INT64_C(1700000000123000) };
    char          *name = NULL;
    (void)state;
    vhost.hls.ts_file = "[timestamp]-[duration].ts";
    assert_name(hls_name_segment(&name, &show, "", &s), &name, "1700000000123-[duration].ts");
    s.is_complete = true;
    assert_name(hls_name_segment(&name, &show, "", &s), &name, "1700000000123-2500.ts");
    vhost.hls.ts_floor = true; /* two servers give the same name */
    s.wall_count = 850000000;
    assert_name(hls_name_segment(&name, &show, "", &s), &name, "850000000-2500.ts");
}

static void without_memory_there_is_an_error_and_no_name(void **state)
{
    char *name = NULL;
    (void)state;
    for (int n = 0;; n++) {
        mem_fail_after(n);
        struct err *e = hls_name_init(&name, &show, "", 2);
        mem_fail_after(-1);
        if (!e)
            break;
        assert_null(name);
        err_free(e);
    }
    assert_name(NULL, &name, "live/cam/init-2.mp4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_file_has_the_name_of_its_directive, setup),
        cmocka_unit_test_setup(keys_lie_in_their_own_folder, setup),
        cmocka_unit_test_setup(times_and_durations_are_in_the_name_once_they_are_known, setup),
        cmocka_unit_test_setup(without_memory_there_is_an_error_and_no_name, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
