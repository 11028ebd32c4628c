/* The table of bans: what is covered, what is replaced, what gives way. */
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "app/bans/bans.h"
#include "core/clock.h"
#include "core/mem.h"
#include "loop.h"

static struct err *add(enum ban_kind kind, const char *text, int64_t life_us, bool automatic, const struct ban **out)
{
    char subject[BAN_SUBJECT_CAP];
    if (!ban_subject(kind, text, subject))
        fail_msg("%s names nothing", text);
    const struct ban_wish wish = {
        .kind = kind,
        .subject = subject,
        .reason = "",
        .automatic = automatic,
        .until_us = life_us ? now_us() + life_us : DEADLINE_NEVER,
    };
    return bans_add(&wish, out);
}

static void ban(const char *address)
{
    assert_null(add(BAN_ADDRESS, address, 0, false, NULL));
}

static int finish(void **state)
{
    (void)state;
    bans_finish();
    return 0;
}

struct cover_row {
    const char *range, *ip;
    bool        covers;
};

static void a_range_covers_the_addresses_in_it(void **state)
{
    static const struct cover_row rows[] = {
        { "10.0.0.1", "10.0.0.1", true },
        { "10.0.0.1", "10.0.0.2", false },
        { "10.1.2.3/8", "10.255.0.1", true },
        { "10.1.2.3/8", "11.0.0.1", false },
        { "192.168.4.0/22", "192.168.7.9", true },
        { "192.168.4.0/22", "192.168.8.0", false },
        { "0.0.0.0/0", "9.9.9.9", true },
        { "0.0.0.0/0", "2001:db8::1", false },
        { "::/0", "2001:db8::1", true },
        { "::/0", "9.9.9.9", false },
        { "2001:db8::/33", "2001:db8:7fff::", true },
        { "2001:db8::/33", "2001:db8:8000::", false },
        { "10.0.0.0/8", "::ffff:10.1.1.1", true },
        { "10.0.0.0/8", "nonsense", false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ban(rows[i].range);
        if ((bans_find_ip(rows[i].ip) != NULL) != rows[i].covers)
            fail_msg("%s, %s", rows[i].range, rows[i].ip);
        bans_finish();
        assert_null(bans_find_ip(rows[i].ip));
    }
}

static void a_socket_address_is_found_as_its_text_is(void **state)
{
    struct sockaddr_in  ipv4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001) };
    struct sockaddr_in6 mapped = { .sin6_family = AF_INET6,
                                   .sin6_addr.s6_addr = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 } };
    struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_addr.s6_addr = { 0x20, 0x01, [15] = 1 } };
    struct sockaddr     local = { .sa_family = AF_UNIX };
    (void)state;
    ban("10.0.0.0/24");
    ban("2001::/64");
    assert_true(bans_shut_out_peer((struct sockaddr *)&ipv4, false));
    assert_true(bans_shut_out_peer((struct sockaddr *)&mapped, false));
    assert_true(bans_shut_out_peer((struct sockaddr *)&ipv6, false));
    assert_false(bans_shut_out_peer(&local, false));
    ipv4.sin_addr.s_addr = htonl(0x0a000101);
    ipv6.sin6_addr.s6_addr[7] = 1;
    assert_false(bans_shut_out_peer((struct sockaddr *)&ipv4, false));
    assert_false(bans_shut_out_peer((struct sockaddr *)&ipv6, false));
}

static void this_machine_is_not_shut_out_of_the_api(void **state)
{
    (void)state;
    ban("0.0.0.0/0");
    ban("::/0");
    assert_true(bans_shut_out_ip("127.0.0.9", false) && bans_shut_out_ip("::1", false));
    assert_false(bans_shut_out_ip("127.0.0.9", true) || bans_shut_out_ip("::1", true));
    assert_true(bans_shut_out_ip("10.0.0.1", true) && bans_shut_out_ip("2001:db8::1", true));
}

static void kinds_do_not_mix(void **state)
{
    (void)state;
    assert_null(add(BAN_USER, "10.0.0.1", 0, false, NULL));
    assert_null(add(BAN_STREAM, "live/cam", 0, false, NULL));
    assert_null(bans_find_ip("10.0.0.1"));
    assert_non_null(bans_find_user("10.0.0.1"));
    assert_null(bans_find_user("/live/cam"));
    assert_null(bans_find_user(NULL));
    assert_non_null(bans_find_stream("/live/cam"));
    assert_null(bans_find_stream("/live/cam2"));
}

