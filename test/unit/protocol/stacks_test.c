/* Stacks: which jobs share one, and which get another. co_test.c tests them with coroutines. */
#include <cmocka.h>
#include <st.h>
#include <stdint.h>

#include "core/attr.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/stacks.h"
#include "sanitized.h"

enum { JOBS = 8, DEEP = 24 << 10 };

struct job {
    struct stack_job job;
    uintptr_t        stack; /* an address on its stack */
    size_t           depth; /* of its stack, when it began */
    bool             waits;
};

static struct job  jobs[JOBS];
static struct job *begun[JOBS];
static size_t      n_begun, n_ended;
static bool        may_end; /* Jobs that wait do so until then. */

static __attribute__((noinline)) void touch_deep(void)
{
    volatile char deep[DEEP];
    for (size_t i = 0; i < sizeof deep; i += 64)
        deep[i] = 1;
}

static void run(struct stack_job *base)
{
    struct job *j = CONTAINER_OF(base, struct job, job);
    char        here;
    j->stack = (uintptr_t)&here;
    begun[n_begun++] = j;
    if (j->waits) {
        stacks_hand_over();
        while (!may_end)
            st_usleep(100);
    }
    n_ended++;
}

static struct job *job_at(size_t i, bool waits)
{
    jobs[i] = (struct job){ .job.run = run, .waits = waits };
    return &jobs[i];
}

static int setup(void **state)
{
    (void)state;
    n_begun = n_ended = 0;
    may_end = false;
    return 0;
}

static void wait_for(size_t n)
{
    while (n_ended < n)
        st_usleep(100);
}

static bool share(const struct job *a, const struct job *b)
{
    uintptr_t distance = a->stack > b->stack ? a->stack - b->stack : b->stack - a->stack;
    return distance < 4096;
}

static void jobs_that_need_not_wait_share_a_stack_in_their_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < JOBS; i++)
        stacks_run(&job_at(i, false)->job);
    assert_int_equal(n_begun, 0); /* not before the caller yields */
    wait_for(JOBS);
    for (size_t i = 0; i < JOBS; i++) {
        assert_ptr_equal(begun[i], &jobs[i]);
        assert_true(share(&jobs[i], &jobs[0]));
    }
}

static void a_job_that_waits_keeps_its_stack_and_holds_up_nobody(void **state)
{
    (void)state;
    for (size_t i = 0; i < JOBS; i++)
        stacks_run(&job_at(i, i % 2 == 0)->job);
    while (n_begun < JOBS)
        st_usleep(0);
    assert_int_equal(n_ended, JOBS / 2);
    may_end = true;
    wait_for(JOBS);
    for (size_t i = 0; i < JOBS; i += 2)
        for (size_t k = 0; k < i; k += 2)
            assert_false(share(&jobs[i], &jobs[k]));
}

static void a_job_alone_shares_with_none_that_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < JOBS; i++)
        assert_true(stacks_run_alone(&job_at(i, true)->job));
    while (n_begun < JOBS)
        st_usleep(100);
    may_end = true;
    wait_for(JOBS);
    for (size_t i = 0; i < JOBS; i++)
        for (size_t k = 0; k < i; k++)
            assert_false(share(&jobs[i], &jobs[k]));
}

static void the_stack_that_was_used_last_is_used_first(void **state)
{
    (void)state;
    stacks_run(&job_at(0, false)->job);
    wait_for(1);
    for (size_t i = 1; i < JOBS; i++) {
        stacks_run(&job_at(i, false)->job);
        wait_for(i + 1);
        assert_true(share(&jobs[i], &jobs[0]));
    }
}

static void clean_and_touch(struct stack_job *base)
{
    struct job *j = CONTAINER_OF(base, struct job, job);
    stacks_clean();
    j->depth = stacks_depth();
    touch_deep();
    n_ended++;
}

static void a_stack_is_cleaned_of_what_others_have_touched(void **state)
{
    (void)state;
    assert_int_equal(stacks_depth(), 0); /* that of the process */
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){ .job.run = clean_and_touch };
        assert_true(stacks_run_alone(&jobs[i].job));
        wait_for(i + 1);
        if (!SANITIZED && !in_valgrind())
            assert_in_range(jobs[i].depth, 1, DEEP - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(jobs_that_need_not_wait_share_a_stack_in_their_order, setup),
        cmocka_unit_test_setup(a_job_that_waits_keeps_its_stack_and_holds_up_nobody, setup),
        cmocka_unit_test_setup(a_job_alone_shares_with_none_that_runs, setup),
        cmocka_unit_test_setup(the_stack_that_was_used_last_is_used_first, setup),
        cmocka_unit_test_setup(a_stack_is_cleaned_of_what_others_have_touched, setup),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
