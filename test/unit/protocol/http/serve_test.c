/* Conversations on a connection: one end is served, the other end is the test. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/blob_store.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/http/router.h"
#include "protocol/http/serve_to_end.h"
#include "protocol/io.h"

enum { BRIEFLY_US = 20000, OUT_CAP = 1 << 20 };

static struct co_group     group;
static int                 b = -1;     /* the client's end */
static int                 ended_code; /* the result of http_serve() */
static bool                has_ended;
static char                out[OUT_CAP]; /* bytes that the client has received */
static size_t              out_len;
static struct http_serving serving;

/* ---- handlers -------------------------------------------------------------------------------------------------- */

static struct err *hello(struct http_exchange *x)
{
    return http_reply(x, 200, "text/plain", "hello", 5);
}

static struct err *large(struct http_exchange *x)
{
    static char body[1 << 20];
    return http_reply(x, 200, "text/plain", body, sizeof body);
}

static struct err *pieces(struct http_exchange *x)
{
    struct err *e = http_reply_begin(x, 200, "text/plain", HTTP_LENGTH_UNKNOWN);
    if (!e)
        e = http_reply_write(x, "one", 3);
    if (!e)
        e = http_reply_write(x, "", 0);
    if (!e)
        e = http_reply_write(x, "twelve bytes", 12);
    return e; /* http_serve() ends the reply */
}

static struct err *promise(struct http_exchange *x, int64_t length)
{
    struct err *e = http_reply_begin(x, 200, "text/plain", length);
    if (!e)
        e = http_reply_write(x, "abc", 3);
    if (!e)
        e = http_reply_write(x, "def", 3);
    return e ? e : http_reply_end(x);
}

static struct err *keep_promise(struct http_exchange *x)
{
    return promise(x, 6);
}

static struct err *promise_more(struct http_exchange *x)
{
    return promise(x, 7);
}

static struct err *promise_less(struct http_exchange *x)
{
    return promise(x, 5);
}

static struct err *echo(struct http_exchange *x)
{
    const char *body;
    size_t      len;
    struct err *e = http_read_body(x, 20, &body, &len);
    return e ? e : http_reply(x, 200, "text/plain", body, len);
}

static struct err *tell_fields(struct http_exchange *x)
{
    struct err *e = http_add_field(x, "X-First", "1");
    if (!e)
        e = http_add_fieldf(x, "X-Second", "%d", 2);
    return e ? e : http_reply(x, 200, "text/plain", "", 0);
}

static struct err *split_reply(struct http_exchange *x)
{
    return http_add_field(x, "X", http_request_param(http_request_of(x), "x"));
}

static struct err *go_wrong(struct http_exchange *x)
{
    struct err *e = http_add_field(x, "X-Left-Over", "1");
    return e ? e : err_new(E_SYSTEM_ASSERT_FAILED, "on purpose");
}

static struct err *fail_late(struct http_exchange *x)
{
    struct err *e = pieces(x);
    return e ? e : err_new(E_SYSTEM_ASSERT_FAILED, "on purpose");
}

static struct err *say_nothing(struct http_exchange *x)
{
    (void)x;
    return NULL;
}

/* A piece of a blob in the middle of a page of the memory file, as ?at= and ?len= say. */
static struct blob *letters;

static struct err *send_letters(struct http_exchange *x)
{
    size_t      at = (size_t)atoi(http_request_param(http_request_of(x), "at"));
    size_t      len = (size_t)atoi(http_request_param(http_request_of(x), "len"));
    struct err *e = http_reply_begin(x, 200, "text/plain", (int64_t)len);
    return e ? e : http_reply_blob(x, letters, at, len);
}

static struct err *reply_status(struct http_exchange *x)
{
    return http_reply_status(x, atoi(http_request_param(http_request_of(x), "n")));
}

static struct err *close_after(struct http_exchange *x)
{
    http_close_after(x);
    return hello(x);
}

static struct err *forget(struct http_exchange *x)
{
    struct err *e = http_reply_begin(x, 200, "text/plain", HTTP_LENGTH_UNKNOWN);
    if (e)
        return e;
    http_forget_request(x);
    const struct http_request *r = http_request_of(x);
    assert_string_equal(r->path, "");
    assert_int_equal(r->n_fields + r->n_params, 0);
    return http_reply_write(x, "live", 4);
}

