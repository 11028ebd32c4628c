/*
 * Timers of state-threads, with our patch (third_party/state-threads/patches/late.patch): a thread that is woken before its time
 * keeps its place in the heap, and whatever it waits for next is still judged by its own time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <st.h>

enum { THREADS = 100, ROUNDS = 20, LONG_US = 60 * 1000000 };

struct sleeper {
    st_cond_t  wake;
    st_utime_t due;
};

static struct sleeper  sleepers[THREADS];
static struct sleeper *ended[THREADS];
static int             n_ended, n_waiting, n_looks;

static uint32_t some(uint32_t below)
{
    static uint32_t seed = 1;
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* Wait for times that never come, then for one that does. */
static void *be_woken_often(void *arg)
{
    struct sleeper *s = arg;
    for (int i = 0; i < ROUNDS; i++) {
        st_utime_t us = some(4) == 0 ? ST_UTIME_NO_TIMEOUT : LONG_US + some(LONG_US);
        n_waiting++;
        assert_int_equal(st_cond_timedwait(s->wake, us), 0);
    }
    st_utime_t last_us = 1000 + some(50000);
    s->due = st_utime_last_clock() + last_us;
    assert_int_equal(st_cond_timedwait(s->wake, last_us), -1);
    assert_int_equal(errno, ETIME);
    assert_true(st_utime() >= s->due);
    ended[n_ended++] = s;
    return NULL;
}

static void wake_all_when_they_wait(void)
{
    while (n_waiting < THREADS)
        st_usleep(100);
    n_waiting = 0;
    for (int i = 0; i < THREADS; i++)
        st_cond_signal(sleepers[i].wake);
}

static void threads_that_were_woken_early_time_out_in_order(void **state)
{
    (void)state;
    st_thread_t threads[THREADS];
    n_ended = n_waiting = 0;
    for (int i = 0; i < THREADS; i++) {
        sleepers[i].wake = st_cond_new();
        assert_non_null(threads[i] = st_thread_create(be_woken_often, &sleepers[i], 1, 0));
    }
    for (int round = 0; round < ROUNDS; round++)
        wake_all_when_they_wait();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(st_thread_join(threads[i], NULL), 0);
    assert_int_equal(n_ended, THREADS);
    for (int i = 1; i < THREADS; i++)
        assert_true(ended[i - 1]->due <= ended[i]->due);
    for (int i = 0; i < THREADS; i++)
        st_cond_destroy(sleepers[i].wake);
}

static void *wait_long_then_shortly(void *arg)
{
    st_cond_t wake = arg;
    assert_int_equal(st_cond_timedwait(wake, LONG_US), 0);
    assert_int_equal(st_cond_timedwait(wake, 1000), -1);
    return NULL;
}

static void a_shorter_wait_is_not_as_long_as_the_one_before(void **state)
{
    (void)state;
    st_cond_t   wake = st_cond_new();
    st_utime_t  before = st_utime();
    st_thread_t thread = st_thread_create(wait_long_then_shortly, wake, 1, 0);
    st_usleep(1000);
    st_cond_signal(wake);
    assert_int_equal(st_thread_join(thread, NULL), 0);
    assert_true(st_utime() - before < LONG_US);
    st_cond_destroy(wake);
}

static void *wait_once(void *arg)
{
    st_cond_timedwait(arg, LONG_US);
    return NULL;
}

static void *sleep_a_little(void *arg)
{
    (void)arg;
    st_usleep(some(200));
    n_ended++;
    return NULL;
}

/* Their stacks, and what lies on them, are those of the next threads. */
static void threads_that_end_before_their_time_leave_no_place(void **state)
{
    (void)state;
    st_cond_t wake = st_cond_new();
    for (int round = 0; round < ROUNDS; round++) {
        st_thread_t threads[THREADS];
        for (int i = 0; i < THREADS; i++)
            assert_non_null(threads[i] = st_thread_create(wait_once, wake, 1, 0));
        st_usleep(0);
        st_cond_broadcast(wake);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(st_thread_join(threads[i], NULL), 0);
        n_ended = 0;
        for (int i = 0; i < THREADS; i++)
            assert_non_null(st_thread_create(sleep_a_little, NULL, 0, 0));
        while (n_ended < THREADS)
            st_usleep(100);
    }
    st_cond_destroy(wake);
}

static void count_look(void)
{
    n_looks++;
}

static void *wait_for_a_while_then_for_ever(void *arg)
{
    st_cond_timedwait(arg, 5000 + some(20000));
    n_waiting++;
    st_cond_wait(arg);
    return NULL;
}

static void the_loop_is_not_woken_for_times_that_nobody_waits_for(void **state)
{
    (void)state;
    st_cond_t   wake = st_cond_new();
    st_thread_t threads[THREADS];
    n_waiting = 0;
    for (int i = 0; i < THREADS; i++)
        assert_non_null(threads[i] = st_thread_create(wait_for_a_while_then_for_ever, wake, 1, 0));
    st_usleep(0);
    st_cond_broadcast(wake);
    while (n_waiting < THREADS)
        st_usleep(0);
    n_looks = 0;
    st_set_look_hook(count_look);
    st_usleep(30000);
    st_set_look_hook(NULL);
    assert_in_range(n_looks, 1, THREADS / 4);
    st_cond_broadcast(wake);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(st_thread_join(threads[i], NULL), 0);
    st_cond_destroy(wake);
}

int main(void)
{
    if (st_set_eventsys(ST_EVENTSYS_ALT) != 0 || st_init() != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_were_woken_early_time_out_in_order),
        cmocka_unit_test(a_shorter_wait_is_not_as_long_as_the_one_before),
        cmocka_unit_test(threads_that_end_before_their_time_leave_no_place),
        cmocka_unit_test(the_loop_is_not_woken_for_times_that_nobody_waits_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
