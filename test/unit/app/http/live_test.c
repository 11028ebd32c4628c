/* Live streams over HTTP as a player sees them: the paths that are streams, the players that may have them, and the counters. */
#include "app/http/live.h"

#include "app/serving.h"
#include "app/source/life.h"
#include "core/attr.h"

#define REMUX "http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }"

static struct caller    caller;
static struct source   *source;
static struct publisher publisher;

static int setup(void **state)
{
    (void)state;
    caller.fd = -1;
    source = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hang_up(&caller);
    if (source)
        source_unpublish(source, &publisher);
    source_release(source);
    serve_no_more();
    return 0;
}

/* Begin a server whose vhost v has these directives. */
static void serve_vhost(const char *directives)
{
    char text[1024];
    snprintf(text, sizeof text,
             "http_server { enabled on; dir ./objs/none; } vhost v { %s } vhost off { enabled off; %s }", directives,
             REMUX);
    serve_with(text);
}

/* Publish v/live/cam: H.264 and AAC by their labels, which is enough for a test of admission. */
static void publish(void)
{
    publisher = (struct publisher){ .co = co_self(), .trace = "publish" };
    assert_null(
        source_acquire(&source, &server.sources, server.conf, conf_find_vhost(server.conf, "v"), "live", "cam"));
    assert_null(source_publish(source, &publisher));
    append(source, "M1 V1 A1 K1 a1 p2 a2");
}

static void ask_with(const char *path, const char *fields)
{
    char request[1024];
    int  len = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: v\r\n%s\r\n", path, fields);
    say_bytes(&caller, request, (size_t)len);
}

static void ask(const char *path)
{
    call_up(&caller, "HTTP-Server");
    ask_with(path, "");
}

/* ---- access ---- */

struct row {
    const char *directives, *path, *fields, *status;
};

static void each_refusal_has_its_status(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        { REMUX,                                        "/live/cam.flv", "",          "HTTP/1.1 200 " },
        { REMUX " security { enabled on; deny play 192.0.2.0/24; }",
                                                        "/live/cam.flv", "",          "HTTP/1.1 403 " },
        { REMUX " security { enabled on; deny publish all; allow play all; }",
                                                        "/live/cam.flv", "",          "HTTP/1.1 200 " },
        { REMUX " refer { enabled on; play a.test; }",  "/live/cam.flv", "",          "HTTP/1.1 403 " },
        { REMUX " refer { enabled on; play a.test; }",  "/live/cam.flv", "Referer: http://a.test/\r\n",
                                                                                      "HTTP/1.1 200 " },
        { REMUX " cluster { mode remote; origin 127.0.0.1:9; token_traverse on; }",
                                                        "/live/cam.flv", "",          "HTTP/1.1 503 " },
        { "http_remux { enabled on; mount [vhost]/[app]/[stream].mp3; }",
                                                        "/live/cam.mp3", "",          "HTTP/1.1 406 " },
        { "http_remux { enabled on; wait 0; }",         "/live/no.flv",  "",          "HTTP/1.1 404 " },
        { REMUX,                                        "/live/cam.flv?vhost=off", "", "HTTP/1.1 404 " },
        { REMUX,                                        "/live/cam.ts",  "",          "HTTP/1.1 404 " },
        { REMUX,                                        "/live/../../x.flv", "",      "HTTP/1.1 400 " },
        { "http_remux { enabled off; }",                "/live/cam.flv", "",          "HTTP/1.1 404 " },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        serve_vhost(rows[i].directives);
        publish();
        call_up(&caller, "HTTP-Server");
        ask_with(rows[i].path, rows[i].fields);
        if (!hears(&caller, "\r\n\r\n") || strncmp(caller.heard, rows[i].status, strlen(rows[i].status)) != 0)
            fail_msg("row %zu, %s: %.40s", i, rows[i].path, caller.heard);
        hang_up(&caller);
        wait_for_the_end();
        source_unpublish(source, &publisher);
        source_release(source);
        source = NULL;
        serve_no_more();
    }
    serve_vhost("");
}

static void a_refusal_is_counted_nowhere_and_keeps_the_connection(void **state)
{
    (void)state;
    serve_vhost(REMUX " security { enabled on; deny play all; }");
    ask("/live/cam.flv");
    assert_true(hears(&caller, "HTTP/1.1 403 "));
    assert_int_equal(server.registry.n_clients, 0);
    assert_int_equal(server.sources.by_key.count, 0);
    ask_with("/live/cam.flv?again", "");
    caller.len = 0;
    assert_true(hears(&caller, "HTTP/1.1 403 "));
}

/* ---- counters ---- */

static void a_player_is_a_client_while_it_plays(void **state)
{
    (void)state;
    serve_vhost(REMUX);
    publish();
    ask("/live/cam.flv?token=t");
    assert_true(hears(&caller, "FLV\x01"));
    assert_int_equal(server.registry.n_clients, 1);
    const struct client *c = LIST_ENTRY(server.registry.clients.next, struct client, link);
    assert_string_equal(c->type->name, "flv-play");
    assert_string_equal(c->ip, "192.0.2.7");
    assert_string_equal(c->name, "cam.flv");
    assert_string_equal(c->page_url, "");
    assert_non_null(strstr(c->tc_url, "http://v:"));
    assert_non_null(strstr(c->tc_url, "/live"));
    hang_up(&caller);
    wait_for_clients(0);
}

