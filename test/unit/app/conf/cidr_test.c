/* Addresses and ranges: their spelling, and whether an address lies in a range. */
#include <cmocka.h>
#include <string.h>

#include "app/conf/cidr.h"
#include "core/attr.h"

static bool parse(const char *text, struct cidr *out)
{
    return cidr_parse(text, strlen(text), out);
}

static void what_is_no_range_is_in_none(void **state)
{
    static const char *const texts[] = {
        "",
        "x",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "1.2.3.4/",
        "1.2.3.4/33",
        "1.2.3.4/-1",
        "1.2.3.4/+8",
        "1.2.3.4/ 8",
        "1.2.3.4/8/8",
        "::1/129",
        "::1/x",
        "[::1]",
        "1.2.3.4 ",
        "/8",
        "none",
        "1.2.3.4/99999999999",
        "1111111111111111111111111111111111111111111111111111111111111111111111111111111"
    };
    (void)state;
    struct cidr everything, c;
    assert_true(parse("0.0.0.0/0", &everything));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (parse(texts[i], &c))
            fail_msg("%s", texts[i]);
        assert_int_equal(c.bits, 0);
        assert_false(cidr_contains(&everything, &c));
        assert_false(cidr_contains(&c, &c));
    }
    assert_false(cidr_parse("1.2.3.4\0x", 9, &c));
}

struct row {
    const char *outer, *inner;
    bool        contains;
};

static void ranges_contain_what_shares_their_prefix(void **state)
{
    static const struct row rows[] = {
        { "10.0.0.0/8", "10.255.1.2", true },
        { "10.0.0.0/8", "11.0.0.1", false },
        { "192.168.4.0/22", "192.168.7.255", true },
        { "192.168.4.0/22", "192.168.8.0", false },
        { "192.168.4.77/22", "192.168.4.1", true }, /* bits after the prefix do not count */
        { "1.2.3.4", "1.2.3.4", true },
        { "1.2.3.4", "1.2.3.5", false },
        { "1.2.3.4/0", "9.9.9.9", true },
        { "0.0.0.0/0", "2001:db8::1", false },
        { "::/0", "1.2.3.4", false },
        { "2001:db8::/33", "2001:db8:7fff::1", true },
        { "2001:db8::/33", "2001:db8:8000::1", false },
        { "fe80::/10", "fe80::1%eth0", true },
        { "10.0.0.0/8", "10.1.0.0/16", true },
        { "10.1.0.0/16", "10.0.0.0/8", false },
        /* an IPv4 address mapped into IPv6, on either side */
        { "10.0.0.0/8", "::ffff:10.1.1.1", true },
        { "::ffff:10.0.0.0/104", "10.1.1.1", true },
        { "::ffff:10.0.0.0/104", "11.1.1.1", false },
        { "::/80", "::ffff:10.1.1.1", false }, /* it counts as IPv4 */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cidr outer, inner;
        assert_true(parse(rows[i].outer, &outer));
        assert_true(parse(rows[i].inner, &inner));
        if (cidr_contains(&outer, &inner) != rows[i].contains)
            fail_msg("%s, %s", rows[i].outer, rows[i].inner);
    }
}

static void loopback_is_this_host(void **state)
{
    static const struct {
        const char *text;
        bool        is;
    } rows[] = {
        { "127.0.0.1", true },    { "127.255.0.9", true }, { "::1", true },       { "::ffff:127.0.0.1", true },
        { "127.0.0.0/8", true },  { "126.0.0.1", false },  { "0.0.0.0", false },  { "::", false },
        { "127.0.0.0/7", false }, { "::2", false },        { "10.0.0.1", false }, { "", false },
        { "localhost", false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cidr c;
        cidr_parse(rows[i].text, strlen(rows[i].text), &c);
        if (cidr_is_loopback(&c) != rows[i].is)
            fail_msg("%s", rows[i].text);
    }
}

static void ranges_are_written_without_the_bits_behind_their_prefix(void **state)
{
    static const struct {
        const char *text;
        int         prefix;
        const char *ip;
    } rows[] = {
        { "192.168.7.77", 32, "192.168.7.77" },
        { "192.168.7.77", 22, "192.168.4.0" },
        { "192.168.7.77", 24, "192.168.7.0" },
        { "192.168.7.77", 0, "0.0.0.0" },
        { "::ffff:10.1.1.1", 8, "10.0.0.0" },
        { "2001:DB8:0:1:2:3:4:5", 128, "2001:db8:0:1:2:3:4:5" },
        { "2001:db8:0:1:2:3:4:5", 64, "2001:db8:0:1::" },
        { "2001:db8:ffff::1", 33, "2001:db8:8000::" },
        { "2001:db8::1", 0, "::" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cidr c;
        char        ip[INET6_ADDRSTRLEN];
        assert_true(parse(rows[i].text, &c));
        cidr_mask(&c, rows[i].prefix);
        cidr_format_ip(&c, ip);
        assert_int_equal(c.prefix, rows[i].prefix);
        assert_string_equal(ip, rows[i].ip);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_range_is_in_none),
        cmocka_unit_test(ranges_contain_what_shares_their_prefix),
        cmocka_unit_test(loopback_is_this_host),
        cmocka_unit_test(ranges_are_written_without_the_bits_behind_their_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
