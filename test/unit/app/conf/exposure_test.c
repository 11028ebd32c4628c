/* What a configuration leaves open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/conf_testing.h"
#include "app/conf/exposure.h"
#include "core/attr.h"
#include "core/str.h"

struct told {
    int  n_open, n_notes;
    bool kinds[EXPOSED_HOOKS + 1];
    char where[CONF_EXPOSURE_TEXT_MAX]; /* of the last one */
};

static void note(void *arg, const struct conf_exposure *e)
{
    struct told *t = arg;
    t->n_open += !e->is_note;
    t->n_notes += e->is_note;
    t->kinds[e->kind] = true;
    str_copy(t->where, sizeof t->where, e->where);
    assert_true(*e->what && *e->close);
}

static struct told walk(const char *directives)
{
    struct told  t = { 0 };
    struct conf *c = conf_of(directives);
    conf_exposure_walk(c, note, &t);
    conf_unref(&c);
    return t;
}

#define RULE "vhost v { security { enabled on; allow publish 10.0.0.0/8; allow play all; } }"
#define AUTH "auth { enabled on; username u; password correct-horse; }"

static void an_api_that_others_reach_needs_a_password(void **state)
{
    static const struct {
        const char *directives;
        bool        open;
    } rows[] = {
        /* clang-format off */
        { "http_api { enabled on; } " RULE, false },
        { "http_api { enabled off; listen 1985; } " RULE, false },
        { "http_api { enabled on; listen 1985; } " RULE, true },
        { "http_api { enabled on; listen 0.0.0.0:1985; } " RULE, true },
        { "http_api { enabled on; listen [::]:1985; } " RULE, true },
        { "http_api { enabled on; listen 127.0.0.1:1985 [::1]:1985; } " RULE, false },
        { "http_api { enabled on; listen 127.0.0.1:1985 10.0.0.1:1985; } " RULE, true },
        { "http_api { enabled on; listen 1985; " AUTH " } " RULE, false },
        /* HTTPS follows the plain endpoint. */
        { "http_api { enabled on; https { enabled on; } } " RULE, false },
        { "http_api { enabled on; https { enabled on; listen 1990; } } " RULE, true },
        /* One port with the streams. */
        { "http_api { enabled on; listen 8080; } http_server { enabled on; listen 8080; } " RULE, true },
        { "http_api { enabled on; } http_server { enabled on; listen 1985; } " RULE, true },
        { "http_api { enabled on; } http_server { enabled on; listen 127.0.0.1:1985; } " RULE, false },
        /* clang-format on */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct told t = walk(rows[i].directives);
        if (t.kinds[EXPOSED_API] != rows[i].open)
            fail_msg("%s: is %s", rows[i].directives, rows[i].open ? "not told" : "told");
    }
}

static void passwords_are_looked_at(void **state)
{
    (void)state;
    struct told t = walk("http_api { enabled on; listen 1985; " AUTH " } " RULE);
    assert_true(t.kinds[EXPOSED_API_PASSWORD] && !t.kinds[EXPOSED_WEAK_PASSWORD]);
    assert_int_equal(t.n_open, 0);
    t = walk("http_api { enabled on; listen 1985; auth { enabled on; username admin; password admin; } } " RULE);
    assert_true(t.kinds[EXPOSED_WEAK_PASSWORD]);
    t = walk("http_api { enabled on; auth { enabled on; username admin; password admin; } } " RULE);
    assert_int_equal(t.n_open + t.n_notes, 0);
}

