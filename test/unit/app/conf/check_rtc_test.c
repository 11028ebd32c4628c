/* Checks of the rtc_server block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/conf_testing.h"

static void refuses(const char *directives, const char *why)
{
    struct loaded l = load_more(directives);
    assert_null(l.conf);
    if (!strstr(l.error, why))
        fail_msg("%s: %s", directives, l.error);
    unload(&l);
}

static void a_server_has_a_url_of_stun_or_turn(void **state)
{
    (void)state;
    refuses("rtc_server { ice_server http://x; }", "rtc_server.ice_server is the URL of a server");
    refuses("rtc_server { ice_server stun:; }", "is the URL of a server");
    refuses("rtc_server { ice_server stun://x; }", "is the URL of a server");
    refuses("rtc_server { ice_server 'stun:x>; rel=next'; }", "is the URL of a server");
    refuses("rtc_server { ice_server; }", "ice_server");
}

static void turn_alone_has_credentials(void **state)
{
    (void)state;
    refuses("rtc_server { ice_server turn:x; }", "of turn has a user and a password behind its URL");
    refuses("rtc_server { ice_server turn:x user; }", "of turn has a user and a password");
    refuses("rtc_server { ice_server turn:x user 'pass word'; }", "of turn has a user and a password");
    refuses("rtc_server { ice_server stun:x user password; }", "of stun has no user and password");
}

static void they_are_bounded(void **state)
{
    (void)state;
#define TWO "ice_server stun:x; ice_server stun:y; "
    refuses("rtc_server { " TWO TWO TWO TWO TWO "}", "rtc_server has more than 8 ice_server");
}

static void words_are_kept(void **state)
{
    (void)state;
    struct loaded l = load_more("rtc_server { ice_server stun:x:3478; ice_server turns:y?transport=tcp ann secret; }");
    must_load(&l, "ice_server");
    const struct conf_commands *servers = &l.conf->rtc_server.ice_servers;
    assert_int_equal(servers->count, 2);
    assert_int_equal(servers->items[0].count, 1);
    assert_string_equal(servers->items[0].items[0], "stun:x:3478");
    assert_int_equal(servers->items[1].count, 3);
    assert_string_equal(servers->items[1].items[2], "secret");
    unload(&l);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_has_a_url_of_stun_or_turn),
        cmocka_unit_test(turn_alone_has_credentials),
        cmocka_unit_test(they_are_bounded),
        cmocka_unit_test(words_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
