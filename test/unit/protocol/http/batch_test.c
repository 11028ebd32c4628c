/* Replies to requests that sleep: who is answered without being woken, who is woken to write, and who replies by itself. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/attr.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/http/batch.h"
#include "protocol/http/exchange.h"
#include "protocol/http/serve_to_end.h"
#include "protocol/send_ring.h"

enum { VIEWERS = 600, LONG_BYTES = 3 << 20 };

/* A connection whose requests wait until the test answers them. */
struct viewer {
    struct io            io;
    int                  peer;
    struct http_sleeper *sleeper; /* NULL: no request waits */
    bool                 wakes;   /* it replies by itself */
    int                  n_woken;
    bool                 has_ended;
};

static struct co_group group;
static struct viewer   viewers[VIEWERS];
static char           *long_body;

/* Sleep until it is answered, or woken to reply by itself. */
static struct err *handle(struct http_exchange *x)
{
    struct viewer      *v = http_owner_of(x);
    struct http_sleeper s = { .x = x, .co = co_self() };
    struct err         *e = NULL;
    v->wakes = false;
    v->sleeper = &s;
    while (!e && !s.is_answered && !v->wakes)
        e = co_park(a_while());
    v->n_woken++;
    if (!s.is_answered)
        return e ? e : http_reply(x, 200, "text/plain", "by itself", 9);
    err_free(e);
    return http_sleeper_finish(&s);
}

static void serve(void *arg)
{
    struct viewer            *v = arg;
    const struct http_serving serving = { .handle = handle, .owner = v };
    io_set_owner(&v->io, co_self());
    err_free(serve_to_end(&v->io, &serving));
    io_close(&v->io);
    v->has_ended = true;
}

static void begin(struct viewer *v)
{
    *v = (struct viewer){ .peer = -1 };
    assert_int_equal(connect_ends(&v->io, &v->peer), 0);
    assert_null(co_go(&group, "viewer", serve, v, NULL));
}

static void ask(struct viewer *v, const char *fields)
{
    char request[256];
    int  n = snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n", fields);
    v->sleeper = NULL;
    assert_int_equal(send(v->peer, request, (size_t)n, MSG_NOSIGNAL), n);
    while (!v->sleeper)
        assert_null(co_sleep(1000));
}

/* Read until the body is there, or the connection ends. */
static size_t read_reply(struct viewer *v, char *out, size_t cap, size_t body_len)
{
    size_t  n = 0;
    ssize_t got = 1;
    out[0] = '\0';
    for (char *body = NULL; got != 0 && (!body || (size_t)(out + n - body) < body_len + 4);
         body = strstr(out, "\r\n\r\n")) {
        got = recv(v->peer, out + n, cap - 1 - n, MSG_DONTWAIT);
        n += got > 0 ? (size_t)got : 0;
        out[n] = '\0';
        if (got < 0)
            assert_null(co_sleep(500));
    }
    return n;
}

static bool answer(struct viewer *v, const char *body, size_t len)
{
    v->wakes = !http_batch_begin(v->sleeper);
    if (v->wakes)
        co_unpark(v->sleeper->co);
    else
        http_batch_end(v->sleeper, http_reply(v->sleeper->x, 200, "text/plain", body, len));
    return !v->wakes;
}

static int setup(void **state)
{
    (void)state;
    co_group_init(&group);
    long_body = malloc(LONG_BYTES);
    for (size_t i = 0; i < LONG_BYTES; i++)
        long_body[i] = (char)('a' + i % 23);
    return code_of(send_ring_open()) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    co_group_cancel_and_join(&group);
    for (int i = 0; i < VIEWERS; i++)
        close_end(&viewers[i].peer);
    send_ring_close();
    free(long_body);
    return 0;
}

static void a_crowd_is_answered_in_its_sleep(void **state)
{
    (void)state;
    char text[1024], body[32];
    for (int i = 0; i < VIEWERS; i++) {
        begin(&viewers[i]);
        ask(&viewers[i], "");
    }
    for (int i = 0; i < VIEWERS; i++) {
        snprintf(body, sizeof body, "for viewer %04d", i);
        assert_true(answer(&viewers[i], body, strlen(body)));
    }
    http_batch_flush();
    co_give_way();
    for (int i = 0; i < VIEWERS; i++)
        assert_int_equal(viewers[i].n_woken, 0);
    for (int i = 0; i < VIEWERS; i++) {
        snprintf(body, sizeof body, "for viewer %04d", i);
        read_reply(&viewers[i], text, sizeof text, strlen(body));
        assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n"));
        assert_non_null(strstr(text, "Content-Length: 15\r\n"));
        assert_string_equal(strstr(text, "\r\n\r\n") + 4, body);
    }
    ask(&viewers[7], ""); /* The next request wakes it, and is served. */
    assert_int_equal(viewers[7].n_woken, 1);
    assert_true(answer(&viewers[7], "again", 5));
    http_batch_flush();
    read_reply(&viewers[7], text, sizeof text, 5);
    assert_string_equal(strstr(text, "\r\n\r\n") + 4, "again");
}

