/* Turns are taken in order, by so many at once, and a waiter that gives up blocks nobody. */
#include "protocol/turns.h"

#include <cmocka.h>

#include "core/clock.h"
#include "protocol/co.h"

enum { MOST = 2, WAITING_MOST = 3, CALLERS = 5 };

static struct turns    turns = TURNS_OF(turns, MOST, WAITING_MOST);
static struct co_group group;
static struct co      *callers[CALLERS];
static int             order[CALLERS], n_in;
static bool            may_end;

static void call(void *arg)
{
    struct err *e = turns_take(&turns, DEADLINE_NEVER);
    if (e) {
        err_free(e);
        return;
    }
    order[n_in++] = *(int *)arg;
    while (!e && !may_end)
        e = co_sleep(US_PER_MS);
    err_free(e);
    turns_end(&turns);
}

static void start(int *names)
{
    n_in = 0;
    may_end = false;
    co_group_init(&group);
    for (int i = 0; i < CALLERS; i++) {
        names[i] = i;
        assert_null(co_go(&group, "caller", call, &names[i], &callers[i]));
    }
    co_give_way();
}

static void so_many_at_once_and_the_others_in_their_order(void **state)
{
    int names[CALLERS];
    (void)state;
    start(names);
    assert_int_equal(n_in, MOST);
    assert_int_equal(turns.n_waiting, CALLERS - MOST);
    may_end = true;
    co_group_join(&group, DEADLINE_NEVER);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(order[i], i);
    assert_int_equal(turns.n_taken, 0);
}

static void one_more_is_refused(void **state)
{
    int names[CALLERS];
    (void)state;
    start(names);
    struct err *e = turns_take(&turns, DEADLINE_NEVER);
    assert_int_equal(err_code(e), E_LIMIT);
    err_free(e);
    co_group_cancel_and_join(&group);
    assert_int_equal(turns.n_taken + turns.n_waiting, 0);
}

static void a_waiter_that_gives_up_lets_the_next_one_in(void **state)
{
    int names[CALLERS];
    (void)state;
    start(names);
    co_cancel(callers[MOST]);
    co_give_way();
    assert_int_equal(turns.n_waiting, CALLERS - MOST - 1);
    may_end = true;
    co_group_join(&group, DEADLINE_NEVER);
    assert_int_equal(n_in, CALLERS - 1);
    assert_int_equal(order[MOST], MOST + 1);
}

static void a_deadline_ends_the_wait(void **state)
{
    int names[CALLERS];
    (void)state;
    start(names);
    co_cancel(callers[CALLERS - 1]);
    co_give_way();
    struct err *e = turns_take(&turns, now_us() + US_PER_MS);
    assert_int_equal(err_code(e), E_SOCKET_TIMEOUT);
    err_free(e);
    co_group_cancel_and_join(&group);
    assert_int_equal(turns.n_taken + turns.n_waiting, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_at_once_and_the_others_in_their_order),
        cmocka_unit_test(one_more_is_refused),
        cmocka_unit_test(a_waiter_that_gives_up_lets_the_next_one_in),
        cmocka_unit_test(a_deadline_ends_the_wait),
    };
    assert_null(co_init());
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    co_finish();
    return n_failed;
}