static void what_pages_may_do_counts_on_loopback_too(void **state)
{
    (void)state;
    struct told t = walk("http_api { enabled on; jsonp_delete on; trusted_hosts a.example any; } " RULE);
    assert_true(t.kinds[EXPOSED_JSONP] && t.kinds[EXPOSED_TO_PAGES]);
    assert_int_equal(t.n_open, 2);
    t = walk("http_api { enabled on; listen 1985; raw_api { enabled on; allow_reload on; } } " RULE);
    assert_true(t.kinds[EXPOSED_RELOAD] && !t.kinds[EXPOSED_UPDATE]);
    t = walk("http_api { enabled on; raw_api { enabled on; allow_update on; } } " RULE);
    assert_true(t.kinds[EXPOSED_UPDATE] && !t.kinds[EXPOSED_RELOAD]);
    t = walk("http_api { enabled on; auth { enabled on; username u; password long_enough_1; } raw_api { enabled on; "
             "allow_update on; } } " RULE);
    assert_false(t.kinds[EXPOSED_UPDATE]);
}

static void publishers_need_a_rule(void **state)
{
    static const struct {
        const char *vhost;
        bool        open;
    } rows[] = {
        /* clang-format off */
        { "vhost v { }", true },
        { "vhost v { enabled off; }", false },
        { RULE, false },
        { "vhost v { security { enabled off; deny publish all; } }", true },
        { "vhost v { security { enabled on; deny play 10.0.0.1; } }", true },
        { "vhost v { security { enabled on; allow play all; } }", false },
        { "vhost v { security { enabled on; } }", false },
        { "vhost v { http_hooks { enabled on; on_publish http://127.0.0.1/; } }", false },
        { "vhost v { http_hooks { enabled on; on_play http://127.0.0.1/; } }", true },
        { "vhost v { refer { enabled on; publish a.example; } }", false },
        { "vhost v { auth { enabled on; publish password; user cam a-long-password; } }", false },
        { "vhost v { auth { enabled on; publish all; play password; user cam a-long-password; } }", true },
        { "vhost v { auth { enabled off; publish password; user cam a-long-password; } }", true },
        /* clang-format on */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct told t = walk(rows[i].vhost);
        if (t.kinds[EXPOSED_PUBLISH] != rows[i].open)
            fail_msg("%s: is %s", rows[i].vhost, rows[i].open ? "not told" : "told");
    }
    struct told t = walk(RULE "\nvhost w { }");
    assert_string_equal(t.where, "t.conf:3");
}

static void publishers_on_this_host_need_none(void **state)
{
    struct loaded l = load_text("listen 127.0.0.1:1935; daemon off; vhost v { }");
    struct told   t = { 0 };
    (void)state;
    conf_exposure_walk(l.conf, note, &t);
    assert_int_equal(t.n_open, 0);
    unload(&l);
}

static void metrics_for_other_hosts_are_noted(void **state)
{
    (void)state;
    struct told t = walk("exporter { enabled on; } " RULE);
    assert_true(t.kinds[EXPOSED_METRICS]);
    assert_int_equal(t.n_notes, 1);
    assert_int_equal(t.n_open, 0);
    t = walk("exporter { enabled on; listen 127.0.0.1:9972; } " RULE);
    assert_int_equal(t.n_notes, 0);
    t = walk("exporter { enabled off; } " RULE);
    assert_int_equal(t.n_notes, 0);
}

static void callbacks_that_nobody_checks_are_noted(void **state)
{
    (void)state;
    struct told t = walk("vhost v { http_hooks { enabled on; on_publish https://a.example/; fail_open on_publish; } }");
    assert_int_equal(t.n_notes, 2);
    assert_int_equal(t.n_open, 0);
    t = walk("vhost v { http_hooks { enabled on; on_publish https://a.example/; tls_verify on; } }");
    assert_int_equal(t.n_notes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_api_that_others_reach_needs_a_password),
        cmocka_unit_test(passwords_are_looked_at),
        cmocka_unit_test(what_pages_may_do_counts_on_loopback_too),
        cmocka_unit_test(publishers_need_a_rule),
        cmocka_unit_test(publishers_on_this_host_need_none),
        cmocka_unit_test(metrics_for_other_hosts_are_noted),
        cmocka_unit_test(callbacks_that_nobody_checks_are_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
