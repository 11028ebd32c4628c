/* Turns and niceness of threads. */
#include <cmocka.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/priority.h"

/* struct sched_attr of sched_setattr(2), whose header does not go together with <pthread.h> everywhere. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t  nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

enum { RESET_ON_FORK = 1 };

static struct attributes own_attributes(void)
{
    struct attributes attr = { .size = sizeof attr };
    assert_int_equal(syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0), 0);
    return attr;
}

static void *in_thread(void *arg)
{
    void (*f)(void) = *(void (**)(void))arg;
    f();
    return NULL;
}

static void run_in_thread(void (*f)(void))
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, in_thread, &f), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void give_way(void)
{
    int before = own_attributes().nice;
    priority_give_way();
    assert_int_equal(own_attributes().nice, before + 5 < 19 ? before + 5 : 19);
}

static void test_a_thread_that_gives_way_is_nicer_than_the_others(void **state)
{
    (void)state;
    int before = own_attributes().nice;
    run_in_thread(give_way);
    assert_int_equal(own_attributes().nice, before);
}

static struct attributes of_child;

static void note_attributes(void)
{
    of_child = own_attributes();
}

static void take_short_turns(void)
{
    struct attributes before = own_attributes();
    priority_short_turns();
    struct attributes after = own_attributes();
    assert_int_equal(after.policy, before.policy);
    assert_int_equal(after.nice, before.nice);
    assert_true(after.flags & RESET_ON_FORK);
    run_in_thread(note_attributes);
    assert_int_equal(of_child.nice, before.nice > 0 ? before.nice : 0);
    if (after.runtime) /* Linux 6.12 and later */
        assert_true(after.runtime < of_child.runtime);
}

static void test_short_turns_keep_the_niceness_and_are_not_inherited(void **state)
{
    (void)state;
    run_in_thread(take_short_turns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thread_that_gives_way_is_nicer_than_the_others),
        cmocka_unit_test(test_short_turns_keep_the_niceness_and_are_not_inherited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
