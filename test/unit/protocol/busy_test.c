/* Input is gathered while the loop computes for many waits, and only then. */
#include "protocol/busy.h"

#include <cmocka.h>

#include "core/clock.h"

static struct busy b;
static int64_t     now, cpu;

static int set_up(void **state)
{
    (void)state;
    b = (struct busy){ .judged_us = now = 1000000, .judged_cpu_us = cpu = 500000 };
    return 0;
}

/* Let one time slice pass with this load, in percent, and this many waits a second. Returns the pause. */
static int64_t after(int percent, int waits_per_second)
{
    now += BUSY_JUDGE_US;
    cpu += BUSY_JUDGE_US / 100 * percent;
    b.n_waits = (int64_t)waits_per_second * BUSY_JUDGE_US / US_PER_SECOND;
    return busy_judge(&b, now, cpu);
}

static void an_idle_loop_reads_as_it_comes(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(after(30, 50000), 0);
}

static void a_busy_loop_gathers_more_and_more_up_to_the_most(void **state)
{
    (void)state;
    int64_t last = 0, most = 0;
    for (int i = 0; i < 10; i++) {
        most = after(90, 50000);
        assert_true(most > last || most == BUSY_GATHER_MAX_US);
        last = most;
    }
    assert_int_equal(most, BUSY_GATHER_MAX_US);
}

static void between_calm_and_busy_nothing_changes(void **state)
{
    (void)state;
    int64_t gathered = after(90, 50000);
    assert_true(gathered > 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(after(45, 50000), gathered);
    assert_int_equal(after(20, 50000), 0);
}

static void a_loop_that_computes_for_few_waits_gathers_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(after(95, 500), 0);
}

static void a_load_of_long_ago_says_nothing(void **state)
{
    (void)state;
    after(90, 50000);
    now += 60 * (int64_t)US_PER_SECOND;
    cpu += 59 * (int64_t)US_PER_SECOND;
    b.n_waits = 1000000;
    assert_int_equal(busy_judge(&b, now, cpu), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_idle_loop_reads_as_it_comes, set_up),
        cmocka_unit_test_setup(a_busy_loop_gathers_more_and_more_up_to_the_most, set_up),
        cmocka_unit_test_setup(between_calm_and_busy_nothing_changes, set_up),
        cmocka_unit_test_setup(a_loop_that_computes_for_few_waits_gathers_nothing, set_up),
        cmocka_unit_test_setup(a_load_of_long_ago_says_nothing, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
