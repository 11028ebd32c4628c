/* The run of the server and its two ends: a graceful stop waits for clients, a quick stop cancels them. */
#include "app/server_run.h"

#include <cmocka.h>

#include "app/server/server.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/offload.h"

enum { LOOK_US = US_PER_MS };

static struct server   server;
static struct conf     conf;
static struct co_group runs;
static struct co      *client;
static bool            has_left, was_cancelled, is_terminated;

static void run_client(void *arg)
{
    (void)arg;
    struct err *e = NULL;
    while (!e && !has_left)
        e = co_park(DEADLINE_NEVER);
    was_cancelled = e != NULL;
    has_left = true;
    err_free(e);
}

static void run_server(void *arg)
{
    err_free(server_run(arg));
    is_terminated = true;
}

/* Start the server and connect one client. */
static int setup(void **state)
{
    (void)state;
    /* More references than are counted here: a job on a thread may have kept the one that it took in the test before. */
    conf = (struct conf){
        .refs = 1000, .max_connections = 10, .memory_limit = "off", .pithy_print_us = 10 * US_PER_SECOND
    };
    has_left = was_cancelled = is_terminated = false;
    server_init(&server, &conf, "id");
    co_group_init(&runs);
    if (code_of(co_go(&server.connections, "client", run_client, NULL, &client)) ||
        code_of(co_go(&runs, "server", run_server, &server, NULL)))
        return -1;
    while (!server.main)
        err_free(co_sleep(LOOK_US));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    server_request_stop(&server, SERVER_STOPS_QUICKLY);
    co_group_join(&runs, DEADLINE_NEVER);
    bool is_empty = server.connections.count == 0 && server.services.count == 0 && server.accepters.count == 0;
    server_finish(&server);
    return is_empty && is_terminated ? 0 : -1;
}

static int begin(void **state)
{
    return loop_begin(state) || code_of(offload_init());
}

static int end(void **state)
{
    offload_shutdown(US_PER_SECOND);
    return loop_end(state);
}

static void a_quick_stop_cancels_the_clients(void **state)
{
    (void)state;
    assert_true(server.services.count > 0);
    server_request_stop(&server, SERVER_STOPS_QUICKLY);
    assert_true(co_group_join(&runs, a_while()));
    assert_true(was_cancelled);
}

static void a_graceful_stop_waits_for_the_last_client(void **state)
{
    (void)state;
    server_request_stop(&server, SERVER_STOPS_GRACEFULLY);
    assert_false(co_group_join(&runs, now_us() + 20 * LOOK_US));
    assert_false(has_left);
    has_left = true;
    co_unpark(client);
    assert_true(co_group_join(&runs, a_while()));
    assert_false(was_cancelled);
}

static void a_quick_stop_ends_the_waiting_of_a_graceful_one(void **state)
{
    (void)state;
    server_request_stop(&server, SERVER_STOPS_GRACEFULLY);
    assert_false(co_group_join(&runs, now_us() + 20 * LOOK_US));
    server_request_stop(&server, SERVER_STOPS_QUICKLY);
    assert_true(co_group_join(&runs, a_while()));
    assert_true(was_cancelled);
}

static void a_graceful_stop_waits_first_for_load_balancers(void **state)
{
    (void)state;
    conf.grace_start_wait_us = A_WHILE_US;
    server_request_stop(&server, SERVER_STOPS_GRACEFULLY);
    has_left = true;
    co_unpark(client);
    assert_false(co_group_join(&runs, now_us() + 20 * LOOK_US));
    server_request_stop(&server, SERVER_STOPS_QUICKLY);
    assert_true(co_group_join(&runs, a_while()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_quick_stop_cancels_the_clients, setup, teardown),
        cmocka_unit_test_setup_teardown(a_graceful_stop_waits_for_the_last_client, setup, teardown),
        cmocka_unit_test_setup_teardown(a_quick_stop_ends_the_waiting_of_a_graceful_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_graceful_stop_waits_first_for_load_balancers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
