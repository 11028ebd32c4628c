/* Blocking work on threads: results, jobs that were given up, bounds, and the shutdown. */
#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "protocol/co.h"
#include "protocol/offload.h"

enum { PATIENCE_US = 60 * US_PER_SECOND };

/* A job that works until its gate opens. */
struct job {
    struct offload_job job;
    sem_t             *gate; /* NULL: it does not wait */
    int                number, result;
    bool               other_thread;
    pthread_t          loop;
};

static struct co_group group;
static sem_t           gate;
static atomic_int      n_begun, n_working, n_working_most, n_worked;
static int             n_dropped;

static void job_work(struct offload_job *job)
{
    struct job *j = CONTAINER_OF(job, struct job, job);
    int         n = ++n_working, most = n_working_most;
    while (n > most && !atomic_compare_exchange_weak(&n_working_most, &most, n))
        ;
    n_begun++;
    while (j->gate && sem_wait(j->gate) != 0)
        ;
    j->result = j->number * j->number;
    j->other_thread = !pthread_equal(pthread_self(), j->loop);
    n_working--;
    n_worked++;
}

static void job_drop(struct offload_job *job)
{
    free(CONTAINER_OF(job, struct job, job));
    n_dropped++;
}

static struct job *job_new(int number, sem_t *at)
{
    struct job *j = calloc(1, sizeof *j);
    assert_non_null(j);
    j->job = (struct offload_job){ .work = job_work, .drop = job_drop };
    j->number = number;
    j->gate = at;
    j->loop = pthread_self();
    return j;
}

static int setup(void **state)
{
    (void)state;
    co_group_init(&group);
    sem_init(&gate, 0, 0);
    n_begun = n_working = n_working_most = n_worked = n_dropped = 0;
    return code_of(offload_init());
}

static int teardown(void **state)
{
    (void)state;
    offload_shutdown(PATIENCE_US);
    co_group_cancel_and_join(&group);
    sem_destroy(&gate);
    return 0;
}

static struct co *go(void (*fn)(void *), void *arg)
{
    struct co *co = NULL;
    assert_null(co_go(&group, "test", fn, arg, &co));
    return co;
}

/* Let other coroutines run until the number is reached. */
static void wait_for(atomic_int *number, int wanted)
{
    int64_t deadline = now_us() + PATIENCE_US;
    while (*number < wanted && now_us() < deadline)
        co_give_way();
    assert_int_equal(*number, wanted);
}

static void wait_for_drops(int wanted)
{
    int64_t deadline = now_us() + PATIENCE_US;
    while (n_dropped < wanted && now_us() < deadline)
        co_give_way();
    assert_int_equal(n_dropped, wanted);
}

static void open_gate(int n)
{
    for (int i = 0; i < n; i++)
        sem_post(&gate);
}

/* ---- use ---- */

static void a_job_is_done_on_a_thread_and_comes_back(void **state)
{
    (void)state;
    struct job *j = job_new(7, NULL);
    assert_null(offload(OFFLOAD_DISK, &j->job, DEADLINE_NEVER));
    assert_int_equal(j->result, 49);
    assert_true(j->other_thread);
    assert_int_equal(n_dropped, 0); /* the job is ours again */
    free(j);
}

struct caller {
    enum offload_kind kind;
    int               n_jobs, n_right, code;
    int64_t           deadline_us;
    sem_t            *gate;
    bool              done;
};

static void call(void *arg)
{
    struct caller *c = arg;
    for (int i = 0; i < c->n_jobs; i++) {
        struct job *j = job_new(i, c->gate);
        if ((c->code = code_of(offload(c->kind, &j->job, c->deadline_us))))
            break;
        c->n_right += j->result == i * i;
        free(j);
    }
    c->done = true;
}

static void others_go_on_meanwhile(void **state)
{
    (void)state;
    struct caller c = { .kind = OFFLOAD_DISK, .n_jobs = 1, .deadline_us = DEADLINE_NEVER, .gate = &gate };
    go(call, &c);
    wait_for(&n_begun, 1);
    assert_false(c.done);
    open_gate(1);
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_int_equal(c.code, 0);
    assert_int_equal(c.n_right, 1);
}

static void many_callers_get_their_own_results(void **state)
{
    (void)state;
    struct caller callers[60];
    for (int i = 0; i < 60; i++) {
        callers[i] = (struct caller){ .kind = (enum offload_kind)(i % OFFLOAD_KINDS), .n_jobs = 50 };
        callers[i].deadline_us = DEADLINE_NEVER;
        go(call, &callers[i]);
    }
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    for (int i = 0; i < 60; i++)
        assert_int_equal(callers[i].n_right, 50);
    assert_int_equal(n_worked, 60 * 50);
    assert_int_equal(n_dropped, 0);
}

