/* Clients whose bit rate has a bound. */
#include "app/session/clients.h"

enum { KB = 1000 / 8 }; /* bytes of a second at 1 kbps */

static int     n_ended;
static int64_t now = US_PER_SECOND;

static void end_client(struct client *c)
{
    (void)c;
    n_ended++;
}

/* A client that moves so many kbps. */
static void enter(int i, bool publish, int kbps_max)
{
    clients[i].type = publish ? &publishers : &players;
    clients[i].kbps_max = kbps_max;
    clients[i].end = end_client;
    n_ended = 0;
    add(i, "v");
}

static void pass(int i, int seconds, int kbps)
{
    for (int n = 0; n < seconds; n++) {
        now += US_PER_SECOND;
        moved(i, (int64_t)kbps * KB, (int64_t)kbps * KB);
        rate_bounds_look(&registry.rate_bounds, now);
    }
}

static void a_publisher_beyond_its_bound_is_noted_and_ended_at_the_next_look(void **state)
{
    (void)state;
    enter(0, true, 500);
    pass(0, 60, 500);
    assert_int_equal(clients[0].over_kbps, 0);
    pass(0, 20, 600);
    assert_in_range(clients[0].over_kbps, 501, 600); /* a span may have begun before */
    assert_true(n_ended > 0);
}

static void a_publisher_without_a_bound_may_send_what_it_likes(void **state)
{
    (void)state;
    enter(0, true, 0);
    pass(0, 60, 100000);
    assert_int_equal(clients[0].over_kbps, 0);
}

static void a_player_may_be_ahead_of_its_bound_for_a_while(void **state)
{
    (void)state;
    enter(0, false, 500);
    pass(0, 1, 0);
    pass(0, 1, 500 * 55); /* a burst */
    pass(0, 120, 500);
    assert_int_equal(clients[0].over_kbps, 0);
    pass(0, 120, 600);
    assert_true(clients[0].over_kbps > 500);
    assert_true(n_ended > 0);
}

static void silence_earns_a_player_nothing(void **state)
{
    (void)state;
    enter(0, false, 500);
    pass(0, 600, 0);
    pass(0, 59, 1000);
    assert_int_equal(n_ended, 0);
    pass(0, 3, 1000);
    assert_true(n_ended > 0);
}

static void a_player_without_a_bound_is_not_looked_at(void **state)
{
    (void)state;
    enter(0, false, 0);
    assert_true(list_is_empty(&registry.rate_bounds.clients));
    rate_bounds_remove(&clients[0]);
}

static void nobody_who_has_left_is_looked_at(void **state)
{
    (void)state;
    enter(0, true, 1);
    enter(1, false, 1);
    registry_leave(&registry, &clients[0]);
    pass(1, 1, 0);
    registry_leave(&registry, &clients[1]);
    assert_true(list_is_empty(&registry.rate_bounds.clients));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_publisher_beyond_its_bound_is_noted_and_ended_at_the_next_look),
        TEST(a_publisher_without_a_bound_may_send_what_it_likes),
        TEST(a_player_may_be_ahead_of_its_bound_for_a_while),
        TEST(silence_earns_a_player_nothing),
        TEST(a_player_without_a_bound_is_not_looked_at),
        TEST(nobody_who_has_left_is_looked_at),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
