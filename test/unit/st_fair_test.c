/*
 * The patches to the scheduler of state-threads (third_party/state-threads): threads that keep each other busy do not starve
 * timers and descriptors, urgent threads go first and starve no other thread, and the program's own descriptors are in the epoll
 * set. Stacks are in st_switch_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>
#include <st.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { CROWD = 2000, OWN = 7 };

static const uint64_t OURS = UINT64_C(1) << 63; /* above 0xFFFFFFFF: not one of state-threads' own descriptors */

static int  n_turns, n_ready, n_looks, n_own, turns_at_timer, turns_at_event;
static bool is_over;

/* Two threads that never sleep: each wakes the other. */
struct pair {
    st_cond_t mine, other;
};

static void *keep_waking(void *arg)
{
    struct pair *p = arg;
    while (!is_over) {
        n_turns++;
        st_cond_signal(p->other);
        st_cond_wait(p->mine);
    }
    st_cond_signal(p->other);
    return NULL;
}

static void *wait_for_timer(void *arg)
{
    st_usleep((st_utime_t)(uintptr_t)arg);
    turns_at_timer = n_turns;
    is_over = true;
    return NULL;
}

static void *wait_for_descriptor(void *arg)
{
    struct pollfd p = { .fd = (int)(intptr_t)arg, .events = POLLIN };
    st_poll(&p, 1, ST_UTIME_NO_TIMEOUT);
    turns_at_event = n_turns;
    is_over = true;
    return NULL;
}

static void start_pair(struct pair pairs[2], st_thread_t threads[2])
{
    st_cond_t one = st_cond_new(), two = st_cond_new();
    pairs[0] = (struct pair){ one, two };
    pairs[1] = (struct pair){ two, one };
    is_over = false;
    n_turns = 0;
    for (int i = 0; i < 2; i++)
        assert_non_null(threads[i] = st_thread_create(keep_waking, &pairs[i], 1, 0));
}

static void end_pair(struct pair pairs[2], st_thread_t threads[2])
{
    for (int i = 0; i < 2; i++)
        assert_int_equal(st_thread_join(threads[i], NULL), 0);
    st_cond_destroy(pairs[0].mine);
    st_cond_destroy(pairs[0].other);
}

static void two_threads_that_keep_waking_each_other_starve_no_timer(void **state)
{
    (void)state;
    struct pair pairs[2];
    st_thread_t threads[2], timer = st_thread_create(wait_for_timer, (void *)1000, 1, 0);
    start_pair(pairs, threads);
    assert_int_equal(st_thread_join(timer, NULL), 0);
    end_pair(pairs, threads);
    assert_true(turns_at_timer > 0);
}

static void nor_a_descriptor(void **state)
{
    (void)state;
    struct pair pairs[2];
    int         fd = eventfd(1, EFD_CLOEXEC);
    st_thread_t threads[2], event = st_thread_create(wait_for_descriptor, (void *)(intptr_t)fd, 1, 0);
    start_pair(pairs, threads);
    assert_int_equal(st_thread_join(event, NULL), 0);
    end_pair(pairs, threads);
    close(fd);
    assert_in_range(turns_at_event, 0, 1024); /* sockets are looked at after 256 turns */
}

/* ---- a hook before each look ---- */

static void count_look(void)
{
    n_looks++;
}

static void the_hook_is_called_before_each_look(void **state)
{
    (void)state;
    n_looks = 0;
    st_set_look_hook(count_look);
    for (int i = 0; i < 5; i++)
        st_usleep(100);
    st_set_look_hook(NULL);
    assert_in_range(n_looks, 5, 1000);
    int before = n_looks;
    st_usleep(100);
    assert_int_equal(n_looks, before);
}

/* ---- urgent threads ---- */

static st_cond_t crowd_may_go, urgent_may_go;
static int       crowd_before_urgent;

static int64_t computed_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void compute(int64_t us)
{
    for (int64_t until_us = computed_us() + us; computed_us() < until_us;)
        continue;
}

static void *be_one_of_a_crowd(void *arg)
{
    (void)arg;
    st_cond_wait(crowd_may_go);
    compute(20);
    n_ready++;
    return NULL;
}

static void *be_urgent(void *arg)
{
    (void)arg;
    st_thread_set_urgent(st_thread_self(), 1);
    st_cond_wait(urgent_may_go);
    crowd_before_urgent = n_ready;
    return NULL;
}