static void what_a_player_gets_is_counted_when_it_leaves(void **state)
{
    (void)state;
    serve_vhost(REMUX);
    publish();
    ask("/live/cam.flv");
    assert_true(hears(&caller, "a2"));
    hang_up(&caller);
    wait_for_clients(0);
    assert_true(server.registry.traffic.bytes_out >= (int64_t)caller.len);
    assert_int_equal(server.registry.traffic.bytes_out, source->traffic.bytes_out);
}

static void a_player_is_not_charged_with_the_requests_before_it(void **state)
{
    (void)state;
    serve_vhost(REMUX);
    publish();
    ask("/none");
    assert_true(hears(&caller, "\r\n\r\n"));
    int64_t before = (int64_t)caller.len;
    ask_with("/live/cam.flv", "");
    assert_true(hears(&caller, "a2"));
    hang_up(&caller);
    wait_for_clients(0);
    assert_true(server.registry.traffic.bytes_out > 0);
    assert_true(server.registry.traffic.bytes_out <= (int64_t)caller.len - before);
}

static void a_page_cannot_speak_to_the_terminal_through_the_api(void **state)
{
    (void)state;
    serve_vhost(REMUX);
    publish();
    call_up(&caller, "HTTP-Server");
    ask_with("/live/cam.flv", "Referer: http://a.test/\xc2\x9b[2J\r\n");
    assert_true(hears(&caller, "FLV\x01"));
    const struct client *c = LIST_ENTRY(server.registry.clients.next, struct client, link);
    assert_null(strstr(c->page_url, "\xc2\x9b"));
}

static void a_kick_ends_a_player(void **state)
{
    (void)state;
    serve_vhost(REMUX);
    publish();
    ask("/live/cam.flv");
    assert_true(hears(&caller, "FLV\x01"));
    co_cancel(LIST_ENTRY(server.registry.clients.next, struct client, link)->co);
    hear_all(&caller);
    assert_int_equal(server.registry.n_clients, 0);
}

/* ---- begin and end ---- */

static void a_player_may_come_before_its_publisher(void **state)
{
    (void)state;
    serve_vhost(REMUX);
    ask("/live/cam.flv");
    assert_true(hears(&caller, "HTTP/1.1 200 OK\r\n"));
    assert_false(memmem(caller.heard, caller.len, "FLV\x01", 4));
    publish();
    assert_true(hears(&caller, "FLV\x01"));
}

static void the_reply_ends_with_its_last_chunk_when_the_stream_ends(void **state)
{
    (void)state;
    serve_vhost(REMUX);
    publish();
    ask("/live/cam.flv");
    assert_true(hears(&caller, "FLV\x01"));
    source_unpublish(source, &publisher);
    assert_true(hears(&caller, "\r\n0\r\n\r\n"));
    caller.len = 0;
    ask_with("/none", ""); /* the connection goes on */
    assert_true(hears(&caller, "HTTP/1.1 404 "));
}

static void head_gets_no_body_and_is_no_player_for_long(void **state)
{
    (void)state;
    static const char request[] = "HEAD /live/cam.flv HTTP/1.1\r\nHost: v\r\n\r\n";
    serve_vhost(REMUX);
    publish();
    call_up(&caller, "HTTP-Server");
    say_bytes(&caller, request, sizeof request - 1);
    assert_true(hears(&caller, "\r\n\r\n"));
    wait_for_clients(0);
    assert_false(memmem(caller.heard, caller.len, "FLV\x01", 4));
}

static void a_stream_in_a_websocket_is_a_stream(void **state)
{
    (void)state;
    serve_vhost(REMUX);
    publish();
    call_up(&caller, "HTTP-Server");
    ask_with("/live/cam.flv", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    assert_true(hears(&caller, "HTTP/1.1 101 "));
    assert_true(hears(&caller, "FLV\x01"));
    assert_int_equal(server.registry.n_clients, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_refusal_has_its_status),
        TEST(a_refusal_is_counted_nowhere_and_keeps_the_connection),
        TEST(a_player_is_a_client_while_it_plays),
        TEST(what_a_player_gets_is_counted_when_it_leaves),
        TEST(a_player_is_not_charged_with_the_requests_before_it),
        TEST(a_page_cannot_speak_to_the_terminal_through_the_api),
        TEST(a_kick_ends_a_player),
        TEST(a_player_may_come_before_its_publisher),
        TEST(the_reply_ends_with_its_last_chunk_when_the_stream_ends),
        TEST(head_gets_no_body_and_is_no_player_for_long),
        TEST(a_stream_in_a_websocket_is_a_stream),
    };
    return cmocka_run_group_tests(tests, serving_begin, serving_end);
}