static void a_ban_that_is_over_covers_nobody(void **state)
{
    (void)state;
    assert_null(add(BAN_ADDRESS, "10.0.0.1", 1, false, NULL));
    assert_null(add(BAN_USER, "u", 1, false, NULL));
    int64_t until_us = now_us() + 10;
    while (now_us() < until_us)
        ;
    assert_null(bans_find_ip("10.0.0.1"));
    assert_null(bans_find_user("u"));
}

static void a_ban_of_the_same_subject_is_replaced(void **state)
{
    const struct ban *first, *again;
    char              id[IDENT_CAP];
    (void)state;
    assert_null(add(BAN_ADDRESS, "10.0.0.1", 0, true, &first));
    strcpy(id, first->id);
    assert_null(add(BAN_ADDRESS, "10.0.0.1/32", 0, false, &again));
    assert_string_equal(again->id, id);
    assert_false(again->automatic);
    assert_int_equal(bans_roll()->count, 1);
    assert_null(add(BAN_ADDRESS, "10.0.0.1", 1, true, &again)); /* what somebody has said is not shortened */
    assert_true(again->until_us == DEADLINE_NEVER);
    assert_true(bans_lift(id));
    assert_false(bans_lift(id));
    assert_null(bans_find_ip("10.0.0.1"));
}

static void a_ban_that_is_over_does_not_keep_out_one_that_the_server_makes(void **state)
{
    (void)state;
    assert_null(add(BAN_ADDRESS, "10.0.0.2", 1, false, NULL)); /* sweeps: the next one is in a second */
    assert_null(add(BAN_ADDRESS, "10.0.0.1", 1, false, NULL));
    int64_t until_us = now_us() + 10;
    while (now_us() < until_us)
        ;
    assert_null(add(BAN_ADDRESS, "10.0.0.1", 0, true, NULL));
    assert_non_null(bans_find_ip("10.0.0.1"));
}

static void fill(int n, int net, bool automatic)
{
    for (int i = 0; i < n; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d.%d.%d.%d", net, i >> 16, i >> 8 & 255, i & 255);
        assert_null(add(BAN_ADDRESS, text, 0, automatic, NULL));
    }
}

static void bans_that_the_server_makes_give_way(void **state)
{
    (void)state;
    fill(BANS_AUTOMATIC_MAX + 1, 10, true);
    assert_int_equal(bans_roll()->count, BANS_AUTOMATIC_MAX);
    assert_null(bans_find_ip("10.0.0.0"));
    assert_non_null(bans_find_ip("10.0.0.1"));
    fill(BANS_MAX, 11, false);
    assert_int_equal(bans_roll()->count, BANS_MAX);
    assert_null(bans_find_ip("10.0.0.1"));
    assert_int_equal(code_of(add(BAN_ADDRESS, "12.0.0.1", 0, false, NULL)), E_LIMIT);
    assert_int_equal(code_of(add(BAN_ADDRESS, "12.0.0.1", 0, true, NULL)), E_LIMIT);
    ban("11.0.0.5"); /* is there already */
    assert_null(bans_find_ip("12.0.0.1"));
}

static void without_memory_there_is_no_ban(void **state)
{
    struct err *e;
    (void)state;
    ban("10.0.0.9");
    for (int64_t n = 0;; n++) {
        mem_fail_after(n);
        e = add(BAN_ADDRESS, "10.0.0.1", 0, false, NULL);
        mem_fail_after(-1);
        if (!e)
            break;
        assert_int_equal(code_of(e), E_NO_MEMORY);
        assert_null(bans_find_ip("10.0.0.1"));
        assert_int_equal(bans_roll()->count, 1);
    }
    assert_non_null(bans_find_ip("10.0.0.1"));
    assert_non_null(bans_find_ip("10.0.0.9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_range_covers_the_addresses_in_it, finish),
        cmocka_unit_test_teardown(a_socket_address_is_found_as_its_text_is, finish),
        cmocka_unit_test_teardown(this_machine_is_not_shut_out_of_the_api, finish),
        cmocka_unit_test_teardown(kinds_do_not_mix, finish),
        cmocka_unit_test_teardown(a_ban_that_is_over_covers_nobody, finish),
        cmocka_unit_test_teardown(a_ban_of_the_same_subject_is_replaced, finish),
        cmocka_unit_test_teardown(a_ban_that_is_over_does_not_keep_out_one_that_the_server_makes, finish),
        cmocka_unit_test_teardown(bans_that_the_server_makes_give_way, finish),
        cmocka_unit_test_teardown(without_memory_there_is_no_ban, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
