/* The niceness of threads, and whom they interrupt. */
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/priority.h"

static int niceness(void)
{
    return getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid));
}

static void *give_way(void *arg)
{
    int *now = arg;
    priority_give_way();
    *now = niceness();
    return NULL;
}

static void test_a_thread_that_gives_way_is_nicer_than_the_others(void **state)
{
    (void)state;
    pthread_t thread;
    int       before = niceness(), there;
    assert_int_equal(pthread_create(&thread, NULL, give_way, &there), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(there, before + 5 < 19 ? before + 5 : 19);
    assert_int_equal(niceness(), before);
}

static void *interrupt_nobody(void *arg)
{
    int *now = arg;
    priority_interrupt_nobody();
    *now = sched_getscheduler(0);
    return NULL;
}

static void test_a_thread_that_interrupts_nobody_is_alone_in_that(void **state)
{
    (void)state;
    pthread_t thread;
    int       before = sched_getscheduler(0), there = -1;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_nobody, &there), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(there, before == SCHED_OTHER ? SCHED_BATCH : before);
    assert_int_equal(sched_getscheduler(0), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thread_that_gives_way_is_nicer_than_the_others),
        cmocka_unit_test(test_a_thread_that_interrupts_nobody_is_alone_in_that),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