static void an_urgent_thread_goes_before_a_crowd_that_was_ready_first(void **state)
{
    (void)state;
    crowd_may_go = st_cond_new();
    urgent_may_go = st_cond_new();
    st_thread_t urgent = st_thread_create(be_urgent, NULL, 1, 0);
    for (int i = 0; i < CROWD; i++)
        assert_non_null(st_thread_create(be_one_of_a_crowd, NULL, 0, 0));
    st_usleep(1000);
    n_ready = 0;
    st_cond_broadcast(crowd_may_go);
    st_cond_signal(urgent_may_go);
    assert_int_equal(st_thread_join(urgent, NULL), 0);
    while (n_ready < CROWD)
        st_usleep(1000);
    assert_int_equal(crowd_before_urgent, 0);
    st_cond_destroy(crowd_may_go);
    st_cond_destroy(urgent_may_go);
}

static void *compute_on_and_on(void *arg)
{
    int *turns = arg;
    while (!is_over) {
        compute(200);
        ++*turns;
        st_usleep(0);
    }
    return NULL;
}

static void *compute_urgently(void *arg)
{
    st_thread_set_urgent(st_thread_self(), 1);
    return compute_on_and_on(arg);
}

static void urgent_threads_leave_the_others_their_share(void **state)
{
    (void)state;
    enum { URGENT = 8, TURNS = 100 };
    int         of_urgent = 0, of_other = 0;
    st_thread_t threads[URGENT + 1];
    is_over = false;
    for (int i = 0; i < URGENT; i++)
        threads[i] = st_thread_create(compute_urgently, &of_urgent, 1, 0);
    threads[URGENT] = st_thread_create(compute_on_and_on, &of_other, 1, 0);
    while (of_urgent < TURNS || of_other < TURNS / 10)
        st_usleep(1000); /* a test that starves one of them does not end */
    is_over = true;
    for (int i = 0; i <= URGENT; i++)
        assert_int_equal(st_thread_join(threads[i], NULL), 0);
}

/* ---- the program's own descriptors ---- */

static int take_own(struct epoll_event *events, int count)
{
    int n_left = 0;
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == (OURS | OWN))
            n_own++;
        else
            events[n_left++] = events[i];
    }
    return n_left;
}

static void the_programs_own_descriptors_live_in_the_epoll_set(void **state)
{
    (void)state;
    int                fd = eventfd(0, EFD_CLOEXEC), theirs = eventfd(1, EFD_CLOEXEC);
    struct epoll_event wanted = { .events = EPOLLIN | EPOLLET, .data.u64 = OURS | OWN };
    n_own = 0;
    st_set_epoll_hook(take_own);
    assert_int_equal(epoll_ctl(st_epoll_descriptor(), EPOLL_CTL_ADD, fd, &wanted), 0);
    for (uint64_t round = 1; round <= 3; round++) {
        struct pollfd p = { .fd = theirs, .events = POLLIN };
        assert_int_equal(write(fd, &round, sizeof round), sizeof round);
        assert_int_equal(st_poll(&p, 1, ST_UTIME_NO_TIMEOUT), 1); /* those of state-threads come as before */
        while (n_own < (int)round)
            st_usleep(100);
        assert_int_equal(n_own, round); /* an edge is reported once */
    }
    assert_int_equal(epoll_ctl(st_epoll_descriptor(), EPOLL_CTL_DEL, fd, NULL), 0);
    st_set_epoll_hook(NULL);
    close(fd);
    close(theirs);
}

static void a_timer_is_not_cut_to_milliseconds(void **state)
{
    (void)state;
    st_utime_t before = st_utime();
    for (int i = 0; i < 10; i++)
        st_usleep(300);
    assert_true(st_utime() - before >= 3000);
}

int main(void)
{
    if (st_set_eventsys(ST_EVENTSYS_ALT) != 0 || st_init() != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads_that_keep_waking_each_other_starve_no_timer),
        cmocka_unit_test(nor_a_descriptor),
        cmocka_unit_test(the_hook_is_called_before_each_look),
        cmocka_unit_test(an_urgent_thread_goes_before_a_crowd_that_was_ready_first),
        cmocka_unit_test(urgent_threads_leave_the_others_their_share),
        cmocka_unit_test(the_programs_own_descriptors_live_in_the_epoll_set),
        cmocka_unit_test(a_timer_is_not_cut_to_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
