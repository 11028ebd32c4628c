/* Admission of clients by `security` and `refer`. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/conf/conf_testing.h"
#include "app/session/access.h"
#include "loop.h"

/* A configuration whose vhost v has these directives. */
static struct conf *with(const char *directives)
{
    char text[1024];
    snprintf(text, sizeof text, "vhost v { %s }", directives);
    return conf_of(text);
}

struct security_row {
    const char      *rules;
    enum access_role role;
    const char      *ip;
    int              code;
};

static void security_follows_its_rules(void **state)
{
    /* clang-format off */
    static const struct security_row rows[] = {
        { "enabled off; deny play all;",                        ACCESS_PLAY,    "1.2.3.4",      0 },
        { "enabled on;",                                        ACCESS_PLAY,    "1.2.3.4",      E_SYSTEM_SECURITY },
        { "enabled on;",                                        ACCESS_PUBLISH, "1.2.3.4",      E_SYSTEM_SECURITY },
        { "enabled on; deny publish all; allow play all;",      ACCESS_PUBLISH, "1.2.3.4",      E_SYSTEM_SECURITY_DENY },
        { "enabled on; deny publish all; allow play all;",      ACCESS_PLAY,    "1.2.3.4",      0 },
        /* only deny: the rest is allowed */
        { "enabled on; deny play 1.2.3.4;",                     ACCESS_PLAY,    "1.2.3.4",      E_SYSTEM_SECURITY_DENY },
        { "enabled on; deny play 1.2.3.4;",                     ACCESS_PLAY,    "1.2.3.5",      0 },
        { "enabled on; deny play 1.2.3.4;",                     ACCESS_PUBLISH, "1.2.3.4",      0 },
        /* one allow of either role shuts out the other role */
        { "enabled on; allow play all;",                        ACCESS_PUBLISH, "1.2.3.4",      E_SYSTEM_SECURITY_ALLOW },
        { "enabled on; allow publish 1.2.3.4;",                 ACCESS_PLAY,    "1.2.3.4",      E_SYSTEM_SECURITY_ALLOW },
        /* deny comes first, wherever it stands */
        { "enabled on; allow play all; deny play 1.2.3.4;",     ACCESS_PLAY,    "1.2.3.4",      E_SYSTEM_SECURITY_DENY },
        /* ranges */
        { "enabled on; allow play 10.0.0.0/8;",                 ACCESS_PLAY,    "10.255.1.2",   0 },
        { "enabled on; allow play 10.0.0.0/8;",                 ACCESS_PLAY,    "11.0.0.1",     E_SYSTEM_SECURITY_ALLOW },
        { "enabled on; allow play 192.168.4.0/22;",             ACCESS_PLAY,    "192.168.7.255", 0 },
        { "enabled on; allow play 192.168.4.0/22;",             ACCESS_PLAY,    "192.168.8.0",  E_SYSTEM_SECURITY_ALLOW },
        { "enabled on; allow play 1.2.3.4/0;",                  ACCESS_PLAY,    "9.9.9.9",      0 },
        { "enabled on; allow play 1.2.3.4/32;",                 ACCESS_PLAY,    "1.2.3.4",      0 },
        { "enabled on; allow play 1.2.3.4/33;",                 ACCESS_PLAY,    "1.2.3.4",      E_SYSTEM_SECURITY_ALLOW },
        { "enabled on; allow play 1.2.3.4/;",                   ACCESS_PLAY,    "1.2.3.4",      E_SYSTEM_SECURITY_ALLOW },
        /* IPv6 */
        { "enabled on; allow play 2001:db8::1;",                ACCESS_PLAY,    "2001:DB8:0::1", 0 },
        { "enabled on; allow play 2001:db8::/32;",              ACCESS_PLAY,    "2001:db8:ffff::9", 0 },
        { "enabled on; allow play 2001:db8::/33;",              ACCESS_PLAY,    "2001:db8:8000::9", E_SYSTEM_SECURITY_ALLOW },
        { "enabled on; allow play 0.0.0.0/0;",                  ACCESS_PLAY,    "2001:db8::1",  E_SYSTEM_SECURITY_ALLOW },
        { "enabled on; allow play fe80::/10;",                  ACCESS_PLAY,    "fe80::1%eth0", 0 },
        /* an IPv4 client of an IPv6 socket */
        { "enabled on; allow play 10.0.0.0/8;",                 ACCESS_PLAY,    "::ffff:10.1.1.1", 0 },
        /* a rule that matches no address still counts as an allow */
        { "enabled on; allow play nonsense;",                   ACCESS_PLAY,    "1.2.3.4",      E_SYSTEM_SECURITY_ALLOW },
        { "enabled on; allow watch all;",                       ACCESS_PLAY,    "1.2.3.4",      E_SYSTEM_SECURITY_ALLOW },
        { "enabled on; allow play;",                            ACCESS_PLAY,    "1.2.3.4",      E_SYSTEM_SECURITY_ALLOW },
        /* an address that cannot be read */
        { "enabled on; allow play all;",                        ACCESS_PLAY,    "",             0 },
        { "enabled on; allow play all;",                        ACCESS_PLAY,    NULL,           0 },
        { "enabled on; allow play 0.0.0.0/0;",                  ACCESS_PLAY,    "",             E_SYSTEM_SECURITY_ALLOW },
        { "enabled on; deny play 10.0.0.0/8;",                  ACCESS_PLAY,    "",             E_SYSTEM_SECURITY_DENY },
        { "enabled on; deny play 10.0.0.0/8;",                  ACCESS_PLAY,    "unknown",      E_SYSTEM_SECURITY_DENY },
        { "enabled on; deny play ::1; allow play all;",         ACCESS_PLAY,    "1.2.3",        E_SYSTEM_SECURITY_DENY },
        { "enabled on; deny publish ::1;",                      ACCESS_PLAY,    "",             0 },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char block[512];
        snprintf(block, sizeof block, "security { %s }", rows[i].rules);
        struct conf *c = with(block);
        int          code = code_of(access_check_security(&c->vhosts[0], rows[i].role, rows[i].ip));
        if (code != rows[i].code)
            fail_msg("%s %s: %d", rows[i].rules, rows[i].ip, code);
        conf_unref(&c);
    }
}

