#include "app/rtc/candidates.h"

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/conf/local_address.h"
#include "core/attr.h"

static char *ports[] = { "8000" };

static struct conf plain(const char *candidate)
{
    return (struct conf){ .rtc_server = { .listen = { ports, 1 },
                                          .candidate = (char *)candidate,
                                          .host_is_candidate = true,
                                          .detects = true } };
}

static struct sdp_local local;

static void find(const struct conf *conf, const char *host, const char *wanted)
{
    assert_null(rtc_candidates_find(&local, conf, host, wanted));
}

static void expect(size_t i, const char *address, int port)
{
    assert_true(i < local.n_candidates);
    assert_string_equal(local.candidates[i].address, address);
    assert_int_equal(local.candidates[i].port, port);
    assert_false(local.candidates[i].is_tcp);
}

static void what_is_asked_for_comes_first_and_nothing_twice(void **state)
{
    (void)state;
    struct conf conf = plain("192.0.2.1");
    find(&conf, "198.51.100.7:1985", "203.0.113.9:9000");
    assert_int_equal(local.n_candidates, 3);
    expect(0, "203.0.113.9", 9000);
    expect(1, "198.51.100.7", 8000);
    expect(2, "192.0.2.1", 8000);
    find(&conf, "192.0.2.1", "192.0.2.1");
    assert_int_equal(local.n_candidates, 1);
}

static void addresses_have_ports_in_every_way_of_writing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *address;
        int         port;
    } rows[] = {
        { "192.0.2.1", "192.0.2.1", 8000 },
        { "192.0.2.1:9", "192.0.2.1", 9 },
        { "192.0.2.1:0", "192.0.2.1", 8000 },
        { "192.0.2.1:70000", "192.0.2.1", 8000 },
        { "2001:db8::1", "2001:db8::1", 8000 },
        { "[2001:db8::1]", "2001:db8::1", 8000 },
        { "[2001:db8::1]:9", "2001:db8::1", 9 },
        { "media.example.com", "media.example.com", 8000 },
        { "media.example.com:9", "media.example.com", 9 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct conf conf = plain(rows[i].text);
        find(&conf, NULL, NULL);
        assert_int_equal(local.n_candidates, 1);
        expect(0, rows[i].address, rows[i].port);
    }
}

static void hosts_that_lead_nowhere_are_left_out(void **state)
{
    (void)state;
    struct conf              conf = plain("192.0.2.1");
    static const char *const nowhere[] = { "127.0.0.1:1985", "localhost:1985", "0.0.0.0", "[::1]:1985", "::", "" };
    for (size_t i = 0; i < ARRAY_LEN(nowhere); i++) {
        find(&conf, nowhere[i], NULL);
        assert_int_equal(local.n_candidates, 1);
        expect(0, "192.0.2.1", 8000);
    }
    conf.rtc_server.host_is_candidate = false;
    find(&conf, "198.51.100.7", NULL);
    assert_int_equal(local.n_candidates, 1);
}

static void a_name_may_be_kept_as_it_is(void **state)
{
    (void)state;
    struct conf conf = plain("192.0.2.1");
    conf.rtc_server.keeps_host = true;
    find(&conf, "live.example.com:1985", NULL);
    assert_int_equal(local.n_candidates, 2);
    expect(0, "live.example.com", 8000);
}

static void a_variable_names_the_address(void **state)
{
    (void)state;
    struct conf conf = plain("$RTC_TEST_CANDIDATE");
    setenv("RTC_TEST_CANDIDATE", "192.0.2.3:99", 1);
    find(&conf, NULL, NULL);
    expect(0, "192.0.2.3", 99);
    unsetenv("RTC_TEST_CANDIDATE");
    find(&conf, NULL, NULL); /* as * */
    assert_true(local.n_candidates > 0);
}

static void a_star_means_the_addresses_of_this_machine(void **state)
{
    (void)state;
    char        address[INET6_ADDRSTRLEN];
    struct conf conf = plain("*");
    conf.rtc_server.ip_family = CONF_IP_ALL;
    find(&conf, NULL, NULL);
    size_t n = (size_t)local_address_count();
    assert_int_equal(local.n_candidates, n < SDP_LOCAL_CANDIDATES_MAX ? n : SDP_LOCAL_CANDIDATES_MAX);
    assert_true(local_address_find(0, address));
    expect(0, address, 8000);
    conf.rtc_server.ip_family = CONF_IPV6;
    find(&conf, NULL, NULL);
    for (size_t i = 0; i < local.n_candidates; i++)
        assert_non_null(strchr(local.candidates[i].address, ':'));
    conf.rtc_server.detects = false;
    find(&conf, NULL, NULL);
    assert_int_equal(local.n_candidates, 1);
}

static void each_address_is_told_by_the_transports_that_are_served(void **state)
{
    (void)state;
    static char      *tcp[] = { "[::]:8001", "8002" };
    static const char kinds[][3] = { "u", "u", "u", "u", "t", "ut" }; /* tcp off, then on; for udp, tcp, all */
    for (int row = 0; row < 6; row++) {
        struct conf conf = plain("192.0.2.1");
        conf.rtc_server.tcp.enabled = row >= 3;
        conf.rtc_server.tcp.listen = (struct conf_words){ tcp, 2 };
        conf.rtc_server.protocol = row % 3;
        find(&conf, "198.51.100.7:1985", "203.0.113.9:9000");
        size_t n = strlen(kinds[row]);
        assert_int_equal(local.n_candidates, 3 * n);
        for (size_t i = 0; i < 3 * n; i++) {
            const struct sdp_candidate *c = &local.candidates[i];
            bool                        is_tcp = kinds[row][i % n] == 't';
            assert_int_equal(c->is_tcp, is_tcp);
            assert_int_equal(c->port, i < n ? 9000 : is_tcp ? 8001 : 8000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_for_comes_first_and_nothing_twice),
        cmocka_unit_test(addresses_have_ports_in_every_way_of_writing),
        cmocka_unit_test(hosts_that_lead_nowhere_are_left_out),
        cmocka_unit_test(a_name_may_be_kept_as_it_is),
        cmocka_unit_test(a_variable_names_the_address),
        cmocka_unit_test(a_star_means_the_addresses_of_this_machine),
        cmocka_unit_test(each_address_is_told_by_the_transports_that_are_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