static struct err *upgrade(struct http_exchange *x)
{
    char        rest[100];
    struct err *e = http_add_field(x, "Upgrade", "test");
    if (!e)
        e = http_reply_begin(x, 101, NULL, 0);
    if (e)
        return e;
    size_t n = http_take_input(x, rest, sizeof rest);
    return io_write(http_io_of(x), rest, n, a_while());
}

static const struct http_route rows[] = {
    { "/hello", HTTP_METHOD(GET) | HTTP_METHOD(POST), hello },
    { "/large", HTTP_METHOD(GET), large },
    { "/pieces", HTTP_METHOD(GET), pieces },
    { "/kept", HTTP_METHOD(GET), keep_promise },
    { "/more", HTTP_METHOD(GET), promise_more },
    { "/less", HTTP_METHOD(GET), promise_less },
    { "/echo", HTTP_METHOD(POST) | HTTP_METHOD(PUT), echo },
    { "/fields", HTTP_METHOD(GET), tell_fields },
    { "/split", HTTP_METHOD(GET), split_reply },
    { "/fail", HTTP_METHOD(GET), go_wrong },
    { "/fail-late", HTTP_METHOD(GET), fail_late },
    { "/nothing", HTTP_METHOD(GET), say_nothing },
    { "/status", HTTP_METHOD(GET), reply_status },
    { "/letters", HTTP_METHOD(GET), send_letters },
    { "/close", HTTP_METHOD(GET), close_after },
    { "/forget", HTTP_METHOD(GET) | HTTP_METHOD(POST), forget },
    { "/upgrade", HTTP_METHOD(GET), upgrade },
    { "/dir/", HTTP_METHOD(GET) | HTTP_METHOD(POST), hello },
    { "/dir/sub/", HTTP_METHODS_ALL, hello },
};
static const struct http_route other_rows[] = {
    { "/dir/sub/exact", HTTP_METHOD(GET), hello },
};
static const struct http_routes        table = { rows, ARRAY_LEN(rows) };
static const struct http_routes        other = { other_rows, ARRAY_LEN(other_rows) };
static const struct http_routes *const tables[] = { &table, &other, NULL };
static const struct http_router        router = { tables };

static struct err *handle(struct http_exchange *x)
{
    return http_router_handle(&router, x);
}

static void serve(void *arg)
{
    struct io   io = { .fd = -1 };
    struct err *e = io_open(&io, *(int *)arg);
    if (!e)
        e = serve_to_end(&io, &serving);
    ended_code = (int)err_code(e);
    has_ended = true;
    err_free(e);
    io_close(&io);
}

/* ---- the client ------------------------------------------------------------------------------------------------ */

static int server_fd;

static void begin(void)
{
    int ends[2];
    co_group_init(&group);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    server_fd = ends[0];
    b = ends[1];
    has_ended = false;
    out_len = 0;
    out[0] = '\0';
}

static void go(void)
{
    struct err *e = co_go(&group, "serve", serve, &server_fd, NULL);
    if (e)
        close(server_fd);
    err_free(e);
}

static void end(void)
{
    co_group_cancel_and_join(&group);
    close_end(&b);
}

/* Take what has come without waiting. */
static void take(void)
{
    ssize_t n;
    while (out_len < OUT_CAP - 1 && (n = recv(b, out + out_len, OUT_CAP - 1 - out_len, MSG_DONTWAIT)) > 0)
        out_len += (size_t)n;
    out[out_len] = '\0';
}

static void say(const char *text, size_t len, size_t step)
{
    for (size_t at = 0; at < len && !has_ended; at += step) {
        if (send(b, text + at, len - at < step ? len - at : step, MSG_NOSIGNAL) < 0)
            return;
        co_give_way();
        take();
    }
}

/* Send the text in pieces and return everything that the server sends until it closes. */
static const char *talk_in_steps(const char *text, size_t len, size_t step)
{
    begin();
    go();
    say(text, len, step);
    shutdown(b, SHUT_WR);
    while (group.count > 0) {
        take();
        co_give_way();
    }
    take();
    end();
    return out;
}

