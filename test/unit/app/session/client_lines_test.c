/* The periodic lines of clients: one client of each kind, in turn, in the words that scripts read. */
#include "app/session/client_lines.h"

#include "app/session/clients.h"
#include "logged.h"

static void a_round(void *arg)
{
    (void)arg;
    client_lines_log(&registry, now_us());
}

static void each_kind_of_client_has_a_line(void **state)
{
    (void)state;
    clients[0].type = &publishers;
    for (int i = 0; i < 4; i++)
        add(i, "v");
    log_of(a_round, NULL);
    assert_int_equal(times_logged("\n"), 4); /* a line as SRS has it, and a line of this server */
    assert_int_equal(times_logged("client type=fmle-publish, "), 1);
    assert_int_equal(times_logged("client type=rtmp-play, "), 1);
    assert_int_equal(times_logged("pnt=5000\n"), 1);
    assert_int_equal(times_logged("<- CPB time="), 1);
    assert_int_equal(times_logged("-> PLA time="), 1);
    assert_int_equal(times_logged("][c0] <- CPB "), 1); /* under the client's own id */
    assert_int_equal(times_logged("mr=0/"), 1);
    assert_int_equal(times_logged("mw="), 1);
    assert_int_equal(times_logged("okbps=0,0,0, ikbps=0,0,0"), 2);
}

static void without_clients_there_is_no_line(void **state)
{
    (void)state;
    log_of(a_round, NULL);
    assert_string_equal(logged, "");
}

static void clients_of_a_kind_take_turns(void **state)
{
    (void)state;
    clients[0].type = &publishers;
    for (int i = 0; i < 6; i++)
        add(i, "v");
    int seen[6] = { 0 };
    for (int round = 0; round < 10; round++) {
        log_of(a_round, NULL);
        for (int i = 0; i < 6; i++) {
            char text[32] = "][c0] client type=";
            text[3] = (char)('0' + i);
            seen[i] += times_logged(text);
        }
    }
    assert_int_equal(seen[0], 10); /* the only publisher, each time */
    for (int i = 1; i < 6; i++)
        assert_int_equal(seen[i], 2); /* five players, in turn */
    assert_int_equal(registry.n_clients, 6);
}

static void a_client_that_left_has_no_turn(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        add(i, "v");
    log_of(a_round, NULL);
    registry_leave(&registry, &clients[1]);
    for (int round = 0; round < 4; round++) {
        log_of(a_round, NULL);
        assert_int_equal(times_logged("][c1] "), 0);
        assert_int_equal(times_logged("-> PLA "), 1);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_kind_of_client_has_a_line),
        TEST(without_clients_there_is_no_line),
        TEST(clients_of_a_kind_take_turns),
        TEST(a_client_that_left_has_no_turn),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
