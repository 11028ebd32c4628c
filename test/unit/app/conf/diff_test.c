/* The changes that a reload reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/conf_testing.h"
#include "app/conf/diff.h"
#include "core/mem.h"

struct diff_row {
    const char *before, *now;
    const char *text; /* text of the only change; NULL: there is none */
    bool        restart;
};

static void says_what_changes(void **state)
{
    /* clang-format off */
    static const struct diff_row rows[] = {
        { "", "", NULL, false },
        { "", "vhost v { }",                                "vhost v: added (applied at once)", false },
        { "vhost v { } vhost w { }", "vhost w { }",         "vhost v: removed (applied at once)", false },
        { "vhost v { } vhost w { }", "vhost w { } vhost v { }", NULL, false },
        { "max_connections 5;", "max_connections 6;",       "max_connections: 5 -> 6 (counts from the next use)", false },
        { "", "max_connections 6;",                         "max_connections: 1000 -> 6 (counts from the next use)", false },
        { "max_connections 1000;", "",                      NULL, false },
        { "max_connections 1000;", "max_connections 1000x;", NULL, false }, /* the same meaning */
        { "srs_log_level warn;", "srs_log_level error;",    "srs_log_level: warn -> error (applied at once)", false },
        { "pid a;", "pid b;",                               "pid: a -> b (needs a restart)", true },
        { "server_id a;", "",                               "server_id: a -> none (needs a restart)", true },
        { "vhost v { play { gop_cache on; } }", "vhost v { play { gop_cache off; } }",
          "vhost v play.gop_cache: on -> off (applied at once)", false },
        { "vhost v { play { gop_cache on; } }", "vhost v { }", NULL, false },
        { "vhost v { gop_cache off; }", "vhost v { play { gop_cache off; } }", NULL, false },
        { "vhost v { play { mw_latency 350; } }", "vhost v { }", /* the default value, but no longer written by the user */
          "vhost v play.mw_latency: 350 -> 350 (applied at once)", false },
        { "vhost v { tcp_nodelay on; }", "vhost v { tcp_nodelay yes; }",
          "vhost v tcp_nodelay: on -> off (applied at once)", false },
        { "vhost v { refer { all a; } }", "vhost v { refer { all a b; } }",
          "vhost v refer.all: a -> a b (counts from the next use)", false },
        { "vhost v { refer { all a; } }", "vhost v { refer { all; } }",
          "vhost v refer.all: a -> none (counts from the next use)", false },
        { "vhost v { refer { } }", "vhost v { refer { all; } }",
          "vhost v refer.all: none -> none (counts from the next use)", false },
        { "vhost v { security { allow play all; } }", "vhost v { security { allow play all; allow publish all; } }",
          "vhost v security.allow: changed (counts from the next use)", false },
        { "vhost v { hls { hls_fragment 2; } }", "vhost v { hls { hls_fragment 2.5; } }",
          "vhost v hls.hls_fragment: 2 -> 2.5 (applied at once)", false },
        { "vhost v { hls { hls_timeshift 1h; } }", "vhost v { hls { hls_timeshift 90m; } }",
          "vhost v hls.hls_timeshift: 1h -> 90m (applied at once)", false },
        { "vhost v { dvr { dvr_duration 2; } }", "vhost v { dvr { dvr_duration 3; } }",
          "vhost v dvr.dvr_duration: 2 -> 3 (applied at once)", false },
        { "vhost v { cluster { origin_cluster on; } }", "vhost v { cluster { origin_cluster off; } }",
          "vhost v cluster.origin_cluster: on -> off (applied at once)", false },
        { "vhost v { transcode { enabled on; } }", "vhost v { transcode { enabled off; } }",
          "vhost v transcode: changed (counts from the next use)", false },
        { "http_api { enabled on; }", "http_api { enabled off; }", "http_api.enabled: on -> off (applied at once)", false },
        { "srt_server { passphrase aaaaaaaaaa; }", "srt_server { passphrase bbbbbbbbbb; }",
          "srt_server.passphrase: changed (not shown) (not built yet)", false },
        { "", "threads { interval 3; }",                    "threads.interval: 5 -> 3 (no effect)", false },
        { "vhost v { } vhost v { tcp_nodelay on; }", "vhost v { }", NULL, false }, /* the second vhost never counted */
        { "stream_caster { caster flv; }", "", "stream_caster: changed (applied at once)", false },
        { "vhost v { dvr { dvr_apply all; } }", "vhost v { }", NULL, false },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct loaded       a = load_more(rows[i].before), b = load_more(rows[i].now);
        struct conf_changes changes = { 0 };
        assert_non_null(a.conf);
        assert_non_null(b.conf);
        assert_null(conf_diff(a.conf, b.conf, &changes));
        assert_int_equal(changes.count, rows[i].text ? 1 : 0);
        if (rows[i].text) {
            assert_string_equal(changes.items[0].text, rows[i].text);
            assert_int_equal(conf_change_needs_restart(&changes.items[0]), rows[i].restart);
        }
        conf_changes_finish(&changes);
        unload(&a);
        unload(&b);
    }
}

static void names_the_directive_and_the_vhost(void **state)
{
    (void)state;
    struct loaded       a = load_vhost("play { atc on; }"), b = load_vhost("");
    struct conf_changes changes = { 0 };
    assert_null(conf_diff(a.conf, b.conf, &changes));
    assert_int_equal(changes.items[0].kind, CONF_CHANGED);
    assert_string_equal(changes.items[0].path, "vhost.play.atc");
    assert_string_equal(changes.items[0].item, "v");
    assert_ptr_equal(changes.items[0].row, conf_row_at("vhost.play.atc"));
    conf_changes_finish(&changes);
    unload(&a);
    unload(&b);
}

static void listens_are_compared(void **state)
{
    (void)state;
    struct loaded       a = load_text("listen 1935;"), b = load_text("listen 1935 1936;");
    struct conf_changes changes = { 0 };
    assert_null(conf_diff(a.conf, b.conf, &changes));
    assert_int_equal(changes.count, 1);
    assert_string_equal(changes.items[0].text, "listen: 1935 -> 1935 1936 (applied at once)");
    conf_changes_finish(&changes);
    unload(&a);
    unload(&b);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    struct loaded a = load_more("pid a; vhost v { atc on; security { deny play all; } } vhost w { }");
    struct loaded b = load_more("pid b; vhost v { security { allow play all; } } vhost x { }");
    bool          failed;
    int64_t       n = 0;
    do {
        struct conf_changes changes = { 0 };
        mem_fail_after(n++);
        struct err *e = conf_diff(a.conf, b.conf, &changes);
        failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(err_code(e), failed ? E_NO_MEMORY : E_SUCCESS);
        err_free(e);
        conf_changes_finish(&changes);
    } while (failed);
    assert_true(n > 10);
    unload(&a);
    unload(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_changes),
        cmocka_unit_test(names_the_directive_and_the_vhost),
        cmocka_unit_test(listens_are_compared),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
