#include "app/rtc/ice_servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_written(struct conf_words server, const char *expected)
{
    struct buf out = buf_up_to(4096);
    rtc_ice_server_write(&out, &server);
    assert_false(out.fault);
    assert_string_equal(out.bytes, expected);
    buf_finish(&out);
}

static void a_server_of_stun_is_a_url(void **state)
{
    char *words[] = { "stun:stun.example.net:3478" };
    (void)state;
    assert_written((struct conf_words){ words, 1 }, "<stun:stun.example.net:3478>; rel=\"ice-server\"");
}

static void a_server_of_turn_has_credentials(void **state)
{
    char *words[] = { "turns:turn.example.net?transport=tcp", "user", "pass\"wo\\rd,;" };
    (void)state;
    assert_written((struct conf_words){ words, 3 },
                   "<turns:turn.example.net?transport=tcp>; rel=\"ice-server\"; username=\"user\"; "
                   "credential=\"pass\\\"wo\\\\rd,;\"; credential-type=\"password\"");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_of_stun_is_a_url),
        cmocka_unit_test(a_server_of_turn_has_credentials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
