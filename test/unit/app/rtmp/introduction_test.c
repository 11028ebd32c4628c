/* The introduction of RTMP clients: clients behind proxies, peers that speak another protocol, peers that leave. */
#include "app/rtmp/introduction.h"

#include "app/rtmp/rtmp_caller.h"
#include "core/attr.h"

#define LIVE "rtmp://v/live"

static struct caller a;

static int setup(void **state)
{
    (void)state;
    a.fd = -1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hang_up(&a);
    serve_no_more();
    return 0;
}

/* ---- clients behind proxies ---- */

#define RTMP_PREFIX "\xf3\x00\x04\xc6\x33\x64\x09" /* 198.51.100.9 */
#define PROXY_LINE "PROXY TCP4 198.51.100.9 192.0.2.1 4711 1935\r\n"

/* Connect a player from 192.0.2.7 behind this PROXY header and return the address that the server takes for it. */
static const char *address_behind(const char *proxy, size_t len)
{
    introduce_behind(&a, proxy, len, LIVE);
    say_call(&a, "createStream", 2, NULL);
    say_call(&a, "play", 3, "cam");
    return hears(&a, "NetStream.Play.Start") ? LIST_ENTRY(server.registry.clients.prev, struct client, link)->ip
                                             : "none";
}

static void a_trusted_proxy_speaks_for_its_client(void **state)
{
    (void)state;
    serve_with("vhost v { } trusted_proxies 192.0.2.0/24; proxy_protocol on;");
    assert_string_equal(address_behind(RTMP_PREFIX, sizeof RTMP_PREFIX - 1), "198.51.100.9");
    hang_up(&a);
    wait_for_the_end();
    assert_string_equal(address_behind(PROXY_LINE, sizeof PROXY_LINE - 1), "198.51.100.9");
    hang_up(&a);
    wait_for_the_end();
    assert_string_equal(address_behind("", 0), "192.0.2.7");
}

static void a_stranger_speaks_for_itself(void **state)
{
    (void)state;
    serve_with("vhost v { } proxy_protocol on;");
    assert_string_equal(address_behind(RTMP_PREFIX, sizeof RTMP_PREFIX - 1), "192.0.2.7");
    hang_up(&a);
    wait_for_the_end();
    assert_string_equal(address_behind(PROXY_LINE, sizeof PROXY_LINE - 1), "none");
}

/* ---- peers that are not clients ---- */

static void what_is_no_rtmp_ends(void **state)
{
    static const char *const words[] = { "GET / HTTP/1.1\r\nHost: v\r\n\r\n", "\x16\x03\x01\x02\x00\x01", "\x06" };
    (void)state;
    serve_with("vhost v { }");
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        call_up(&a, "RTMP");
        say_bytes(&a, words[i], strlen(words[i]));
        shutdown(a.fd, SHUT_WR);
        hear_all(&a);
        hang_up(&a);
    }
    wait_for_the_end();
    assert_int_equal(server.registry.traffic.bytes_in, 0);
}

static void a_client_may_leave_at_every_step(void **state)
{
    (void)state;
    serve_with("vhost v { }");
    for (int step = 0; step < 4; step++) {
        call_up(&a, "RTMP");
        if (step == 1)
            say_bytes(&a, "\x03", 1);
        hang_up(&a);
        introduce(&a, LIVE);
        if (step >= 2)
            say_call(&a, "createStream", 2, NULL);
        if (step == 3)
            say_call(&a, "play", 3, "cam");
        hang_up(&a);
    }
    wait_for_the_end();
    assert_int_equal(server.registry.n_clients, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_trusted_proxy_speaks_for_its_client),
        TEST(a_stranger_speaks_for_itself),
        TEST(what_is_no_rtmp_ends),
        TEST(a_client_may_leave_at_every_step),
    };
    return cmocka_run_group_tests(tests, serving_begin, serving_end);
}