static void started_work_is_dropped_when_it_is_done(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_null(offload_start(OFFLOAD_WRITE, &job_new(i, NULL)->job)); /* it does not wait for the job */
    wait_for_drops(10);
    assert_int_equal(n_worked, 10);
}

/* ---- jobs that were given up ---- */

static void a_cancelled_waiter_leaves_the_job_to_be_dropped_when_it_is_done(void **state)
{
    (void)state;
    struct caller c = { .kind = OFFLOAD_DISK, .n_jobs = 1, .deadline_us = DEADLINE_NEVER, .gate = &gate };
    struct co    *co = go(call, &c);
    wait_for(&n_begun, 1);
    co_cancel(co);
    assert_true(co_group_join(&group, DEADLINE_NEVER)); /* it ends at once, although the thread still works */
    assert_int_equal(c.code, E_THREAD_INTERRUPTED);
    assert_int_equal(n_dropped, 0);
    open_gate(1);
    wait_for_drops(1);
}

static void a_deadline_does_the_same(void **state)
{
    (void)state;
    struct job *j = job_new(1, &gate);
    assert_int_equal(code_of(offload(OFFLOAD_DISK, &j->job, now_us() + 2000)), E_SOCKET_TIMEOUT);
    assert_int_equal(n_dropped, 0);
    open_gate(1);
    wait_for_drops(1);
}

static void a_wake_up_for_something_else_is_no_result(void **state)
{
    (void)state;
    struct caller c = { .kind = OFFLOAD_DISK, .n_jobs = 1, .deadline_us = DEADLINE_NEVER, .gate = &gate };
    struct co    *co = go(call, &c);
    wait_for(&n_begun, 1);
    co_unpark(co);
    co_give_way();
    assert_false(c.done);
    open_gate(1);
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_int_equal(c.n_right, 1);
}

/* ---- bounds ---- */

/* Begin a job and give up waiting for it. Returns the code of the error. */
static int leave_job(enum offload_kind kind, sem_t *at)
{
    return code_of(offload(kind, &job_new(1, at)->job, 0));
}

static void a_kind_has_a_bounded_number_of_threads(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * OFFLOAD_THREADS_MAX; i++)
        assert_int_equal(leave_job(OFFLOAD_DNS, &gate), E_SOCKET_TIMEOUT);
    wait_for(&n_begun, OFFLOAD_THREADS_MAX);
    open_gate(3 * OFFLOAD_THREADS_MAX);
    wait_for_drops(3 * OFFLOAD_THREADS_MAX);
    assert_int_equal(n_working_most, OFFLOAD_THREADS_MAX);
    assert_int_equal(n_worked, 3 * OFFLOAD_THREADS_MAX);
}

static void one_kind_that_hangs_does_not_hold_up_another(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * OFFLOAD_THREADS_MAX; i++)
        assert_int_equal(leave_job(OFFLOAD_DNS, &gate), E_SOCKET_TIMEOUT);
    wait_for(&n_begun, OFFLOAD_THREADS_MAX);
    struct job *j = job_new(3, NULL);
    assert_null(offload(OFFLOAD_DISK, &j->job, now_us() + PATIENCE_US));
    assert_int_equal(j->result, 9);
    free(j);
    open_gate(2 * OFFLOAD_THREADS_MAX);
    wait_for_drops(2 * OFFLOAD_THREADS_MAX);
}

/* A file server that hangs holds a thread for each reload that was given up. The next reload gets a thread of its own. */
static void a_kind_that_replaces_hung_threads_goes_on(void **state)
{
    (void)state;
    for (int i = 0; i < OFFLOAD_HUNG_MAX; i++) {
        assert_int_equal(leave_job(OFFLOAD_CONF, &gate), E_SOCKET_TIMEOUT);
        wait_for(&n_begun, i + 1);
        if (i + 1 == OFFLOAD_HUNG_MAX)
            break;
        struct job *j = job_new(3, NULL);
        assert_null(offload(OFFLOAD_CONF, &j->job, now_us() + PATIENCE_US));
        free(j);
        n_begun = i + 1; /* count only the jobs that hang */
    }
    assert_int_equal(leave_job(OFFLOAD_CONF, &gate), E_LIMIT); /* refused at once: OFFLOAD_HUNG_MAX threads hang */
    struct job *other = job_new(3, NULL);
    assert_null(offload(OFFLOAD_CERTS, &other->job, now_us() + PATIENCE_US));
    free(other);
    open_gate(OFFLOAD_HUNG_MAX);
    wait_for_drops(OFFLOAD_HUNG_MAX + 1);
    struct job *j = job_new(3, NULL);
    assert_null(offload(OFFLOAD_CONF, &j->job, now_us() + PATIENCE_US));
    free(j);
}