static const char *talk(const char *text)
{
    return talk_in_steps(text, strlen(text), 1 << 20);
}

#define GET(path, fields) "GET " path " HTTP/1.1\r\nHost: h\r\n" fields "\r\n"
#define POST(path, fields, body) "POST " path " HTTP/1.1\r\nHost: h\r\n" fields "\r\n" body

static int count(const char *text, const char *what)
{
    int n = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

static void assert_has(const char *text, const char *what)
{
    if (!strstr(text, what))
        fail_msg("no \"%s\" in:\n%s", what, text);
}

static void assert_has_not(const char *text, const char *what)
{
    if (strstr(text, what))
        fail_msg("\"%s\" in:\n%s", what, text);
}

static void assert_ends(const char *text, const char *what)
{
    size_t n = strlen(text), m = strlen(what);
    if (n < m || strcmp(text + n - m, what) != 0)
        fail_msg("no \"%s\" at the end of:\n%s", what, text);
}

/* ---- replies --------------------------------------------------------------------------------------------------- */

static void a_reply_has_its_fields_in_the_order_of_srs(void **state)
{
    (void)state;
    const char *reply = talk(GET("/fields", ""));
    assert_has(reply, "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nX-First: 1\r\nX-Second: 2\r\n"
                      "Content-Type: text/plain\r\nContent-Length: 0\r\nServer: SRS/");
    assert_has(reply, "\r\nDate: ");
    assert_int_equal(ended_code, E_SUCCESS);
}

static void requests_follow_each_other_at_every_split(void **state)
{
    (void)state;
    static const char text[] = GET("/hello", "") POST("/echo", "Content-Length: 5\r\n", "12345") "\r\n" POST(
        "/echo", "Transfer-Encoding: chunked\r\n", "2\r\nab\r\n1;x\r\nc\r\n0\r\nT: x\r\n\r\n") GET("/pieces", "")
        GET("/nowhere", "Connection: close\r\n");
    for (size_t step = 1; step < sizeof text; step += step < 20 ? 1 : 13) {
        const char *reply = talk_in_steps(text, sizeof text - 1, step);
        assert_int_equal(count(reply, "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n"), 4);
        assert_has(reply, "\r\n\r\nhelloHTTP/1.1");
        assert_has(reply, "\r\n\r\n12345HTTP/1.1");
        assert_has(reply, "\r\n\r\nabcHTTP/1.1");
        assert_has(reply, "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\nc\r\ntwelve bytes\r\n0\r\n\r\nHTTP/1.1");
        assert_has(reply, "HTTP/1.1 404 Not Found\r\nConnection: close\r\n");
        assert_ends(reply, "\r\n\r\nNot Found");
        assert_int_equal(ended_code, E_SUCCESS);
    }
}

static void head_gets_the_head_alone(void **state)
{
    (void)state;
    assert_has(talk("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n"), "Content-Length: 5\r\n");
    assert_ends(out, "\r\n\r\n");
    talk("HEAD /pieces HTTP/1.1\r\nHost: h\r\n\r\n" GET("/hello", ""));
    assert_int_equal(count(out, "200 OK\r\nConnection: keep-alive"), 2);
    assert_has_not(out, "one");
    talk("HEAD /kept HTTP/1.1\r\nHost: h\r\n\r\n"
         "HEAD /nowhere HTTP/1.1\r\nHost: h\r\n\r\n" GET("/hello", ""));
    assert_has(out, "Content-Length: 6\r\n");
    assert_has_not(out, "abc");
    assert_has_not(out, "\r\n\r\nNot");
    assert_ends(out, "hello");
}

static void http_1_0_gets_bare_bytes_and_the_end(void **state)
{
    (void)state;
    assert_has(talk("GET /pieces HTTP/1.0\r\n\r\n"
                    "GET /hello HTTP/1.0\r\n\r\n"),
               "Connection: close\r\n");
    assert_has_not(out, "chunked");
    assert_ends(out, "\r\n\r\nonetwelve bytes");
    talk("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
         "GET /hello HTTP/1.0\r\n\r\n");
    assert_int_equal(count(out, "Connection: keep-alive"), 1);
    assert_int_equal(count(out, "Connection: close"), 1);
    assert_int_equal(count(out, "\r\n\r\nhello"), 2);
}

static void some_statuses_have_no_body(void **state)
{
    (void)state;
    talk(GET("/status?n=204", "") GET("/status?n=304", "") GET("/hello", ""));
    assert_int_equal(count(out, "Content-Length"), 1);
    assert_ends(out, "hello");
}

static void a_promised_length_is_kept_or_the_connection_ends(void **state)
{
    (void)state;
    talk(GET("/kept", "") GET("/hello", ""));
    assert_has(out, "Content-Length: 6\r\n");
    assert_has(out, "\r\n\r\nabcdefHTTP");
    talk(GET("/more", "") GET("/hello", ""));
    assert_ends(out, "\r\n\r\nabcdef");
    talk(GET("/less", "") GET("/hello", ""));
    assert_ends(out, "\r\n\r\nabc");
    assert_int_equal(ended_code, E_HTTP_CONTENT_LENGTH);
}

static void a_value_with_a_line_break_splits_no_reply(void **state)
{
    (void)state;
    talk(GET("/split?x=a%0d%0aSet-Cookie:b", ""));
    assert_has(out, "HTTP/1.1 500 ");
    assert_has_not(out, "Set-Cookie");
}

static void any_piece_of_a_blob_comes_whole_wherever_its_pages_begin(void **state)
{
    (void)state;
    enum { LEN = 20000 };
    static const struct piece {
        int at, len;
    } pieces_of_it[] = { { 0, LEN },  { 0, 1 },       { 0, 3996 },     { 0, 3997 },
                         { 1, 3995 }, { 3996, 4096 }, { 3000, 10000 }, { LEN - 1, 1 } };
    char            bytes[LEN];
    struct blob_row row = { 0 };
    for (size_t i = 0; i < LEN; i++)
        bytes[i] = (char)('a' + i % 23);
    const struct iovec before = { bytes, 100 }, all = { bytes, LEN };
    struct blob       *first = blob_store_append(&row, &before, 1);
    assert_non_null(first);
    assert_non_null(letters = blob_store_append(&row, &all, 1));
    for (size_t i = 0; i < ARRAY_LEN(pieces_of_it); i++) {
        char                request[128];
        const struct piece *p = &pieces_of_it[i];
        snprintf(request, sizeof request, GET("/letters?at=%d&len=%d", "Connection: close\r\n"), p->at, p->len);
        const char *body = strstr(talk(request), "\r\n\r\n");
        assert_non_null(body);
        assert_int_equal(strlen(body), 4 + p->len);
        assert_memory_equal(body + 4, bytes + p->at, p->len);
    }
    blob_unref(&letters);
    blob_unref(&first);
    blob_row_finish(&row);
    blob_store_finish();
}

static void an_error_is_a_500_before_the_reply_and_the_end_after(void **state)
{
    (void)state;
    talk(GET("/fail", "") GET("/hello", ""));
    assert_has(out, "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n");
    assert_has_not(out, "X-Left-Over");
    assert_int_equal(count(out, "HTTP/1.1"), 1);
    assert_int_equal(ended_code, E_SYSTEM_ASSERT_FAILED);
    talk(GET("/fail-late", "") GET("/hello", ""));
    assert_int_equal(count(out, "HTTP/1.1"), 1);
    assert_ends(out, "twelve bytes\r\n"); /* no last chunk: the client sees that it is cut off */
    talk(GET("/nothing", ""));
    assert_has(out, "HTTP/1.1 500 ");
}

static void either_side_may_have_the_connection_closed(void **state)
{
    (void)state;
    talk(GET("/close", "") GET("/hello", ""));
    assert_int_equal(count(out, "HTTP/1.1"), 1);
    assert_has(out, "Connection: close\r\n");
    talk(GET("/hello", "Connection: close\r\n") GET("/hello", ""));
    assert_int_equal(count(out, "HTTP/1.1"), 1);
}

static void a_forgotten_request_leaves_the_reply_and_what_follows(void **state)
{
    (void)state;
    talk(GET("/forget?a=b", "") GET("/hello", ""));
    assert_has(out, "4\r\nlive\r\n0\r\n\r\nHTTP/1.1 200");
    talk(POST("/forget", "Content-Length: 5\r\n", "12345") GET("/hello", ""));
    assert_int_equal(count(out, "HTTP/1.1"), 1); /* the end of its body is forgotten too */
}

static void an_upgrade_hands_the_connection_over(void **state)
{
    (void)state;
    talk(GET("/upgrade", "Connection: Upgrade\r\nUpgrade: test\r\n") "what follows");
    assert_has(out, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n");
    assert_has_not(out, "Content-Length");
    assert_has_not(out, "Transfer-Encoding");
    assert_ends(out, "\r\n\r\nwhat follows");
}

/* ---- bodies ---------------------------------------------------------------------------------------------------- */

static void a_body_that_nobody_reads_is_skipped(void **state)
{
    (void)state;
    talk(POST("/hello", "Content-Length: 5\r\n", "12345")
             POST("/hello", "Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n")
                 GET("/nowhere", "Content-Length: 3\r\n") "abc" GET("/hello", ""));
    assert_int_equal(count(out, "200 OK"), 3);
    assert_int_equal(count(out, "404"), 1);
}

static void a_large_body_that_nobody_reads_ends_the_connection(void **state)
{
    (void)state;
    talk(POST("/hello", "Content-Length: 100000000\r\n", "12345"));
    assert_has(out, "200 OK\r\nConnection: close");

    size_t len = HTTP_DRAIN_BYTES_MAX * 3;
    char  *text = malloc(len);
    strcpy(text, POST("/hello", "Transfer-Encoding: chunked\r\n", "FFFFFF\r\n"));
    memset(text + strlen(text), 'x', len - strlen(text));
    talk_in_steps(text, len, len);
    assert_int_equal(count(out, "HTTP/1.1"), 1);
    assert_int_equal(ended_code, E_SUCCESS);
    free(text);
}

static void a_body_above_its_bound_is_a_413(void **state)
{
    (void)state;
    talk(POST("/echo", "Content-Length: 20\r\n", "12345678901234567890"));
    assert_ends(out, "12345678901234567890");
    talk(POST("/echo", "Content-Length: 21\r\n", "123456789012345678901"));
    assert_has(out, "HTTP/1.1 413 Payload Too Large\r\nConnection: close");
    talk(POST("/echo", "Transfer-Encoding: chunked\r\n", "14\r\n12345678901234567890\r\n0\r\n\r\n"));
    assert_ends(out, "12345678901234567890");
    talk(POST("/echo", "Transfer-Encoding: chunked\r\n", "15\r\n123456789012345678901\r\n0\r\n\r\n"));
    assert_has(out, "HTTP/1.1 413 ");
}

static void bad_chunks_are_a_400_and_the_end(void **state)
{
    (void)state;
    talk(POST("/echo", "Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n") GET("/hello", ""));
    assert_has(out, "HTTP/1.1 400 Bad Request\r\nConnection: close");
    assert_int_equal(count(out, "HTTP/1.1"), 1);
    talk(POST("/hello", "Transfer-Encoding: chunked\r\n", "zz\r\n") GET("/hello", ""));
    assert_int_equal(count(out, "HTTP/1.1"), 1); /* the next request cannot be found */
}

static void a_held_back_body_is_asked_for_when_it_is_read(void **state)
{
    (void)state;
    begin();
    go();
    say(POST("/echo", "Content-Length: 5\r\nExpect: 100-continue\r\n", ""),
        strlen(POST("/echo", "Content-Length: 5\r\nExpect: 100-continue\r\n", "")), 1000);
    co_give_way();
    take();
    assert_string_equal(out, "HTTP/1.1 100 Continue\r\n\r\n");
    say("12345", 5, 1);
    co_give_way();
    take();
    assert_has(out, "HTTP/1.1 200 OK\r\nConnection: keep-alive");
    assert_ends(out, "12345");
    end();

    talk(POST("/echo", "Content-Length: 5\r\nExpect: 100-continue\r\n",
              "12345")); /* the body came without 100 Continue */
    assert_has_not(out, "100 Continue");
    talk(POST("/hello", "Content-Length: 5\r\nExpect: 100-continue\r\n", ""));
    assert_has(
        out, "HTTP/1.1 200 OK\r\nConnection: close"); /* the body is not read, and it is unknown whether it will come */
}

static void a_body_that_ends_early_ends_the_connection(void **state)
{
    (void)state;
    talk(POST("/echo", "Content-Length: 5\r\n", "123"));
    assert_int_equal(ended_code, E_END_OF_STREAM);
    talk(POST("/echo", "Transfer-Encoding: chunked\r\n", "5\r\n12345\r\n"));
    assert_int_equal(ended_code, E_END_OF_STREAM);
    talk(POST("/hello", "Content-Length: 5\r\n", "123"));
    assert_has(out, "200 OK");
}

/* ---- the router ------------------------------------------------------------------------------------------------ */

static void the_longest_pattern_wins(void **state)
{
    (void)state;
    bool missing;
    assert_string_equal(http_router_find(&router, "/dir/sub/exact", &missing)->path, "/dir/sub/exact");
    assert_string_equal(http_router_find(&router, "/dir/sub/exact2", &missing)->path, "/dir/sub/");
    assert_string_equal(http_router_find(&router, "/dir/x/y", &missing)->path, "/dir/");
    assert_false(missing);
    assert_string_equal(http_router_find(&router, "/dir/sub", &missing)->path, "/dir/sub/");
    assert_true(missing);
    assert_null(http_router_find(&router, "/hello/x", &missing));
    assert_null(http_router_find(&router, "/hell", &missing));
    assert_null(http_router_find(&router, "/", &missing));
}

static void a_missing_slash_redirects_get_and_nobody_else(void **state)
{
    (void)state;
    talk(GET("/dir?a=b", "") "HEAD /dir HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(count(out, "HTTP/1.1 302 Found"), 2);
    assert_has(out, "\r\nLocation: /dir/?a=b\r\n");
    assert_has(out, "\r\n\r\nRedirect to /dir/?a=b");
    talk(POST("/dir", "Content-Length: 1\r\n", "x"));
    assert_has(out, "HTTP/1.1 200 OK");
}

static void a_redirect_stays_on_this_host(void **state)
{
    (void)state;
    talk(GET("//evil/../../dir", ""));
    assert_has(out, "\r\nLocation: /dir/\r\n");
}

static void a_method_that_a_path_has_not_is_a_405_with_those_it_has(void **state)
{
    (void)state;
    talk(POST("/fields", "Content-Length: 1\r\n", "x") "DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(count(out, "HTTP/1.1 405 Method Not Allowed\r\nConnection: keep-alive"), 2);
    assert_has(out, "\r\nAllow: GET, HEAD, OPTIONS\r\n");
    assert_has(out, "\r\nAllow: POST, PUT, OPTIONS\r\n");
    talk("OPTIONS /fields HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_has(out, "HTTP/1.1 200 OK\r\n");
    assert_has(out, "\r\nAllow: GET, HEAD, OPTIONS\r\nContent-Length: 0\r\n");
}

/* ---- bad input and time ---------------------------------------------------------------------------------------- */

static void what_is_no_request_gets_its_status_and_the_end(void **state)
{
    (void)state;
    static const struct {
        const char *text, *status;
    } cases[] = {
        { "\x16\x03\x01\x02\r\n\r\n", "400" },
        { "GET / HTTP/1.1\r\n\r\n", "400" },
        { GET("/a/../..", ""), "400" },
        { GET("/hello", "A: b\r\n c\r\n"), "400" },
        { "GET / HTTP/3.0\r\nHost: h\r\n\r\n", "505" },
        { "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", "501" },
        { POST("/hello", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET /hello HTTP/1.1\r\n\r\n"),
          "400" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char wanted[100], text[1000];
        snprintf(text, sizeof text, "%s%s", cases[i].text, GET("/hello", ""));
        talk(text);
        snprintf(wanted, sizeof wanted, "HTTP/1.1 %s ", cases[i].status);
        assert_has(out, wanted);
        assert_has(out, "Connection: close\r\n");
        assert_int_equal(count(out, "HTTP/1.1"), 1);
        assert_int_equal(ended_code, E_HTTP_PARSE_HEADER);
    }
}

static void what_is_too_long_is_refused_as_soon_as_it_is(void **state)
{
    (void)state;
    char *text = malloc(1 << 20);
    memset(text, 'a', 1 << 20);
    memcpy(text, "GET /", 5);
    talk_in_steps(text, 1 << 20, 1000);
    assert_has(out, "HTTP/1.1 414 URI Too Long");
    memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
    talk_in_steps(text, 1 << 20, 10000);
    assert_has(out, "HTTP/1.1 431 Request Header Fields Too Large");
    free(text);
}

static void silence_between_requests_ends_the_connection_in_good_order(void **state)
{
    (void)state;
    serving.idle_us = BRIEFLY_US;
    begin();
    go();
    say(GET("/hello", ""), strlen(GET("/hello", "")), 1000);
    assert_true(co_group_join(&group, a_while()));
    take();
    assert_ends(out, "hello");
    assert_int_equal(ended_code, E_SUCCESS);
    end();
}

/* Send empty lines until the server closes, or for ten times `idle_us`. Returns the longest pause between two of them. */
static int64_t send_empty_lines(int64_t idle_us)
{
    int64_t began_us = now_us(), last_us = began_us, longest_us = 0;
    serving.idle_us = idle_us;
    begin();
    go();
    while (!has_ended && last_us - began_us < 10 * idle_us) {
        send(b, "\r\n", 2, MSG_NOSIGNAL);
        assert_null(co_sleep(idle_us / 50));
        int64_t now = now_us();
        longest_us = now - last_us > longest_us ? now - last_us : longest_us;
        last_us = now;
    }
    return longest_us;
}

static void empty_lines_are_no_request_and_no_sign_of_life(void **state)
{
    (void)state;
    enum { IDLE_US = 100 * US_PER_MS };
    for (int tries = 0; send_empty_lines(IDLE_US) >= IDLE_US; tries++) { /* this machine stood still for that long */
        end();
        if (tries == 20)
            skip();
    }
    take();
    assert_true(has_ended);
    assert_int_equal(out_len, 0);
    assert_int_equal(ended_code, E_SUCCESS);
    end();
}

static void count_turns(void *arg)
{
    while (!co_is_cancelled(co_self()) && !has_ended) {
        ++*(int *)arg;
        co_give_way();
    }
}

static void others_have_their_turn_between_requests_that_are_there_already(void **state)
{
    (void)state;
    enum { REQUESTS = 200 };
    int turns = 0;
    begin();
    for (int i = 0; i < REQUESTS; i++)
        assert_true(send(b, GET("/hello", ""), strlen(GET("/hello", "")), MSG_NOSIGNAL) > 0);
    shutdown(b, SHUT_WR);
    go();
    assert_null(co_go(&group, "count", count_turns, &turns, NULL));
    assert_true(co_group_join(&group, a_while()));
    take();
    assert_int_equal(count(out, "200 OK"), REQUESTS);
    assert_true(turns >= REQUESTS - 1);
    end();
}

static void a_head_that_comes_too_slowly_is_a_408(void **state)
{
    (void)state;
    static const char dripping[] = "GET /hello HTTP/1.1\r\nHost: h\r\n";
    serving.head_us = BRIEFLY_US;
    begin();
    go();
    for (size_t i = 0; !has_ended && out_len == 0; i++) { /* each byte comes in time, but not the whole head */
        assert_true(send(b, i < sizeof dripping - 1 ? dripping + i : "x", 1, MSG_NOSIGNAL) == 1);
        assert_null(co_sleep(BRIEFLY_US / 10));
        take();
    }
    assert_has(out, "HTTP/1.1 408 Request Timeout\r\nConnection: close");
    end();
}

static void a_peer_that_takes_nothing_is_given_up(void **state)
{
    (void)state;
    serving.stall_us = BRIEFLY_US;
    begin();
    go();
    for (int i = 0; i < 100000 && !has_ended; i++) {
        send(b, GET("/hello", ""), strlen(GET("/hello", "")), MSG_NOSIGNAL | MSG_DONTWAIT);
        co_give_way();
    }
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(ended_code, E_SOCKET_TIMEOUT);
    end();
}

/* A byte in time for each silence would hold the reply for ever. */
static void a_peer_that_takes_a_whole_reply_too_slowly_is_given_up(void **state)
{
    (void)state;
    char byte;
    serving.take_us = BRIEFLY_US;
    begin();
    go();
    assert_true(send(b, GET("/large", ""), strlen(GET("/large", "")), MSG_NOSIGNAL) > 0);
    for (int i = 0; i < 100000 && !has_ended; i++) {
        (void)!recv(b, &byte, 1, MSG_DONTWAIT);
        assert_null(co_sleep(US_PER_MS));
    }
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(ended_code, E_SOCKET_TIMEOUT);
    end();
}

static void a_peer_that_vanishes_ends_the_connection(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "GET", GET("/hello", ""), GET("/pieces", "") GET("/pieces", ""),
                                         POST("/echo", "Content-Length: 9\r\n", "1") };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        begin();
        go();
        say(texts[i], strlen(texts[i]), 1000);
        close_end(&b);
        assert_true(co_group_join(&group, a_while()));
        end();
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] = POST("/echo", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")
        GET("/dir?a=b", "") GET("/fields", "") POST("/fields", "", "") GET("/pieces", "Connection: close\r\n");
    for (int64_t n = 0;; n++) {
        mem_fail_after(n);
        talk(text);
        bool failed = mem_failed();
        mem_fail_after(-1);
        if (!failed)
            break;
        assert_true(n < 1000);
    }
    assert_ends(out, "0\r\n\r\n");
}

static int setup(void **state)
{
    (void)state;
    serving = (struct http_serving){ .handle = handle };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    end();
    return co_count() == 0 ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reply_has_its_fields_in_the_order_of_srs),
        TEST(requests_follow_each_other_at_every_split),
        TEST(head_gets_the_head_alone),
        TEST(http_1_0_gets_bare_bytes_and_the_end),
        TEST(some_statuses_have_no_body),
        TEST(a_promised_length_is_kept_or_the_connection_ends),
        TEST(a_value_with_a_line_break_splits_no_reply),
        TEST(any_piece_of_a_blob_comes_whole_wherever_its_pages_begin),
        TEST(an_error_is_a_500_before_the_reply_and_the_end_after),
        TEST(either_side_may_have_the_connection_closed),
        TEST(a_forgotten_request_leaves_the_reply_and_what_follows),
        TEST(an_upgrade_hands_the_connection_over),
        TEST(a_body_that_nobody_reads_is_skipped),
        TEST(a_large_body_that_nobody_reads_ends_the_connection),
        TEST(a_body_above_its_bound_is_a_413),
        TEST(bad_chunks_are_a_400_and_the_end),
        TEST(a_held_back_body_is_asked_for_when_it_is_read),
        TEST(a_body_that_ends_early_ends_the_connection),
        TEST(the_longest_pattern_wins),
        TEST(a_missing_slash_redirects_get_and_nobody_else),
        TEST(a_redirect_stays_on_this_host),
        TEST(a_method_that_a_path_has_not_is_a_405_with_those_it_has),
        TEST(what_is_no_request_gets_its_status_and_the_end),
        TEST(what_is_too_long_is_refused_as_soon_as_it_is),
        TEST(silence_between_requests_ends_the_connection_in_good_order),
        TEST(empty_lines_are_no_request_and_no_sign_of_life),
        TEST(others_have_their_turn_between_requests_that_are_there_already),
        TEST(a_head_that_comes_too_slowly_is_a_408),
        TEST(a_peer_that_takes_nothing_is_given_up),
        TEST(a_peer_that_takes_a_whole_reply_too_slowly_is_given_up),
        TEST(a_peer_that_vanishes_ends_the_connection),
        TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
