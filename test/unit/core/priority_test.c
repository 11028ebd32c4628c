/* The niceness of threads. */
#include <cmocka.h>
#include <pthread.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thread_that_gives_way_is_nicer_than_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
