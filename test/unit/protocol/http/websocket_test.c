/* A WebSocket on a connection of the HTTP server: its handshake, its conversation and its end. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/http/serve_to_end.h"
#include "protocol/http/websocket.h"

enum { SAID_MAX = 256 << 10 };

static struct co_group group;
static struct io       a;
static int             b = -1;

static struct websocket ws;
static bool             accepted, say_goodbye;
static int              handler_code, serve_code;

/* A handler like that of a feature: accept, listen until there is an error, end. */
static struct err *handle(struct http_exchange *x)
{
    struct err *e = websocket_accept(x, &ws, &accepted);
    if (!e && accepted && say_goodbye)
        websocket_close(&ws, WEBSOCKET_GOING_AWAY, "the stream has ended");
    while (!e && accepted && !say_goodbye)
        if (!(e = websocket_listen_now(&ws)))
            e = co_park(a_while());
    handler_code = (int)err_code(e);
    return e;
}

static void serve(void *unused)
{
    static const struct http_serving serving = { .handle = handle };
    (void)unused;
    io_set_owner(&a, co_self());
    serve_code = code_of(serve_to_end(&a, &serving));
    io_close(&a);
}

static int setup(void **state)
{
    (void)state;
    co_group_init(&group);
    accepted = say_goodbye = false;
    handler_code = serve_code = -1;
    return connect_ends(&a, &b) || code_of(co_go(&group, "server", serve, NULL, NULL)) ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    close_end(&b);
    co_group_cancel_and_join(&group);
    return 0;
}

/* ---- the client */

static char   said[SAID_MAX]; /* bytes from the server that the test has not read yet */
static size_t said_len;

static void send_bytes(const void *bytes, size_t len)
{
    assert_int_equal(send(b, bytes, len, MSG_NOSIGNAL), len);
}

static void say(const char *text)
{
    send_bytes(text, strlen(text));
}

static void hear(void)
{
    ssize_t n = recv(b, said + said_len, sizeof said - said_len, 0);
    said_len += n > 0 ? (size_t)n : 0;
    co_give_way();
}

/* Assert that the next bytes are these. */
static void expect(const void *bytes, size_t len)
{
    int64_t deadline = a_while();
    while (said_len < len && now_us() < deadline)
        hear();
    assert_true(said_len >= len);
    assert_memory_equal(said, bytes, len);
    said_len -= len;
    memmove(said, said + len, said_len);
}

/* Assert that the head of a reply has this status, and this line. */
static void expect_head(int status, const char *line)
{
    int64_t deadline = a_while();
    char    start[32], *end = NULL;
    while (!end && now_us() < deadline) {
        hear();
        end = memmem(said, said_len, "\r\n\r\n", 4);
    }
    assert_non_null(end);
    snprintf(start, sizeof start, "HTTP/1.1 %d ", status);
    assert_memory_equal(said, start, strlen(start));
    if (!memmem(said, (size_t)(end + 4 - said), line, strlen(line)))
        fail_msg("no %s in %.*s", line, (int)said_len, said);
    said_len -= (size_t)(end + 4 - said);
    memmove(said, end + 4, said_len);
}

static void expect_end(void)
{
    assert_true(co_group_join(&group, a_while()));
    hear();
    assert_int_equal(said_len, 0);
}

/* Send a masked frame of at most 125 bytes; the mask is zero. */
static void frame(uint8_t first, const char *payload, size_t len)
{
    uint8_t bytes[6 + WEBSOCKET_CONTROL_MAX] = { first, (uint8_t)(0x80 | len) };
    memcpy(bytes + 6, payload, len);
    send_bytes(bytes, 6 + len);
}

static const char request[] =
    "GET /live/s.flv HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

