/* Tallies: found by name, gone with the last client, kept for a minute where what has been done still counts. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/limits/tally.h"
#include "core/clock.h"
#include "core/mem.h"
#include "loop.h"

static int finish(void **state)
{
    (void)state;
    tallies_finish();
    return 0;
}

static void a_tally_lives_while_it_is_held(void **state)
{
    (void)state;
    struct tally *a = tally_acquire(TALLY_VHOST, "v", NULL), *b = tally_acquire(TALLY_VHOST, "v", NULL);
    struct tally *stream = tally_acquire(TALLY_STREAM, "v", "x"), *address = tally_acquire(TALLY_ADDRESS, "v", "x");
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(stream, address);
    assert_int_equal(tallies_count(), 3);
    tally_release(a);
    assert_int_equal(tallies_count(), 3);
    tally_release(b);
    tally_release(stream);
    tally_release(address);
    tally_release(NULL);
    assert_int_equal(tallies_count(), 0);
}

static void what_an_address_has_done_stays(void **state)
{
    (void)state;
    struct tally *a = tally_acquire(TALLY_ADDRESS, "v", "10.0.0.1");
    tally_rate_add(&a->arrivals, US_PER_SECOND, 1);
    tally_release(a);
    assert_int_equal(tallies_count(), 1);
    a = tally_acquire(TALLY_ADDRESS, "v", "10.0.0.1");
    assert_int_equal(tally_rate_add(&a->arrivals, US_PER_SECOND, 2), 2);
    tally_release(a);
}

static void the_oldest_without_clients_gives_way(void **state)
{
    char name[16];
    (void)state;
    struct tally *held = tally_acquire(TALLY_ADDRESS, "v", "held");
    for (int i = 0; i < TALLIES_MAX + 9; i++) {
        snprintf(name, sizeof name, "%d", i);
        struct tally *t = tally_acquire(TALLY_ADDRESS, "v", name);
        assert_non_null(t);
        t->arrivals.n = 1;
        tally_release(t);
    }
    assert_int_equal(tallies_count(), TALLIES_MAX);
    struct tally *again = tally_acquire(TALLY_ADDRESS, "v", "held"), *first = tally_acquire(TALLY_ADDRESS, "v", "0");
    assert_ptr_equal(again, held);
    assert_int_equal(first->arrivals.n, 0);
    tally_release(first);
    tally_release(again);
    tally_release(held);
}

static void a_span_begins_with_its_first(void **state)
{
    struct tally_rate r = { 0 };
    (void)state;
    assert_int_equal(tally_rate_add(&r, 10, 100), 1);
    assert_int_equal(tally_rate_add(&r, 10, 109), 2);
    assert_int_equal(tally_rate_add(&r, 10, 110), 1);
    assert_int_equal(tally_rate_add(&r, 10, 119), 2);
    assert_int_equal(tally_rate_add(&r, 10, 500), 1);
}

static void an_ipv6_client_is_its_network(void **state)
{
    char text[INET6_ADDRSTRLEN];
    (void)state;
    assert_string_equal(tally_address("10.1.2.3", text), "10.1.2.3");
    assert_string_equal(tally_address("2001:db8:1:2:3:4:5:6", text), "2001:db8:1:2::");
    assert_string_equal(tally_address("unknown", text), "unknown");
}

static void without_memory_there_is_no_tally(void **state)
{
    struct tally *t;
    (void)state;
    for (int64_t n = 0;; n++) {
        mem_fail_after(n);
        t = tally_acquire(TALLY_VHOST, "v", NULL);
        mem_fail_after(-1);
        if (t)
            break;
        assert_int_equal(tallies_count(), 0);
    }
    tally_release(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_tally_lives_while_it_is_held, finish),
        cmocka_unit_test_teardown(what_an_address_has_done_stays, finish),
        cmocka_unit_test_teardown(the_oldest_without_clients_gives_way, finish),
        cmocka_unit_test_teardown(a_span_begins_with_its_first, finish),
        cmocka_unit_test_teardown(an_ipv6_client_is_its_network, finish),
        cmocka_unit_test_teardown(without_memory_there_is_no_tally, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
