/* The client's address, as trusted and untrusted peers report it. */
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "app/conf/conf_testing.h"
#include "app/session/client_address.h"
#include "loop.h"

enum { FIELDS = 4 };

struct row {
    const char      *peer;
    struct http_pair fields[FIELDS];
    const char      *client;
};

#define XFF "X-Forwarded-For"
#define XRI "X-Real-IP"

static const struct row rows[] = {
    /* a peer without such fields, and an untrusted peer with many */
    { "127.0.0.1", { { "Host", "x" } }, "127.0.0.1" },
    { "192.0.2.9", { { XFF, "192.0.2.7" }, { XRI, "192.0.2.8" } }, "192.0.2.9" },
    { "2001:db8::9", { { XFF, "192.0.2.7" } }, "2001:db8::9" },
    /* a trusted peer */
    { "127.0.0.1", { { XFF, "192.0.2.7" } }, "192.0.2.7" },
    { "127.0.0.1", { { "x-forwarded-for", "\t192.0.2.7 " } }, "192.0.2.7" },
    { "::1", { { XFF, "192.0.2.7" } }, "192.0.2.7" },
    { "10.1.2.3", { { XFF, "192.0.2.7" } }, "192.0.2.7" },
    { "127.0.0.1", { { XRI, "192.0.2.7" } }, "192.0.2.7" },
    { "127.0.0.1", { { XFF, "192.0.2.7" }, { XRI, "192.0.2.8" } }, "192.0.2.7" },
    /* read from the right: trusted proxies are passed over; everything before the first untrusted address may be invented */
    { "127.0.0.1", { { XFF, "6.6.6.6, 192.0.2.7" } }, "192.0.2.7" },
    { "127.0.0.1", { { XFF, "6.6.6.6, 192.0.2.7, 10.0.0.5,127.0.0.1" } }, "192.0.2.7" },
    { "127.0.0.1", { { XFF, "10.0.0.4, 10.0.0.5" } }, "10.0.0.4" },
    /* several fields are one list */
    { "127.0.0.1", { { XFF, "6.6.6.6" }, { "Via", "x" }, { XFF, "192.0.2.7" } }, "192.0.2.7" },
    { "127.0.0.1", { { XFF, "6.6.6.6, 192.0.2.7" }, { XFF, "10.0.0.5" } }, "192.0.2.7" },
    { "127.0.0.1", { { XRI, "6.6.6.6" }, { XRI, "192.0.2.7" } }, "192.0.2.7" },
    /* addresses with ports, in brackets, in any spelling */
    { "127.0.0.1", { { XFF, "192.0.2.7:4711" } }, "192.0.2.7" },
    { "127.0.0.1", { { XFF, "2001:DB8:0::7" } }, "2001:db8::7" },
    { "127.0.0.1", { { XFF, "[2001:db8::7]" } }, "2001:db8::7" },
    { "127.0.0.1", { { XFF, "[2001:db8::7]:4711" } }, "2001:db8::7" },
    { "127.0.0.1", { { XFF, "::ffff:192.0.2.7" } }, "192.0.2.7" },
    { "127.0.0.1", { { XRI, "192.0.2.7:80" } }, "192.0.2.7" },
    /* a word that is no address ends the walk */
    { "127.0.0.1", { { XFF, "unknown" } }, "127.0.0.1" },
    { "127.0.0.1", { { XFF, "" } }, "127.0.0.1" },
    { "127.0.0.1", { { XFF, "192.0.2.7," } }, "127.0.0.1" },
    { "127.0.0.1", { { XFF, "192.0.2.7, unknown, 10.0.0.5" } }, "10.0.0.5" },
    { "127.0.0.1", { { XFF, "192.0.2.7" }, { XFF, "x, 10.0.0.5" } }, "10.0.0.5" },
    { "127.0.0.1", { { XFF, "192.0.2.7/24" } }, "127.0.0.1" },
    { "127.0.0.1", { { XFF, "[2001:db8::7/64]" } }, "127.0.0.1" },
    { "127.0.0.1", { { XFF, "[2001:db8::7" } }, "127.0.0.1" },
    { "127.0.0.1", { { XRI, "<script>" } }, "127.0.0.1" },
    /* a peer without an address */
    { "unknown", { { XFF, "192.0.2.7" } }, "unknown" },
};

static void requests_name_their_client(void **state)
{
    (void)state;
    struct conf *conf = conf_of("trusted_proxies 127.0.0.0/8 ::1 10.0.0.0/8;");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_request r = { .fields = rows[i].fields };
        char                ip[INET6_ADDRSTRLEN];
        while (r.n_fields < FIELDS && rows[i].fields[r.n_fields].name)
            r.n_fields++;
        client_address_of_request(conf, rows[i].peer, &r, ip);
        if (strcmp(ip, rows[i].client) != 0)
            fail_msg("row %zu, %s: %s", i, rows[i].fields[0].value, ip);
    }
    conf_unref(&conf);
}