/* More than the room of a queue, and than the socket takes at once. */
static void what_the_socket_does_not_take_is_written_by_the_coroutine(void **state)
{
    (void)state;
    char *text = malloc(LONG_BYTES + 1024), brief[1024];
    begin(&viewers[0]);
    begin(&viewers[1]);
    ask(&viewers[0], "");
    ask(&viewers[1], "");
    assert_true(answer(&viewers[0], long_body, LONG_BYTES));
    assert_true(answer(&viewers[1], "brief", 5));
    http_batch_flush();
    read_reply(&viewers[1], brief, sizeof brief, 5); /* nobody waits for the slow one */
    assert_string_equal(strstr(brief, "\r\n\r\n") + 4, "brief");
    read_reply(&viewers[0], text, LONG_BYTES + 1024, LONG_BYTES);
    const char *body = strstr(text, "\r\n\r\n") + 4;
    assert_memory_equal(body, long_body, LONG_BYTES);
    while (viewers[0].n_woken == 0)
        assert_null(co_sleep(500));
    free(text);
}

static void who_may_not_sleep_replies_by_itself(void **state)
{
    (void)state;
    char text[1024];
    begin(&viewers[0]); /* It is to be closed. */
    ask(&viewers[0], "Connection: close\r\n");
    assert_false(answer(&viewers[0], "x", 1));
    read_reply(&viewers[0], text, sizeof text, 9);
    assert_string_equal(strstr(text, "\r\n\r\n") + 4, "by itself");

    begin(&viewers[1]); /* It has sent the next request already. */
    ask(&viewers[1], "");
    assert_int_equal(send(viewers[1].peer, "GET", 3, MSG_NOSIGNAL), 3);
    while (!io_is_readable(&viewers[1].io))
        assert_null(co_sleep(500));
    assert_false(answer(&viewers[1], "x", 1));
    read_reply(&viewers[1], text, sizeof text, 9);
    assert_string_equal(strstr(text, "\r\n\r\n") + 4, "by itself");

    begin(&viewers[2]); /* There is no io_uring. */
    ask(&viewers[2], "");
    send_ring_close();
    assert_false(answer(&viewers[2], "x", 1));
    read_reply(&viewers[2], text, sizeof text, 9);
    assert_string_equal(strstr(text, "\r\n\r\n") + 4, "by itself");
}

static void a_peer_that_has_gone_ends_its_connection_alone(void **state)
{
    (void)state;
    char text[1024];
    for (int i = 0; i < 8; i++) {
        begin(&viewers[i]);
        ask(&viewers[i], "");
    }
    close_end(&viewers[3].peer);
    for (int i = 0; i < 8; i++)
        answer(&viewers[i], "hello", 5);
    http_batch_flush();
    for (int i = 0; i < 8; i++) {
        if (i == 3)
            continue;
        read_reply(&viewers[i], text, sizeof text, 5);
        assert_string_equal(strstr(text, "\r\n\r\n") + 4, "hello");
    }
    while (!viewers[3].has_ended)
        assert_null(co_sleep(500));
    assert_false(viewers[4].has_ended);
}

static void an_error_of_the_reply_is_that_of_the_request(void **state)
{
    (void)state;
    char text[1024];
    begin(&viewers[0]);
    ask(&viewers[0], "");
    assert_true(http_batch_begin(viewers[0].sleeper));
    http_batch_end(viewers[0].sleeper, err_new(E_NO_MEMORY, "for the test"));
    http_batch_flush();
    read_reply(&viewers[0], text, sizeof text, 0);
    assert_non_null(strstr(text, "HTTP/1.1 503 "));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_crowd_is_answered_in_its_sleep),
        TEST(what_the_socket_does_not_take_is_written_by_the_coroutine),
        TEST(who_may_not_sleep_replies_by_itself),
        TEST(a_peer_that_has_gone_ends_its_connection_alone),
        TEST(an_error_of_the_reply_is_that_of_the_request),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
