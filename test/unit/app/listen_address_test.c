/* The endpoints of `listen` as addresses to bind. */
#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>

#include "app/listen_address.h"
#include "core/attr.h"
#include "protocol/io.h"

struct row {
    const char *text, *printed;
};

static void an_endpoint_is_read_in_all_its_spellings(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "1935", "0.0.0.0:1935" },
        { "0.0.0.0:1935", "0.0.0.0:1935" },
        { "127.0.0.1:19350", "127.0.0.1:19350" },
        { "[::]:1935", "[::]:1935" },
        { "[::1]:1935", "[::1]:1935" },
        { "[2001:db8::7]:65535", "[2001:db8::7]:65535" },
        { "65535", "0.0.0.0:65535" },
        { ":::1935", "[::]:1935" },
        { "1935x", "0.0.0.0:1935" }, /* all numbers of a configuration are read so: up to the first other character */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct listen_address e;
        char                  text[IO_ADDR_CAP];
        assert_true(listen_address_parse(rows[i].text, &e));
        assert_string_equal(io_addr_text((struct sockaddr *)&e.addr, text), rows[i].printed);
        bool v6 = rows[i].printed[0] == '[';
        assert_int_equal(e.addr.ss_family, v6 ? AF_INET6 : AF_INET);
        assert_int_equal(e.len, v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
    }
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "x",
        "-1",
        "65536",
        "99999999999999999999",
        "0",
        "1.2.3:1935",
        "1.2.3.4:",
        "[::1]",
        "[::1]:",
        "[::1:1935",
        "::1]:1935",
        "[zz]:1935",
        "1.2.3.4:99999",
        "[::]:65536",
        "1.2.3.4.5:1",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct listen_address e;
        if (listen_address_parse(texts[i], &e))
            fail_msg("\"%s\" was taken for an endpoint", texts[i]);
    }
}

static void equal_endpoints_are_equal_as_bytes(void **state)
{
    (void)state;
    struct listen_address a, b, c;
    memset(&a, 0xee, sizeof a);
    memset(&b, 0x11, sizeof b);
    assert_true(listen_address_parse("1935", &a));
    assert_true(listen_address_parse("0.0.0.0:1935", &b));
    assert_true(listen_address_parse("127.0.0.1:1935", &c));
    assert_memory_equal(&a.addr, &b.addr, sizeof a.addr);
    assert_memory_not_equal(&a.addr, &c.addr, sizeof a.addr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endpoint_is_read_in_all_its_spellings),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(equal_endpoints_are_equal_as_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
