/* A budget: what it lets pass, and how tokens come back. */
#include <cmocka.h>

#include "core/budget.h"
#include "core/clock.h"

static int spend_all(struct budget *b, int64_t now)
{
    int n = 0;
    while (n < 1000 && budget_spend(b, 1, now))
        n++;
    return n;
}

static void a_full_budget_has_its_tokens_and_no_more(void **state)
{
    (void)state;
    struct budget b = budget_of(10, 5, 100);
    assert_int_equal(spend_all(&b, 100), 10);
}

static void time_brings_tokens_back_up_to_the_cap(void **state)
{
    (void)state;
    struct budget b = budget_of(10, 5, 0);
    assert_int_equal(spend_all(&b, 0), 10);
    assert_int_equal(spend_all(&b, US_PER_SECOND / 5 - 1), 0);
    assert_int_equal(spend_all(&b, US_PER_SECOND / 5), 1);
    assert_int_equal(spend_all(&b, US_PER_SECOND), 4);
    assert_int_equal(spend_all(&b, 100 * US_PER_SECOND), 10);
    assert_int_equal(spend_all(&b, INT64_MAX / 2), 10);
}

/* A peer that asks often must not lose the parts of a token that have come back between its frames. */
static void frequent_frames_lose_no_time(void **state)
{
    (void)state;
    struct budget b = budget_of(5, 7, 0);
    int           n = spend_all(&b, 0);
    for (int64_t us = 0; us <= 3 * US_PER_SECOND; us += 1000)
        n += spend_all(&b, us);
    assert_int_equal(n, 5 + 3 * 7);
}

static void traffic_brings_tokens_back_up_to_the_cap(void **state)
{
    (void)state;
    struct budget b = budget_of(10, 1, 0);
    spend_all(&b, 0);
    budget_earn(&b, 0);
    assert_int_equal(spend_all(&b, 0), 0);
    budget_earn(&b, 3);
    assert_int_equal(spend_all(&b, 0), 3);
    budget_earn(&b, INT64_MAX / 2);
    assert_int_equal(spend_all(&b, 0), 10);
}

static void what_costs_more_than_is_left_takes_nothing(void **state)
{
    (void)state;
    struct budget b = budget_of(10, 5, 0);
    assert_false(budget_spend(&b, 11, 0));
    assert_true(budget_spend(&b, 8, 0));
    assert_false(budget_spend(&b, 3, US_PER_SECOND / 5 - 1));
    assert_true(budget_spend(&b, 3, US_PER_SECOND / 5));
    assert_int_equal(spend_all(&b, US_PER_SECOND / 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_budget_has_its_tokens_and_no_more),
        cmocka_unit_test(time_brings_tokens_back_up_to_the_cap),
        cmocka_unit_test(frequent_frames_lose_no_time),
        cmocka_unit_test(what_costs_more_than_is_left_takes_nothing),
        cmocka_unit_test(traffic_brings_tokens_back_up_to_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