static void a_refusal_says_why(void **state)
{
    (void)state;
    struct conf *c = with("security { enabled on; deny publish 10.0.0.0/8; }");
    struct err  *e = access_check_security(&c->vhosts[0], ACCESS_PUBLISH, "10.2.3.4");
    char         text[512];
    assert_string_equal(err_text(e, text, sizeof text),
                        "security of vhost v: deny publish 10.0.0.0/8 refuses 10.2.3.4");
    err_free(e);
    conf_unref(&c);
}

static void no_vhost_without_the_block_refuses_anybody(void **state)
{
    (void)state;
    struct conf *c = with("");
    assert_null(access_check_security(&c->vhosts[0], ACCESS_PUBLISH, "1.2.3.4"));
    assert_null(access_check_refer(&c->vhosts[0], ACCESS_REFER_ALL, ""));
    conf_unref(&c);
}

struct refer_row {
    const char       *refer;
    enum access_refer which;
    const char       *page;
    bool              may;
};

static void refer_is_about_whole_labels(void **state)
{
    /* clang-format off */
    static const struct refer_row rows[] = {
        { "enabled on; all github.com;",  ACCESS_REFER_ALL,     "http://github.com/a",          true },
        { "enabled on; all github.com;",  ACCESS_REFER_ALL,     "https://sub.github.com:8443/", true },
        { "enabled on; all github.com;",  ACCESS_REFER_ALL,     "http://evilgithub.com/",       false },
        { "enabled on; all github.com;",  ACCESS_REFER_ALL,     "http://github.com.evil.net/",  false },
        { "enabled on; all github.com;",  ACCESS_REFER_ALL,     "http://github.com@evil.net/",  false },
        { "enabled on; all github.com;",  ACCESS_REFER_ALL,     "http://evil.net/?//github.com", false },
        { "enabled on; all github.com;",  ACCESS_REFER_ALL,     "http://GitHub.COM",            true },
        { "enabled on; all github.com;",  ACCESS_REFER_ALL,     "http://github.com./",          true },
        { "enabled on; all .github.com;", ACCESS_REFER_ALL,     "http://a.github.com/",         true },
        { "enabled on; all github.com;",  ACCESS_REFER_ALL,     "github.com",                   true },
        { "enabled on; all github.com;",  ACCESS_REFER_ALL,     "",                             false },
        { "enabled on; all github.com;",  ACCESS_REFER_ALL,     NULL,                           false },
        { "enabled on; all github.com;",  ACCESS_REFER_PLAY,    "http://other.net/",            true },
        { "enabled on; all a.com b.com;", ACCESS_REFER_ALL,     "http://b.com/",                true },
        { "enabled on; all;",             ACCESS_REFER_ALL,     "http://b.com/",                false },
        { "enabled on; play a.com;",      ACCESS_REFER_PLAY,    "http://b.com/",                false },
        { "enabled on; publish a.com;",   ACCESS_REFER_PUBLISH, "http://b.com/",                false },
        { "enabled on; publish a.com;",   ACCESS_REFER_PUBLISH, "http://a.com/",                true },
        { "enabled off; all a.com;",      ACCESS_REFER_ALL,     "http://b.com/",                true },
        { "all a.com;",                   ACCESS_REFER_ALL,     "http://b.com/",                true },
        { "enabled on; all [::1];",       ACCESS_REFER_ALL,     "http://[::1]:8080/",           true },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char block[512];
        snprintf(block, sizeof block, "refer { %s }", rows[i].refer);
        struct conf *c = with(block);
        int          code = code_of(access_check_refer(&c->vhosts[0], rows[i].which, rows[i].page));
        if (code != (rows[i].may ? 0 : E_RTMP_ACCESS_DENIED))
            fail_msg("%s: %s gives %d", rows[i].refer, rows[i].page, code);
        conf_unref(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(security_follows_its_rules),
        cmocka_unit_test(a_refusal_says_why),
        cmocka_unit_test(no_vhost_without_the_block_refuses_anybody),
        cmocka_unit_test(refer_is_about_whole_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