static void a_full_queue_refuses_and_drops(void **state)
{
    (void)state;
    for (int i = 0; i < OFFLOAD_THREADS_MAX; i++)
        assert_int_equal(leave_job(OFFLOAD_DISK, &gate), E_SOCKET_TIMEOUT);
    wait_for(&n_begun, OFFLOAD_THREADS_MAX);
    for (int i = 0; i < OFFLOAD_QUEUE_MAX; i++)
        assert_int_equal(leave_job(OFFLOAD_DISK, &gate), E_SOCKET_TIMEOUT);
    assert_int_equal(n_dropped, 0);
    assert_int_equal(leave_job(OFFLOAD_DISK, &gate), E_LIMIT);
    assert_int_equal(n_dropped, 1);

    open_gate(OFFLOAD_THREADS_MAX + OFFLOAD_QUEUE_MAX);
    wait_for_drops(1 + OFFLOAD_THREADS_MAX + OFFLOAD_QUEUE_MAX);
    struct job *j = job_new(3, NULL); /* now it takes work again */
    assert_null(offload(OFFLOAD_DISK, &j->job, DEADLINE_NEVER));
    free(j);
}

/* ---- the end ---- */

static void jobs_nobody_waits_for_are_dropped_at_shutdown(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(leave_job(OFFLOAD_DISK, &gate), E_SOCKET_TIMEOUT);
    wait_for(&n_begun, OFFLOAD_THREADS_MAX);
    open_gate(10);
    offload_shutdown(PATIENCE_US);
    assert_int_equal(n_dropped, 10);
}

static void after_the_shutdown_work_is_refused(void **state)
{
    (void)state;
    struct job *j = job_new(1, NULL);
    assert_null(offload(OFFLOAD_DISK, &j->job, DEADLINE_NEVER));
    free(j);
    offload_shutdown(PATIENCE_US);
    assert_int_equal(code_of(offload(OFFLOAD_DISK, &job_new(1, NULL)->job, now_us() + PATIENCE_US)),
                     E_THREAD_TERMINATED);
    assert_int_equal(code_of(offload(OFFLOAD_DNS, &job_new(1, NULL)->job, now_us() + PATIENCE_US)),
                     E_THREAD_TERMINATED);
    assert_int_equal(n_dropped, 2);
    struct job *kept = job_new(1, NULL);
    assert_int_equal(code_of(offload_start(OFFLOAD_WRITE, &kept->job)), E_THREAD_TERMINATED);
    free(kept);                    /* the job still belongs to the caller */
    offload_shutdown(PATIENCE_US); /* a second shutdown does nothing */
}

static void a_shutdown_waits_for_no_thread_that_hangs_and_what_never_began_is_no_success(void **state)
{
    (void)state;
    struct caller callers[OFFLOAD_THREADS_MAX + 2];
    for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
        callers[i] = (struct caller){ .kind = OFFLOAD_DISK, .n_jobs = 1, .deadline_us = DEADLINE_NEVER, .gate = &gate };
        go(call, &callers[i]);
    }
    wait_for(&n_begun, OFFLOAD_THREADS_MAX);
    assert_int_equal(leave_job(OFFLOAD_DISK, &gate), E_SOCKET_TIMEOUT);
    offload_shutdown(1000);
    co_give_way();
    assert_int_equal(n_worked, 0);
    assert_int_equal(n_dropped, 3); /* four more are still on threads */
    co_group_cancel_and_join(&group);
    int n_cancelled = 0, n_refused = 0;
    for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
        n_cancelled += callers[i].code == E_THREAD_INTERRUPTED;
        n_refused += callers[i].code == E_THREAD_TERMINATED;
    }
    assert_int_equal(n_refused, 2);
    assert_int_equal(n_cancelled, OFFLOAD_THREADS_MAX);
    open_gate(OFFLOAD_THREADS_MAX);
    offload_shutdown(PATIENCE_US); /* the jobs that hung have ended, so this waits for them */
    assert_int_equal(n_worked, OFFLOAD_THREADS_MAX);
    assert_int_equal(n_dropped, 3 + OFFLOAD_THREADS_MAX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_is_done_on_a_thread_and_comes_back),
        TEST(others_go_on_meanwhile),
        TEST(many_callers_get_their_own_results),
        TEST(started_work_is_dropped_when_it_is_done),
        TEST(a_cancelled_waiter_leaves_the_job_to_be_dropped_when_it_is_done),
        TEST(a_deadline_does_the_same),
        TEST(a_wake_up_for_something_else_is_no_result),
        TEST(a_kind_has_a_bounded_number_of_threads),
        TEST(one_kind_that_hangs_does_not_hold_up_another),
        TEST(a_kind_that_replaces_hung_threads_goes_on),
        TEST(a_full_queue_refuses_and_drops),
        TEST(jobs_nobody_waits_for_are_dropped_at_shutdown),
        TEST(after_the_shutdown_work_is_refused),
        TEST(a_shutdown_waits_for_no_thread_that_hangs_and_what_never_began_is_no_success),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
