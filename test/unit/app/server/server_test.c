/* The server's state: the limit of connections, the precedence of stops, the memory limit. */
#include "app/server/server.h"

#include <cmocka.h>

#include "core/mem.h"
#include "loop.h"

static struct server server;
static struct conf   conf;

static int setup(void **state)
{
    (void)state;
    conf = (struct conf){ .refs = 2, .max_connections = 2, .memory_limit = "off" };
    server_init(&server, &conf, "id");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    server.connections.count = 0;
    server_finish(&server);
    return conf.refs == 2 ? 0 : -1;
}

static void places_of_the_api_do_not_count_as_connections(void **state)
{
    (void)state;
    server.connections.count = 1;
    assert_false(server_is_full(&server));
    server.connections.count = 2;
    assert_true(server_is_full(&server));
    server.api_places.count = 1;
    assert_false(server_is_full(&server));
    server.connections.count = 3;
    assert_true(server_is_full(&server));
}

static void a_quick_stop_overtakes_a_graceful_one_and_stays(void **state)
{
    (void)state;
    assert_int_equal(server.stop, SERVER_RUNS);
    server_request_stop(&server, SERVER_STOPS_GRACEFULLY);
    assert_int_equal(server.stop, SERVER_STOPS_GRACEFULLY);
    server_request_stop(&server, SERVER_STOPS_QUICKLY);
    server_request_stop(&server, SERVER_STOPS_GRACEFULLY);
    assert_int_equal(server.stop, SERVER_STOPS_QUICKLY);
}

static void a_reload_is_wanted_only_while_something_runs_reloads(void **state)
{
    (void)state;
    server_request_reload(&server);
    assert_false(server.reload_wanted);
    server.reloader = co_self();
    server_request_reload(&server);
    assert_true(server.reload_wanted);
}

static void the_memory_limit_is_that_of_the_configuration_in_force(void **state)
{
    (void)state;
    conf.memory_limit = "64m";
    server_apply_memory_limit(&server);
    assert_int_equal(mem_limit(), 64 << 20);
    conf.memory_limit = "off";
    server_apply_memory_limit(&server);
    assert_int_equal(mem_limit(), 0);
    conf.memory_limit = "32m";
    server_apply_memory_limit(&server);
    assert_int_equal(mem_limit(), 32 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(places_of_the_api_do_not_count_as_connections, setup, teardown),
        cmocka_unit_test_setup_teardown(a_quick_stop_overtakes_a_graceful_one_and_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reload_is_wanted_only_while_something_runs_reloads, setup, teardown),
        cmocka_unit_test_setup_teardown(the_memory_limit_is_that_of_the_configuration_in_force, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
