/* The HTTP ports of this server as clients see them: the handler of a request, the client's address, the steps before handlers. */
#include "app/http_faces.h"

#include "app/serving.h"
#include "core/attr.h"

static struct caller a, b;

static int setup(void **state)
{
    (void)state;
    a.fd = b.fd = -1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hang_up(&a);
    hang_up(&b);
    serve_no_more();
    return 0;
}

static void ask(struct caller *c, const char *request)
{
    c->len = 0;
    say_bytes(c, request, strlen(request));
}

/* Send one request on a connection of its own and return the head of the reply. */
static const char *head(const char *service, const char *request)
{
    hang_up(&a);
    call_up(&a, service);
    ask(&a, request);
    assert_true(hears(&a, "\r\n\r\n"));
    return a.heard;
}

static void assert_status(const char *service, const char *request, int status)
{
    char line[32];
    snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    if (strncmp(head(service, request), line, strlen(line)) != 0)
        fail_msg("%s: %.60s", request, a.heard);
}

/* ---- the handler of a request ---- */

#define SEPARATE "http_api { enabled on; listen 1985; } http_server { enabled on; listen 8080; dir ./objs/none; } "
#define SHARED "http_api { enabled on; listen 8080; } http_server { enabled on; listen 8080; dir ./objs/none; } "
#define VERSIONS "GET /api/v1/versions HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define NO_FILE "GET /none.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"

static void each_port_serves_its_own_paths(void **state)
{
    (void)state;
    serve_with(SEPARATE);
    assert_status("HTTP-API", VERSIONS, 200);
    assert_status("HTTP-Server", NO_FILE, 404);
    assert_non_null(strstr(head("HTTP-API", NO_FILE), "404"));
}

static void a_shared_port_serves_the_paths_of_both(void **state)
{
    (void)state;
    serve_with(SHARED);
    assert_status("HTTP-Server", VERSIONS, 200);
    assert_non_null(strstr(a.heard, "application/json"));
    assert_status("HTTP-Server", NO_FILE, 404);
}

static void a_vhost_that_is_off_is_not_found(void **state)
{
    (void)state;
    serve_with(SEPARATE "vhost off.test { enabled off; }");
    assert_status("HTTP-Server", "GET / HTTP/1.1\r\nHost: off.test\r\n\r\n", 404);
    assert_status("HTTP-Server", "GET /x.flv?vhost=off.test HTTP/1.1\r\nHost: localhost\r\n\r\n", 404);
}

/* ---- before the handlers ---- */

static void pages_of_other_sites_are_allowed_what_the_configuration_says(void **state)
{
    static const char options[] = "OPTIONS /x HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a.test\r\n\r\n";
    (void)state;
    serve_with("http_api { enabled on; crossdomain off; } http_server { enabled on; crossdomain on; }");
    assert_status("HTTP-Server", options, 200);
    assert_non_null(strstr(a.heard, "Access-Control-Allow-Methods: *\r\n"));
    assert_status("HTTP-API", options, 405);
    assert_null(strstr(a.heard, "Access-Control"));
}

static void the_api_asks_for_its_password_on_every_port(void **state)
{
    (void)state;
    serve_with("http_api { enabled on; listen 1985; auth { enabled on; username u; password p; } }"
               " http_server { enabled on; listen 8080; dir ./objs/none; }");
    assert_status("HTTP-API", VERSIONS, 401);
    assert_non_null(strstr(a.heard, "WWW-Authenticate: Basic"));
    assert_status("HTTP-Server", VERSIONS, 401);
    assert_status("HTTP-Server", NO_FILE, 404);
    assert_status("HTTP-API", "GET /api/v1/versions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic dTpw\r\n\r\n",
                  200);
}

static void what_is_no_http_is_told_so_and_ends(void **state)
{
    (void)state;
    serve_with(SEPARATE);
    assert_status("HTTP-Server", "nonsense\r\n\r\n", 400);
    shutdown(a.fd, SHUT_WR);
    hear_all(&a);
    wait_for_the_end();
}

static void requests_follow_each_other_on_a_connection(void **state)
{
    (void)state;
    serve_with(SEPARATE);
    call_up(&a, "HTTP-Server");
    for (int i = 0; i < 3; i++) {
        ask(&a, NO_FILE);
        assert_true(hears(&a, "HTTP/1.1 404 "));
        assert_true(hears(&a, "\r\n\r\n"));
    }
    assert_int_equal(server.connections.count, 1);
}

/* ---- the client's address ---- */

static void a_trusted_proxy_speaks_for_its_client(void **state)
{
    static const char request[] = "GET /live/cam.flv HTTP/1.1\r\nHost: v\r\nX-Forwarded-For: 198.51.100.9\r\n\r\n";
    static const char rules[] = "http_server { enabled on; } vhost v { http_remux { enabled on; }"
                                " security { enabled on; deny play 198.51.100.9; } } ";
    char              text[512];
    (void)state;
    snprintf(text, sizeof text, "%s trusted_proxies 192.0.2.0/24;", rules);
    serve_with(text);
    assert_status("HTTP-Server", request, 403);
    hang_up(&a);
    wait_for_the_end();
    serve_no_more();
    serve_with(rules);
    assert_status("HTTP-Server", request, 200);
}

/* ---- places ---- */

static void when_all_places_are_taken_the_api_has_one_and_streams_have_none(void **state)
{
    (void)state;
    serve_with(SHARED "max_connections 1;");
    call_up(&b, "HTTP-Server");
    assert_status("HTTP-Server", NO_FILE, 503);
    assert_status("HTTP-Server", VERSIONS, 200);
    hear_all(&a); /* one request, then another connection may have the place */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_port_serves_its_own_paths),
        TEST(a_shared_port_serves_the_paths_of_both),
        TEST(a_vhost_that_is_off_is_not_found),
        TEST(pages_of_other_sites_are_allowed_what_the_configuration_says),
        TEST(the_api_asks_for_its_password_on_every_port),
        TEST(what_is_no_http_is_told_so_and_ends),
        TEST(requests_follow_each_other_on_a_connection),
        TEST(a_trusted_proxy_speaks_for_its_client),
        TEST(when_all_places_are_taken_the_api_has_one_and_streams_have_none),
    };
    return cmocka_run_group_tests(tests, serving_begin, serving_end);
}
