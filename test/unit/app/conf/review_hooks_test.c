/* Warnings about http_hooks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/conf_testing.h"

#define ON "http_hooks { enabled on; on_play http://127.0.0.1/; } "

/* Load a vhost; the report must have this text, or nothing if it is "". */
static void tells(const char *vhost, const char *text)
{
    struct loaded l = load_vhost(vhost);
    must_load(&l, vhost);
    if (*text)
        must_tell(&l, text);
    else if (l.report.count)
        fail_msg("%s: told something", vhost);
    unload(&l);
}

static void what_on_play_does_not_protect_is_told(void **state)
{
    (void)state;
    tells(ON "dash { enabled on; }", "t.conf:2: on_play is not asked about vhost.dash, for it has no viewers");
    tells(ON "hds { enabled on; }", "on_play is not asked about vhost.hds");
    tells(ON "hls { enabled on; hls_ctx off; }", "on_play is not asked about vhost.hls, for with hls_ctx off");
    tells(ON "hls { enabled on; } dash { enabled off; } hds { }", "");
    tells("http_hooks { on_play http://127.0.0.1/; } dash { enabled on; }", "");
    tells("http_hooks { enabled on; on_publish http://127.0.0.1/; } dash { enabled on; }", "");
}

static void what_is_no_url_is_told(void **state)
{
    (void)state;
    tells("http_hooks { enabled on; on_publish http://a/ ftp://b/; }",
          "ftp://b/ is no URL of http or https, so every call of on_publish");
    tells("http_hooks { enabled on; on_stop 127.0.0.1:8085/x; }", "so every call of on_stop fails");
    tells("http_hooks { enabled on; on_stop https://a/x?y; timeout 3; }", "");
}

static void events_that_decide_nothing_are_told(void **state)
{
    (void)state;
    tells(ON "http_remux { enabled on; }", "");
    tells("http_hooks { enabled on; fail_open on_play on_stop; }",
          "fail_open on_stop: only on_connect, on_publish and on_play");
    tells("http_hooks { enabled on; fail_open on_connect on_publish on_play; }", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_on_play_does_not_protect_is_told),
        cmocka_unit_test(what_is_no_url_is_told),
        cmocka_unit_test(events_that_decide_nothing_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