static void begin(void)
{
    said_len = 0;
    say(request);
    expect_head(101, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    assert_true(accepted);
}

/* ---- the handshake */

static void a_request_for_one_is_accepted(void **state)
{
    (void)state;
    said_len = 0;
    say(request);
    expect_head(101, "\r\nUpgrade: websocket\r\n");
    frame(0x88, "\x03\xe8", 2);
    expect("\x88\x02\x03\xe8", 4);
    close_end(&b);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(handler_code, E_END_OF_STREAM);
    assert_int_equal(ws.status, 1000);
}

#define HEAD "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static void what_is_no_such_request_is_told_so(void **state)
{
    static const struct {
        const char *request;
        int         status;
        const char *line;
    } rows[] = {
        { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "" },
        { "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" KEY "Sec-WebSocket-Version: 13\r\n\r\n", 400, "" },
        { HEAD "Upgrade: websockets\r\n" KEY "Sec-WebSocket-Version: 13\r\n\r\n", 400, "" },
        { HEAD "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n", 400, "" },
        { HEAD "Upgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n", 400, "" },
        { HEAD "Upgrade: websocket\r\n" KEY "\r\n", 426, "Sec-WebSocket-Version: 13\r\n" },
        { HEAD "Upgrade: websocket\r\n" KEY "Sec-WebSocket-Version: 8\r\n\r\n", 426, "Upgrade: websocket\r\n" },
        { "POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" KEY
          "Sec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n",
          400, "" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(i ? setup(NULL) : 0, 0);
        said_len = 0;
        say(rows[i].request);
        expect_head(rows[i].status, rows[i].line);
        assert_false(accepted);
        if (i + 1 < ARRAY_LEN(rows))
            teardown(NULL);
    }
}

static void several_protocols_may_be_offered(void **state)
{
    (void)state;
    said_len = 0;
    say(HEAD "Upgrade: h2c,  websocket\r\n" KEY "Sec-WebSocket-Version: 13\r\n\r\n");
    expect_head(101, "");
}

static void what_comes_right_behind_the_request_is_heard(void **state)
{
    (void)state;
    uint8_t bytes[sizeof request - 1 + 8] = { 0 };
    memcpy(bytes, request, sizeof request - 1);
    memcpy(bytes + sizeof request - 1, "\x89\x82\0\0\0\0hi", 8);
    said_len = 0;
    send_bytes(bytes, sizeof bytes);
    expect_head(101, "");
    expect("\x8a\x02hi", 4);
}

/* ---- the conversation */

static void pings_are_answered_between_messages_that_nobody_wants(void **state)
{
    (void)state;
    char payload[WEBSOCKET_CONTROL_MAX], pong[2 + WEBSOCKET_CONTROL_MAX] = "\x8a\x7d";
    memset(payload, 'p', sizeof payload);
    memset(pong + 2, 'p', sizeof payload);
    begin();
    frame(0x81, "hello", 5);
    frame(0x89, payload, sizeof payload);
    frame(0x8a, "unasked", 7);
    frame(0x89, "", 0);
    expect(pong, sizeof pong);
    expect("\x8a\0", 2);
}

static void a_client_that_breaks_the_rules_is_told_and_closed(void **state)
{
    (void)state;
    begin();
    send_bytes("\x81\x01x", 3);
    expect("\x88\x21\x03\xea"
           "a client's frame without a mask",
           35);
    assert_int_equal(shutdown(b, SHUT_WR), 0);
    expect_end();
    assert_int_equal(handler_code, E_HTTP_DATA_INVALID);
}

static void a_client_that_vanishes_ends_it(void **state)
{
    (void)state;
    begin();
    close_end(&b);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(handler_code, E_END_OF_STREAM);
}

static void we_say_goodbye_first_and_hear_the_answer(void **state)
{
    (void)state;
    say_goodbye = true;
    begin();
    expect("\x88\x16\x03\xe9the stream has ended", 24);
    frame(0x89, "late", 4); /* the server sends nothing more after our close */
    frame(0x88, "\x03\xe9", 2);
    assert_int_equal(shutdown(b, SHUT_WR), 0);
    expect_end();
    assert_true(ws.close_received);
    assert_int_equal(ws.status, 1001);
}

static void a_client_that_sends_on_and_on_lets_others_run(void **state)
{
    (void)state;
    uint8_t pings[600];
    size_t  n_sent = 0;
    begin();
    for (size_t i = 0; i < sizeof pings; i += 6)
        memcpy(pings + i, "\x8a\x80\0\0\0\0", 6); /* pongs, which get no answer */
    while (n_sent < 4 * SAID_MAX) {               /* in each turn of the test the server has taken some of the bytes */
        ssize_t n = send(b, pings + n_sent % 6, sizeof pings - n_sent % 6, MSG_NOSIGNAL);
        n_sent += n > 0 ? (size_t)n : 0;
        co_give_way();
    }
    send_bytes(pings + n_sent % 6, (6 - n_sent % 6) % 6);
    frame(0x89, "!", 1);
    expect("\x8a\x01!", 3);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        assert_int_equal(n ? setup(NULL) : 0, 0);
        said_len = 0;
        say(request);
        mem_fail_after(n);
        while (!accepted && serve_code == -1)
            hear();
        bool failed = mem_failed();
        mem_fail_after(-1);
        if (accepted && !failed)
            return;
        teardown(NULL);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_for_one_is_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_such_request_is_told_so, setup, teardown),
        cmocka_unit_test_setup_teardown(several_protocols_may_be_offered, setup, teardown),
        cmocka_unit_test_setup_teardown(what_comes_right_behind_the_request_is_heard, setup, teardown),
        cmocka_unit_test_setup_teardown(pings_are_answered_between_messages_that_nobody_wants, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_that_breaks_the_rules_is_told_and_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_that_vanishes_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(we_say_goodbye_first_and_hear_the_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_that_sends_on_and_on_lets_others_run, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_may_run_out_anywhere, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
