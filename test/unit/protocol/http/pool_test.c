/* Connections that are kept: which request gets which, when they are closed, and requests that meet a closed one. */
#include <cmocka.h>
#include <string.h>

#include "core/mem.h"
#include "protocol/http/client.h"
#include "protocol/http/pool.h"
#include "protocol/http/scripted_server.h"
#include "protocol/tls/certs.h"

#define HI "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

static struct http_pool pool;
static struct tls_ctx  *trust;

static int setup(void **state)
{
    http_pool_init(&pool);
    return start_server(state);
}

static int teardown(void **state)
{
    http_pool_finish(&pool);
    assert_int_equal(pool.n_idle, 0);
    tls_ctx_unref(&trust);
    tls_ctx_unref(&with_tls);
    return stop_server(state);
}

/* POST and read the whole answer; the code of the error, or 0. */
static int post_to(const char *where)
{
    struct http_client         c;
    struct http_client_request r = {
        .method = HTTP_POST, .url = where, .body = "x", .body_len = 1, .pool = &pool, .tls = trust
    };
    char  *body = NULL;
    size_t len = 0;
    int    code = code_of(http_client_open(&c, &r, a_while()));
    if (!code)
        code = code_of(http_client_read_all(&c, 100, &body, &len, a_while()));
    if (!code)
        assert_string_equal(body, "hi");
    mem_free(body);
    http_client_close(&c);
    return code;
}

static int post(void)
{
    return post_to(url("/"));
}

static void one_connection_serves_one_request_after_another(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        script[i] = (struct line){ .answer = HI, .keeps = true };
    script[2].answer = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    for (int i = 0; i < 5; i++) {
        assert_int_equal(post(), 0);
        assert_int_equal(pool.n_idle, 1);
    }
    assert_int_equal(n_requests, 5);
    assert_int_equal(n_connections, 1);
}

static void answers_that_end_the_connection_end_it(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        script[i].answer = answers[i];
        assert_int_equal(post(), 0);
        assert_int_equal(pool.n_idle, 0);
    }
    assert_int_equal(n_connections, ARRAY_LEN(answers));
}

static void an_answer_that_was_not_read_ends_the_connection(void **state)
{
    struct http_client         c;
    struct http_client_request r = { .method = HTTP_GET, .url = url("/"), .pool = &pool };
    (void)state;
    script[0].answer = HI;
    assert_null(http_client_open(&c, &r, a_while()));
    http_client_close(&c);
    assert_int_equal(pool.n_idle, 0);
}

static void a_connection_that_its_server_closed_is_not_used(void **state)
{
    (void)state;
    script[0].answer = HI;
    script[1].answer = HI;
    assert_int_equal(post(), 0);
    assert_int_equal(pool.n_idle, 1);
    for (int i = 0; i < 10; i++)
        co_give_way(); /* the server closes */
    assert_int_equal(post(), 0);
    assert_int_equal(n_requests, 2);
    assert_int_equal(n_connections, 2);
}

static void a_request_that_meets_the_close_is_sent_again(void **state)
{
    (void)state;
    script[0] = (struct line){ .answer = HI, .keeps = true };
    script[1].answer = ""; /* it gets the request and closes */
    script[2].answer = HI;
    assert_int_equal(post(), 0);
    assert_int_equal(post(), 0);
    assert_int_equal(n_requests, 3);
    assert_string_equal(requests[1], requests[2]);
}

static void a_request_on_a_new_connection_is_not_sent_again(void **state)
{
    (void)state;
    script[0].answer = "";
    script[1].answer = HI;
    assert_int_equal(post(), E_END_OF_STREAM);
    assert_int_equal(n_requests, 1);
}

static void a_request_that_was_answered_in_part_is_not_sent_again(void **state)
{
    (void)state;
    script[0] = (struct line){ .answer = HI, .keeps = true };
    script[1].answer = "HTTP/1.1 2";
    script[2].answer = HI;
    assert_int_equal(post(), 0);
    assert_int_equal(post(), E_END_OF_STREAM);
    assert_int_equal(n_requests, 2);
}

static void another_server_gets_another_connection(void **state)
{
    char there[64];
    (void)state;
    snprintf(there, sizeof there, "http://localhost:%d/", port);
    script[0].answer = HI;
    script[1].answer = HI;
    assert_int_equal(post(), 0);
    assert_int_equal(post_to(there), 0);
    assert_int_equal(n_connections, 2);
    assert_int_equal(pool.n_idle, 2);
}

static void what_was_idle_for_too_long_is_closed(void **state)
{
    (void)state;
    script[0] = (struct line){ .answer = HI, .keeps = true };
    script[1].answer = HI;
    assert_int_equal(post(), 0);
    LIST_ENTRY(pool.idle.next, struct http_line, link)->idle_since_us -= HTTP_POOL_IDLE_US;
    co_unpark(pool.keeper);
    co_give_way();
    assert_int_equal(pool.n_idle, 0);
    assert_null(pool.keeper);
    assert_int_equal(post(), 0);
    assert_int_equal(n_connections, 2);
}

static void idle_connections_are_bounded(void **state)
{
    (void)state;
    for (int i = 0; i < HTTP_POOL_SERVER_MAX + 3; i++)
        http_pool_give(&pool, http_line_new("http://a:80", NULL));
    assert_int_equal(pool.n_idle, HTTP_POOL_SERVER_MAX);
    for (int i = 0; i < HTTP_POOL_MAX; i++) {
        char server[32];
        snprintf(server, sizeof server, "http://b%d:80", i);
        http_pool_give(&pool, http_line_new(server, NULL));
    }
    assert_int_equal(pool.n_idle, HTTP_POOL_MAX);
}

static void tls_is_kept_too_and_by_its_context(void **state)
{
    char        there[64];
    struct cert cert = cert_make("localhost", -60, 3600);
    (void)state;
    snprintf(there, sizeof there, "https://localhost:%d/", port);
    with_tls = cert_server(&cert);
    trust = cert_client(&cert);
    for (int i = 0; i < 3; i++)
        script[i] = (struct line){ .answer = HI, .keeps = true };
    assert_int_equal(post_to(there), 0);
    assert_int_equal(post_to(there), 0);
    assert_int_equal(n_connections, 1);
    snprintf(there, sizeof there, "https://localhost:%d", port);
    struct tls_ctx *other = cert_client(&cert);
    assert_null(http_pool_take(&pool, there, other));
    tls_ctx_unref(&other);
    tls_ctx_unref(&trust); /* the kept connection has a reference of its own */
    cert_free(&cert);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_connection_serves_one_request_after_another),
        TEST(answers_that_end_the_connection_end_it),
        TEST(an_answer_that_was_not_read_ends_the_connection),
        TEST(a_connection_that_its_server_closed_is_not_used),
        TEST(a_request_that_meets_the_close_is_sent_again),
        TEST(a_request_on_a_new_connection_is_not_sent_again),
        TEST(a_request_that_was_answered_in_part_is_not_sent_again),
        TEST(another_server_gets_another_connection),
        TEST(what_was_idle_for_too_long_is_closed),
        TEST(idle_connections_are_bounded),
        TEST(tls_is_kept_too_and_by_its_context),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
