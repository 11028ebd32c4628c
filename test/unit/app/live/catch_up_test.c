/* Coroutines that queue up for long writes. Only the first coroutine asserts. */
#include <cmocka.h>

#include "app/live/catch_up.h"
#include "core/clock.h"
#include "loop.h"
#include "protocol/co.h"

/* COST_US makes one write longer than any turn of the loop allows. */
enum { WRITERS = 6, WRITES = 2, COST_US = CATCH_UP_MAX_US + 1 };

static struct co_group group;
static int             n_writes, n_errors;
static int             by[WRITERS * WRITES]; /* numbers of the writers, in the order of their writes */

static int setup(void **state)
{
    (void)state;
    co_group_init(&group);
    n_writes = n_errors = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    co_group_cancel_and_join(&group);
    return 0;
}

static void take_time(int64_t us)
{
    for (int64_t until = now_us() + us; now_us() < until;)
        ;
}

static void write_some(void *arg)
{
    struct catch_up place;
    for (int i = 0; i < WRITES; i++) {
        struct err *e = catch_up_wait(&place);
        if (e) {
            n_errors++;
            err_free(e);
            return;
        }
        take_time(COST_US);
        by[n_writes++] = *(int *)arg;
    }
}

static struct co *writers[WRITERS];

static void start(int n)
{
    static int names[WRITERS];
    for (int i = 0; i < n; i++) {
        names[i] = i;
        assert_null(co_go(&group, "writer", write_some, &names[i], &writers[i]));
    }
}

static void others_run_between_the_writes_of_a_crowd(void **state)
{
    (void)state;
    int most = 0;
    start(WRITERS);
    while (n_writes < WRITERS * WRITES) {
        int before = n_writes;
        co_give_way();
        most = n_writes - before > most ? n_writes - before : most;
    }
    assert_in_range(most, 1, 2); /* two when this give_way followed one of them */
}

static void each_has_a_turn_before_one_has_a_second(void **state)
{
    (void)state;
    start(WRITERS);
    assert_true(co_group_join(&group, now_us() + 10 * US_PER_SECOND));
    for (int i = 0; i < WRITERS * WRITES; i++)
        assert_int_equal(by[i], i % WRITERS);
}

static void one_alone_goes_on_as_fast_as_the_loop_turns(void **state)
{
    (void)state;
    start(1);
    assert_true(co_group_join(&group, now_us() + 10 * US_PER_SECOND));
    assert_int_equal(n_writes, WRITES);
}

static void a_cancelled_writer_leaves_the_queue_and_the_next_goes_on(void **state)
{
    (void)state;
    start(WRITERS);
    co_give_way(); /* all wait in the queue */
    for (int i = 0; i < WRITERS; i += 2)
        co_cancel(writers[i]);
    assert_true(co_group_join(&group, now_us() + 10 * US_PER_SECOND));
    assert_true(n_errors >= WRITERS / 2 - 1); /* the first one may have written already */
    assert_true(n_writes >= WRITERS / 2 * WRITES);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(others_run_between_the_writes_of_a_crowd),
        TEST(each_has_a_turn_before_one_has_a_second),
        TEST(one_alone_goes_on_as_fast_as_the_loop_turns),
        TEST(a_cancelled_writer_leaves_the_queue_and_the_next_goes_on),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