static void only_the_host_itself_is_trusted_by_default(void **state)
{
    (void)state;
    struct conf *conf = conf_of("");
    assert_true(client_address_is_trusted(conf, "127.0.0.1"));
    assert_true(client_address_is_trusted(conf, "127.8.8.8"));
    assert_true(client_address_is_trusted(conf, "::1"));
    assert_false(client_address_is_trusted(conf, "10.0.0.1"));
    assert_false(client_address_is_trusted(conf, "::2"));
    assert_false(client_address_is_trusted(conf, "unknown"));
    conf_unref(&conf);
}

static void none_trusts_nobody(void **state)
{
    (void)state;
    struct conf *conf = conf_of("trusted_proxies none;");
    assert_false(client_address_is_trusted(conf, "127.0.0.1"));
    conf_unref(&conf);
}

static void a_claim_counts_from_a_trusted_peer(void **state)
{
    (void)state;
    struct conf *conf = conf_of("");
    char         ip[INET6_ADDRSTRLEN] = "127.0.0.1";
    assert_true(client_address_claim(conf, ip, "192.0.2.7"));
    assert_string_equal(ip, "192.0.2.7");
    assert_false(client_address_claim(conf, ip, "192.0.2.8")); /* 192.0.2.7 is not trusted */
    assert_string_equal(ip, "192.0.2.7");
    conf_unref(&conf);
}

/* ---- the PROXY header of a connection */

static struct io a;
static int       b = -1;

static int setup(void **state)
{
    (void)state;
    return connect_ends(&a, &b);
}

static int teardown(void **state)
{
    (void)state;
    io_close(&a);
    close_end(&b);
    return 0;
}

static const char line[] = "PROXY TCP6 2001:db8::7 ::1 4711 1935\r\n";

/* Accept the connection: `ip` becomes the client's address, *left tells whether the header is still in the socket. */
static int accept_from(const char *directives, char *ip, bool *left)
{
    struct conf *conf = conf_of(directives);
    int          code = code_of(client_address_accept(conf, &a, ip, a_while()));
    char         buf[16];
    conf_unref(&conf);
    *left = recv(a.fd, buf, sizeof buf, MSG_DONTWAIT) > 0;
    return code;
}

static void a_trusted_peers_header_names_the_client(void **state)
{
    (void)state;
    char ip[INET6_ADDRSTRLEN] = "127.0.0.1";
    bool left;
    assert_int_equal(write(b, line, strlen(line)), strlen(line));
    assert_int_equal(accept_from("proxy_protocol on;", ip, &left), E_SUCCESS);
    assert_string_equal(ip, "2001:db8::7");
    assert_false(left);
}

static void nothing_is_read_from_strangers(void **state)
{
    (void)state;
    char ip[INET6_ADDRSTRLEN] = "192.0.2.9";
    bool left;
    assert_int_equal(write(b, line, strlen(line)), strlen(line));
    assert_int_equal(accept_from("proxy_protocol on;", ip, &left), E_SUCCESS);
    assert_string_equal(ip, "192.0.2.9");
    assert_true(left);
}

static void nothing_is_read_where_it_is_off(void **state)
{
    (void)state;
    char ip[INET6_ADDRSTRLEN] = "127.0.0.1";
    bool left;
    assert_int_equal(write(b, line, strlen(line)), strlen(line));
    assert_int_equal(accept_from("", ip, &left), E_SUCCESS);
    assert_string_equal(ip, "127.0.0.1");
    assert_true(left);
}

static void a_health_check_of_the_proxy_is_its_own(void **state)
{
    (void)state;
    char ip[INET6_ADDRSTRLEN] = "127.0.0.1";
    bool left;
    assert_int_equal(write(b, "PROXY UNKNOWN\r\n", 15), 15);
    assert_int_equal(accept_from("proxy_protocol on;", ip, &left), E_SUCCESS);
    assert_string_equal(ip, "127.0.0.1");
    assert_false(left);
}

static void a_broken_header_of_a_trusted_peer_is_an_error(void **state)
{
    (void)state;
    char ip[INET6_ADDRSTRLEN] = "127.0.0.1";
    bool left;
    assert_int_equal(write(b, "PROXY me\r\n", 10), 10);
    assert_int_equal(accept_from("proxy_protocol on;", ip, &left), E_PROXY_HEADER);
    assert_string_equal(ip, "127.0.0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_name_their_client),
        cmocka_unit_test(only_the_host_itself_is_trusted_by_default),
        cmocka_unit_test(none_trusts_nobody),
        cmocka_unit_test(a_claim_counts_from_a_trusted_peer),
        cmocka_unit_test_setup_teardown(a_trusted_peers_header_names_the_client, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_read_from_strangers, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_read_where_it_is_off, setup, teardown),
        cmocka_unit_test_setup_teardown(a_health_check_of_the_proxy_is_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_broken_header_of_a_trusted_peer_is_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
