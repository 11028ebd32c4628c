/* The example files in conf/ load without a warning that would puzzle a user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>

#include "app/conf/conf_testing.h"
#include "core/str.h"

/* True for files that a server does not start with: the reference of all directives, a part that other files include, and nginx's. */
static bool is_part(const char *name)
{
    return strcmp(name, "full.conf") == 0 || strcmp(name, "include.vhost.conf") == 0 ||
           strcmp(name, "hls.edge.conf") == 0 || strcmp(name, "http.flv.live.nginx.conf") == 0;
}

static struct loaded load_example(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "conf/%s", name);
    return load_source((struct conf_source){ .path = path });
}

static void every_example_loads(void **state)
{
    int            n = 0;
    DIR           *dir = opendir("conf"); /* the tests run at the top of the sources */
    struct dirent *entry;
    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        if (!str_ends_with(entry->d_name, ".conf") || is_part(entry->d_name))
            continue;
        struct loaded l = load_example(entry->d_name);
        if (!l.conf)
            fail_msg("%s: %s", entry->d_name, l.error);
        if (l.report.count && strcmp(entry->d_name, "compatible.conf") != 0) {
            print_report(&l.report);
            fail_msg("%s has something to say", entry->d_name);
        }
        unload(&l);
        n++;
    }
    closedir(dir);
    assert_true(n >= 16);
}

static void they_show_what_they_are_named_for(void **state)
{
    (void)state;
    struct loaded l = load_example("srs.conf");
    assert_true(l.conf->daemon);
    assert_string_equal(l.conf->listen.items[0], "1935");
    assert_non_null(conf_find_vhost(l.conf, "any.example.com"));
    unload(&l);

    l = load_example("console.ipv46.conf");
    assert_int_equal(l.conf->listen.count, 2);
    unload(&l);

    l = load_example("include.conf");
    assert_int_equal(l.conf->vhosts[0].play.queue_length_us, 10000000);
    unload(&l);

    l = load_example("realtime.conf");
    assert_true(l.conf->vhosts[0].min_latency);
    assert_false(l.conf->vhosts[0].play.gop_cache);
    unload(&l);

    l = load_example("hls.realtime.conf");
    assert_int_equal(l.conf->vhosts[0].hls.fragment_us, 2000000);
    assert_int_equal(l.conf->vhosts[0].hls.window_us, 10000000);
    unload(&l);

    l = load_example("hls.ll.conf");
    assert_true(l.conf->vhosts[0].hls.ll);
    unload(&l);

    l = load_example("hls.variants.conf");
    assert_int_equal(l.conf->vhosts[0].hls.variants.count, 3);
    unload(&l);

    l = load_example("hls.timeshift.conf");
    assert_int_equal(l.conf->vhosts[0].hls.timeshift_us / 1000000, 4 * 3600);
    unload(&l);

    l = load_example("hls.origin.conf");
    assert_false(l.conf->vhosts[0].hls.ctx || l.conf->vhosts[0].hls.ts_ctx);
    unload(&l);

    l = load_example("compatible.conf");
    assert_int_equal(l.conf->vhosts[0].publish.normal_timeout_us, 7000000);
    assert_true(l.conf->vhosts[1].refer.enabled);
    assert_true(conf_report_has(&l.report, "transform: vhost.mw_latency to vhost.play.mw_latency"));
    unload(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_loads),
        cmocka_unit_test(they_show_what_they_are_named_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
