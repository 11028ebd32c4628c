/* RTMP connections as clients see them: refusals in RTMP's words, one stream after the other, and the counters. */
#include "app/rtmp/port.h"

#include "app/rtmp/rtmp_caller.h"
#include "core/attr.h"

#define LIVE "rtmp://v/live"

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

static void serve_vhost(const char *directives)
{
    char text[1024];
    snprintf(text, sizeof text, "vhost v { %s } vhost off { enabled off; }", directives);
    serve_with(text);
}

static const struct client *newest_client(void)
{
    return LIST_ENTRY(server.registry.clients.prev, struct client, link);
}

/* ---- refusals ---- */

struct row {
    const char *directives, *tc_url, *play, *publish; /* words that the client hears; NULL: it is admitted */
};

static void each_refusal_has_its_word(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        { "", LIVE, NULL, NULL },
        { "", "rtmp://x/live",   "NetStream.Play.StreamNotFound", "NetStream.Publish.Denied" },
        { "", "rtmp://off/live", "NetStream.Play.Failed",         "NetStream.Publish.Denied" },
        { "security { enabled on; deny play all; }",       LIVE, "NetStream.Play.Failed", NULL },
        { "security { enabled on; deny publish all; }",    LIVE, NULL, "NetStream.Publish.Denied" },
        { "refer { enabled on; all other.test; }",         LIVE, "NetStream.Play.Failed", "NetStream.Publish.Denied" },
        { "refer { enabled on; publish other.test; play page.test; }", LIVE, NULL, "NetStream.Publish.Denied" },
        { "cluster { token_traverse on; }", LIVE, NULL, NULL },
        { "cluster { mode remote; origin 127.0.0.1:9; }", LIVE, NULL, "NetStream.Publish.Failed" },
        { "cluster { mode remote; origin 127.0.0.1:9; token_traverse on; }", LIVE, "NetStream.Play.Failed", "NetStream.Publish.Failed" },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        serve_vhost(rows[i].directives);
        begin_playing(&a, rows[i].tc_url, "cam");
        if (!hears(&a, rows[i].play ? rows[i].play : "NetStream.Play.Start"))
            fail_msg("row %zu, play", i);
        begin_publishing(&b, rows[i].tc_url, "cam");
        if (!hears(&b, rows[i].publish ? rows[i].publish : "NetStream.Publish.Start"))
            fail_msg("row %zu, publish", i);
        assert_int_equal(server.registry.n_clients, !rows[i].play + !rows[i].publish);
        hang_up(&a);
        hang_up(&b);
        wait_for_the_end();
        serve_no_more();
    }
    serve_vhost("");
}

static void a_refused_client_is_told_why_before_the_end(void **state)
{
    (void)state;
    serve_vhost("security { enabled on; deny play 192.0.2.0/24; }");
    begin_playing(&a, LIVE, "cam");
    assert_true(hears(&a, "deny play 192.0.2.0/24 refuses 192.0.2.7"));
    shutdown(a.fd, SHUT_WR);
    hear_all(&a);
    wait_for_the_end();
}

static void a_second_publisher_is_refused_and_the_first_one_goes_on(void **state)
{
    (void)state;
    serve_vhost("");
    begin_publishing(&a, LIVE, "cam");
    assert_true(hears(&a, "NetStream.Publish.Start"));
    begin_publishing(&b, LIVE, "cam");
    assert_true(hears(&b, "NetStream.Publish.BadName"));
    hang_up(&b);
    wait_for_clients(1);
    assert_int_equal(server.connections.count, 1);
}

/* ---- counters ---- */

static void a_publisher_is_a_client_while_it_publishes(void **state)
{
    (void)state;
    serve_vhost("");
    begin_publishing(&a, LIVE "?token=t", "cam");
    assert_true(hears(&a, "NetStream.Publish.Start"));
    assert_int_equal(server.registry.n_clients, 1);
    const struct client *c = newest_client();
    assert_string_equal(c->type->name, "fmle-publish");
    assert_string_equal(c->ip, "192.0.2.7");
    assert_string_equal(c->tc_url, LIVE "?token=t");
    assert_string_equal(c->page_url, "http://page.test/");
    assert_string_equal(c->source->identity, "v/live/cam");
    hang_up(&a);
    wait_for_clients(0);
    wait_for_the_end();
}

static void a_second_stream_on_a_connection_is_not_charged_with_the_first(void **state)
{
    (void)state;
    serve_vhost("");
    begin_publishing(&a, LIVE, "one");
    assert_true(hears(&a, "NetStream.Publish.Start"));
    int64_t     before = *newest_client()->bytes_in;
    const char *first_id = newest_client()->id;
    a.len = 0;
    say_call(&a, "FCUnpublish", 6, "one");
    assert_true(hears(&a, "NetStream.Unpublish.Success"));
    wait_for_clients(0);
    a.len = 0;
    say_call(&a, "createStream", 7, NULL);
    say_call(&a, "publish", 8, "two");
    assert_true(hears(&a, "NetStream.Publish.Start"));
    const struct client *c = newest_client();
    assert_string_equal(c->source->identity, "v/live/two");
    assert_ptr_equal(c->id, first_id); /* one id for the whole connection */
    assert_true(c->counted_in >= before);
    int64_t all = *c->bytes_in;
    hang_up(&a);
    wait_for_the_end();
    assert_int_equal(server.registry.traffic.bytes_in, all); /* each byte is counted once */
}

static void a_kick_ends_a_publisher_and_frees_its_name(void **state)
{
    (void)state;
    serve_vhost("");
    begin_publishing(&a, LIVE, "cam");
    assert_true(hears(&a, "NetStream.Publish.Start"));
    co_cancel(newest_client()->co);
    hear_all(&a);
    wait_for_clients(0);
    begin_publishing(&b, LIVE, "cam");
    assert_true(hears(&b, "NetStream.Publish.Start"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_refusal_has_its_word),
        TEST(a_refused_client_is_told_why_before_the_end),
        TEST(a_second_publisher_is_refused_and_the_first_one_goes_on),
        TEST(a_publisher_is_a_client_while_it_publishes),
        TEST(a_second_stream_on_a_connection_is_not_charged_with_the_first),
        TEST(a_kick_ends_a_publisher_and_frees_its_name),
    };
    return cmocka_run_group_tests(tests, serving_begin, serving_end);
}
