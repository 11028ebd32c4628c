/* Clients in the HTTP API that have no coroutine of their own: they are listed, and a kick ends them at once. */
#include "app/serving.h"

static const struct client_type pollers = { .name = "hls-play", .tag = "HLS" };

static struct client client;
static int64_t       no_bytes;
static int           n_ended;
static struct caller caller = { .fd = -1 };

static int setup(void **state)
{
    (void)state;
    serve_with("vhost __defaultVhost__ { } http_api { enabled on; }");
    struct source *source;
    assert_null(
        source_acquire(&source, &server.sources, server.conf, conf_find_vhost(server.conf, "v"), "live", "cam"));
    client = (struct client){ .type = &pollers, .id = "0123456789abcdefghij", .ip = "192.0.2.1", .source = source };
    client.tc_url = client.page_url = client.swf_url = "";
    client.bytes_in = client.bytes_out = &no_bytes;
    assert_null(registry_enter(&server.registry, &client, "v"));
    n_ended = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hang_up(&caller);
    registry_leave(&server.registry, &client);
    source_release(client.source);
    serve_no_more();
    return 0;
}

static void end_client(struct client *c)
{
    n_ended++;
    registry_leave(&server.registry, c);
}

/* Sends one request, and reads the whole answer. */
static const char *ask(const char *method, const char *path, const char *field)
{
    char request[512];
    hang_up(&caller);
    call_up(&caller, "HTTP-API");
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%s\r\n", method, path,
             field);
    say_bytes(&caller, request, strlen(request));
    hear_all(&caller);
    return caller.heard;
}

static void a_kick_ends_a_client_without_a_coroutine_at_once(void **state)
{
    (void)state;
    client.end = end_client;
    assert_non_null(strstr(ask("DELETE", "/api/v1/clients/0123456789abcdefghij", ""), "{\"code\":0,"));
    assert_int_equal(n_ended, 1);
    assert_int_equal(server.registry.n_clients, 0);
    assert_non_null(strstr(ask("DELETE", "/api/v1/clients/0123456789abcdefghij", ""), "{\"code\":2049}"));
    assert_int_equal(n_ended, 1);
}

static void a_client_with_neither_end_nor_coroutine_cannot_be_kicked(void **state)
{
    (void)state;
    assert_non_null(strstr(ask("DELETE", "/api/v1/clients/0123456789abcdefghij", ""), "{\"code\":400}"));
    assert_int_equal(server.registry.n_clients, 1);
}

static void a_page_of_another_site_kicks_nobody(void **state)
{
    (void)state;
    client.end = end_client;
    ask("DELETE", "/api/v1/clients/0123456789abcdefghij", "Origin: http://evil.example\r\n");
    assert_non_null(strstr(caller.heard, "{\"code\":403}"));
    assert_int_equal(n_ended, 0);
}

static void a_secret_id_is_cut_for_pages_of_other_sites(void **state)
{
    (void)state;
    assert_non_null(
        strstr(ask("GET", "/api/v1/clients/", "Origin: http://evil.example\r\n"), "\"0123456789abcdefghij\""));
    client.id_is_secret = true;
    assert_non_null(strstr(ask("GET", "/api/v1/clients/", ""), "\"id\":\"0123456789abcdefghij\""));
    assert_non_null(strstr(ask("GET", "/api/v1/clients/", "Origin: http://evil.example\r\n"), "\"id\":\"01234567\""));
    assert_null(strstr(caller.heard, "89abcdefghij"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void a_kick_by_user_ends_whom_a_guard_has_recognised(void **state)
{
    (void)state;
    client.end = end_client;
    assert_non_null(strstr(ask("DELETE", "/api/v1/clients?user=cam", ""), "\"kicked\":0}"));
    client.user = "cam";
    assert_non_null(strstr(ask("DELETE", "/api/v1/clients?user=other", ""), "\"kicked\":0}"));
    assert_non_null(
        strstr(ask("GET", "/api/v1/clients/?user=cam", "Origin: http://evil.example\r\n"), "{\"code\":400}"));
    assert_int_equal(n_ended, 0);
    assert_non_null(strstr(ask("DELETE", "/api/v1/clients?user=cam", ""), "\"kicked\":1}"));
    assert_int_equal(n_ended, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_kick_ends_a_client_without_a_coroutine_at_once),
        TEST(a_client_with_neither_end_nor_coroutine_cannot_be_kicked),
        TEST(a_page_of_another_site_kicks_nobody),
        TEST(a_kick_by_user_ends_whom_a_guard_has_recognised),
        TEST(a_secret_id_is_cut_for_pages_of_other_sites),
    };
    return cmocka_run_group_tests(tests, serving_begin, serving_end);
}
