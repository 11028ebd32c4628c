/* The limit of log lines: one line of a kind each second, and a count of the others. */
#include <cmocka.h>

#include "core/log_limit.h"

static const char pauses[] = "player %s", refusals[] = "refused";

enum { WARN = 3, INFO = 2 };

static void one_line_a_second_passes(void **state)
{
    (void)state;
    struct log_limits l = { 0 };
    int               n = 0;
    for (int64_t now = 5000; now < 5000 + 3 * LOG_LIMIT_US; now += 1000)
        n += log_limits_pass(&l, pauses, INFO, now);
    assert_int_equal(n, 3);
}

static void kinds_do_not_hold_each_other_back(void **state)
{
    (void)state;
    struct log_limits l = { 0 };
    assert_true(log_limits_pass(&l, pauses, INFO, 1));
    assert_true(log_limits_pass(&l, refusals, WARN, 2));
    assert_false(log_limits_pass(&l, pauses, INFO, 3));
    assert_false(log_limits_pass(&l, refusals, WARN, 4));
}

static void what_was_held_back_is_counted_once_its_second_is_over(void **state)
{
    (void)state;
    struct log_limits l = { 0 };
    struct log_limit  held;
    assert_true(log_limits_pass(&l, pauses, INFO, 1));
    for (int i = 0; i < 7; i++)
        assert_false(log_limits_pass(&l, pauses, WARN, 2 + i));
    assert_false(log_limits_take_held(&l, LOG_LIMIT_US, &held)); /* the second began at 1 */
    assert_true(log_limits_take_held(&l, LOG_LIMIT_US + 1, &held));
    assert_ptr_equal(held.kind, pauses);
    assert_int_equal(held.n_held, 7);
    assert_int_equal(held.level, WARN);
    assert_false(log_limits_take_held(&l, LOG_LIMIT_US + 1, &held)); /* the count was reported already */
    assert_true(log_limits_pass(&l, pauses, INFO, LOG_LIMIT_US + 1));
}

static void at_the_end_all_counts_are_given_out(void **state)
{
    (void)state;
    struct log_limits l = { 0 };
    struct log_limit  held;
    uint64_t          n = 0;
    for (int i = 0; i < 5; i++) {
        log_limits_pass(&l, pauses, INFO, i);
        log_limits_pass(&l, refusals, WARN, i);
    }
    while (log_limits_take_held(&l, INT64_MAX, &held))
        n += held.n_held;
    assert_int_equal(n, 8);
}

/* A peer that causes more kinds of lines than there are places gains nothing. */
static void kinds_without_a_place_share_one(void **state)
{
    (void)state;
    enum { KINDS = 50, ROUNDS = 100 };
    static const char kinds[KINDS];
    struct log_limits l = { 0 };
    struct log_limit  held;
    uint64_t          n = 0, passed = 0;
    for (int r = 0; r < ROUNDS; r++)
        for (int k = 0; k < KINDS; k++)
            passed += log_limits_pass(&l, &kinds[k], INFO, r * KINDS + k);
    assert_int_equal(passed, LOG_LIMIT_KINDS);
    while (log_limits_take_held(&l, INT64_MAX, &held))
        n += held.n_held;
    assert_int_equal(n + passed, KINDS * ROUNDS);
}

static void a_place_is_given_to_another_kind_when_its_second_is_over(void **state)
{
    (void)state;
    static const char kinds[LOG_LIMIT_KINDS];
    struct log_limits l = { 0 };
    for (int k = 0; k < LOG_LIMIT_KINDS - 1; k++)
        assert_true(log_limits_pass(&l, &kinds[k], INFO, 0));
    assert_true(log_limits_pass(&l, pauses, INFO, LOG_LIMIT_US));
    assert_true(log_limits_pass(&l, refusals, INFO, LOG_LIMIT_US));
    assert_false(log_limits_pass(&l, pauses, INFO, LOG_LIMIT_US));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_a_second_passes),
        cmocka_unit_test(kinds_do_not_hold_each_other_back),
        cmocka_unit_test(what_was_held_back_is_counted_once_its_second_is_over),
        cmocka_unit_test(at_the_end_all_counts_are_given_out),
        cmocka_unit_test(kinds_without_a_place_share_one),
        cmocka_unit_test(a_place_is_given_to_another_kind_when_its_second_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
