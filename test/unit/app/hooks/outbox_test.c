/* The outbox of callbacks: order in a queue, notices that wait for others, its bound, and its end. */
#include "app/hooks/outbox.c" /* its queues are looked at */

#include <cmocka.h>
#include <stdio.h>

#include "protocol/http/scripted_server.h"

#define YES "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0"

static char              place[HTTP_URL_MAX + 1];
static char             *places[] = { place };
static struct conf_words urls = { .items = places, .count = 1 };

static size_t count_backends(void)
{
    size_t at = 0, n = 0;
    while (hook_backends_next(&at))
        n++;
    return n;
}

static int setup(void **state)
{
    int failed = start_server(state);
    snprintf(place, sizeof place, "%s", url("/"));
    for (int i = 0; i < SCRIPT_MAX; i++)
        script[i] = (struct line){ .answer = YES, .keeps = true };
    return failed;
}

static int teardown(void **state)
{
    hook_outbox_finish(0);
    hook_calls_finish();
    assert_int_equal(all.n, 0);
    assert_int_equal(all.bytes, 0);
    assert_int_equal(all.queues.count + all.guests.count + count_backends(), 0);
    return stop_server(state);
}

static void add(const char *queue, const char *client, const char *body, enum hook_place where)
{
    const struct hook_call c = { .event = HOOK_STOP,
                                 .manner = { .timeout_us = A_WHILE_US, .tls_ca = "", .secret = "", .journal = "" },
                                 .client_id = client,
                                 .vhost = "v",
                                 .body = body };
    hook_outbox_add(queue, &c, &urls, where);
}

static void assert_came(int n, const char *body)
{
    const char *end = strstr(requests[n], "\r\n\r\n");
    assert_non_null(end);
    assert_string_equal(end + 4, body);
}

static void notices_of_a_queue_come_in_their_order(void **state)
{
    (void)state;
    add("queue", "c1", "1", HOOK_LAST);
    add("queue", "c2", "2", HOOK_LAST);
    add("queue", "c1", "3", HOOK_LAST);
    assert_null(hook_outbox_wait("queue", "", a_while()));
    assert_int_equal(n_requests, 3);
    assert_came(0, "1");
    assert_came(1, "2");
    assert_came(2, "3");
}

static void a_client_is_where_its_notices_are(void **state)
{
    (void)state;
    add("stream", "c1", "1", HOOK_LAST);
    add("c1", "c1", "2", HOOK_LAST); /* its own queue would overtake the other one */
    assert_int_equal(all.queues.count, 1);
    assert_null(hook_outbox_wait("c1", "", a_while()));
    assert_int_equal(n_requests, 2);
    assert_came(0, "1");
    assert_int_equal(all.queues.count, 0);
}

static void a_notice_waits_for_others_until_it_is_released(void **state)
{
    (void)state;
    add("queue", "c1", "end", HOOK_HELD);
    add("queue", "c1", "close", HOOK_LAST);
    add("queue", "c1", "file 1", HOOK_BEFORE_HELD);
    add("queue", "c1", "file 2", HOOK_BEFORE_HELD);
    while (n_requests < 2)
        assert_null(co_sleep(US_PER_MS));
    assert_int_equal(code_of(hook_outbox_wait("queue", "", now_us() + 20 * US_PER_MS)), E_SOCKET_TIMEOUT);
    assert_int_equal(n_requests, 2);
    hook_outbox_release("queue");
    assert_null(hook_outbox_wait("queue", "", a_while()));
    assert_came(0, "file 1");
    assert_came(1, "file 2");
    assert_came(2, "end");
    assert_came(3, "close");
    hook_outbox_release("queue"); /* there is none any more */
}

static void a_notice_that_nobody_releases_goes_by_its_time(void **state)
{
    (void)state;
    add("queue", "c1", "end", HOOK_HELD);
    ((struct queue *)map_find(&all.queues, "queue"))->held_until_us = now_us();
    co_unpark(((struct queue *)map_find(&all.queues, "queue"))->holder);
    assert_null(hook_outbox_wait("queue", "", a_while()));
    assert_came(0, "end");
}

static void without_urls_there_is_nothing_to_deliver(void **state)
{
    const struct conf_words none = { 0 };
    const struct hook_call  c = { .event = HOOK_STOP,
                                  .manner = { .tls_ca = "", .secret = "", .journal = "" },
                                  .client_id = "c",
                                  .vhost = "v",
                                  .body = "" };
    (void)state;
    hook_outbox_add("queue", &c, &none, HOOK_LAST);
    assert_int_equal(all.queues.count, 0);
}

static void a_silent_backend_fills_the_outbox_to_its_bound(void **state)
{
    enum { BODY = 256 << 10 };
    char *body = mem_calloc(1, BODY + 1);
    (void)state;
    assert_non_null(body);
    memset(body, 'x', BODY);
    script[0] = (struct line){ .answer = NULL };
    for (int i = 0; i < 2 * HOOK_NOTICES_BYTES_MAX / BODY; i++) {
        char queue[16];
        snprintf(queue, sizeof queue, "queue%d", i % 100);
        add(queue, queue, body, HOOK_LAST);
    }
    assert_true(all.bytes <= HOOK_NOTICES_BYTES_MAX);
    assert_true(all.bytes > HOOK_NOTICES_BYTES_MAX - 2 * BODY);
    assert_true(all.n_dropped > 0);
    assert_int_equal(count_backends(), 1);
    co_give_way();
    assert_true(all.senders.count <= HOOK_SENDERS_MAX);
    mem_free(body);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    script[0] = (struct line){ .answer = NULL };
    for (int n = 0; n < 40; n++) {
        mem_fail_after(n);
        add("queue", "c1", "1", n % 2 ? HOOK_LAST : HOOK_HELD);
        add("c1", "c1", "2", HOOK_LAST);
        co_give_way();
        mem_fail_after(-1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(notices_of_a_queue_come_in_their_order),
        TEST(a_client_is_where_its_notices_are),
        TEST(a_notice_waits_for_others_until_it_is_released),
        TEST(a_notice_that_nobody_releases_goes_by_its_time),
        TEST(without_urls_there_is_nothing_to_deliver),
        TEST(a_silent_backend_fills_the_outbox_to_its_bound),
        TEST(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
