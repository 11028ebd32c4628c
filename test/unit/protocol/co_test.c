/* Coroutines: parking, cancelling, joining. Only the first coroutine asserts; the others record what they saw. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/ident.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "sanitized.h"

static int crowd(void)
{
    return in_valgrind() ? 500 : SANITIZED ? 3000 : 10000;
}

static struct co_group group;

static int setup(void **state)
{
    (void)state;
    co_group_init(&group);
    err_free(co_park(0)); /* consumes a wake-up that the last test left */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    co_group_cancel_and_join(&group);
    return co_count() == 0 ? 0 : -1;
}

static struct co *go(void (*fn)(void *), void *arg)
{
    struct co *co = NULL;
    assert_null(co_go(&group, "test", fn, arg, &co));
    assert_non_null(co);
    return co;
}

/* ---- park and unpark ---- */

static void an_unpark_before_the_park_counts(void **state)
{
    (void)state;
    co_unpark(co_self());
    assert_null(co_park(DEADLINE_NEVER));
}

static void park_once(void *arg)
{
    if (!code_of(co_park(DEADLINE_NEVER)))
        ++*(int *)arg;
}

static void an_unpark_before_it_ever_ran_counts_too(void **state)
{
    (void)state;
    int n_woken = 0;
    co_unpark(go(park_once, &n_woken));
    co_give_way();
    assert_int_equal(n_woken, 1);
}

static void many_unparks_are_one_wake_up(void **state)
{
    (void)state;
    co_unpark(co_self());
    co_unpark(co_self());
    co_unpark(co_self());
    assert_null(co_park(DEADLINE_NEVER));
    assert_int_equal(code_of(co_park(now_us() + 1000)), E_SOCKET_TIMEOUT);
}

struct ping {
    struct co *a, *b;
    int        n_a, n_b, rounds;
};

static void ping_run(void *arg)
{
    struct ping *p = arg;
    while (p->n_a < p->rounds) {
        while (p->n_a > p->n_b)
            if (code_of(co_park(DEADLINE_NEVER)))
                return;
        p->n_a++;
        co_unpark(p->b); /* it waits for one more wake-up */
    }
    p->a = NULL;
}

static void pong_run(void *arg)
{
    struct ping *p = arg;
    while (p->n_b < p->rounds) {
        while (p->n_b == p->n_a)
            if (code_of(co_park(DEADLINE_NEVER)))
                return;
        p->n_b++;
        if (p->a)
            co_unpark(p->a);
    }
}

static void two_that_wait_for_each_other_lose_no_wake_up(void **state)
{
    (void)state;
    struct ping p = { .rounds = 20000 };
    p.a = go(ping_run, &p);
    p.b = go(pong_run, &p);
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_int_equal(p.n_a, p.rounds);
    assert_int_equal(p.n_b, p.rounds);
}

struct consumer {
    struct co *co;
    int        made, used, n_wakes;
};

static void consume(void *arg)
{
    struct consumer *c = arg;
    while (c->used < 1000) {
        while (c->used == c->made)
            if (code_of(co_park(DEADLINE_NEVER)))
                return;
        c->n_wakes++;
        c->used = c->made;
    }
}

static void a_consumer_takes_in_one_wake_up_what_came_meanwhile(void **state)
{
    (void)state;
    struct consumer c = { 0 };
    c.co = go(consume, &c);
    for (int i = 0; i < 1000; i++) {
        c.made++;
        co_unpark(c.co);
        if (i % 10 == 9)
            co_give_way();
    }
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_int_equal(c.used, 1000);
    assert_int_equal(c.n_wakes, 100);
}

static void a_deadline_ends_the_wait_not_before_its_time(void **state)
{
    (void)state;
    int64_t deadline = now_us() + 3000;
    assert_int_equal(code_of(co_park(deadline)), E_SOCKET_TIMEOUT);
    assert_true(now_us() >= deadline);
    assert_int_equal(code_of(co_park(deadline)),
                     E_SOCKET_TIMEOUT); /* a deadline that has passed ends the wait at once */
    co_unpark(co_self());
    assert_null(co_park(deadline)); /* a wake-up counts even when the deadline has passed */
}

struct sleeper {
    int     code;
    int64_t began_us, ended_us;
};

static void sleep_run(void *arg)
{
    struct sleeper *s = arg;
    s->began_us = now_us();
    s->code = code_of(co_sleep(5000));
    s->ended_us = now_us();
}

static void a_wake_up_does_not_shorten_a_sleep(void **state)
{
    (void)state;
    struct sleeper s = { .code = -1 };
    struct co     *co = go(sleep_run, &s);
    co_give_way();
    for (int i = 0; i < 3; i++) {
        co_unpark(co);
        co_give_way();
    }
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_int_equal(s.code, 0);
    assert_true(s.ended_us - s.began_us >= 5000);
}

/* ---- cancel ---- */

struct cancelled {
    int  codes[4];
    bool before, after;
};

static void try_every_wait(void *arg)
{
    struct cancelled *c = arg;
    c->before = co_is_cancelled(co_self());
    c->codes[0] = code_of(co_park(DEADLINE_NEVER));
    c->after = co_is_cancelled(co_self());
    c->codes[1] = code_of(co_park(DEADLINE_NEVER));
    c->codes[2] = code_of(co_sleep(INT64_C(3600) * US_PER_SECOND));
    co_unpark(co_self());
    c->codes[3] = code_of(co_park(DEADLINE_NEVER));
}

static void assert_all_cancelled(const struct cancelled *c)
{
    for (size_t i = 0; i < ARRAY_LEN(c->codes); i++)
        assert_int_equal(c->codes[i], E_THREAD_INTERRUPTED);
    assert_true(c->after);
}

static void a_cancel_ends_the_wait_and_all_that_follow(void **state)
{
    (void)state;
    struct cancelled c = { 0 };
    struct co       *co = go(try_every_wait, &c);
    co_give_way();
    assert_int_equal(c.codes[0], 0);
    co_cancel(co);
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_false(c.before);
    assert_all_cancelled(&c);
}

static void a_cancel_before_it_ever_ran_is_seen_too(void **state)
{
    (void)state;
    struct cancelled c = { 0 };
    co_cancel(go(try_every_wait, &c));
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_true(c.before);
    assert_all_cancelled(&c);
}

/* ---- groups ---- */

static void park_until_cancelled(void *arg)
{
    struct err *e = NULL;
    while (!e)
        e = co_park(DEADLINE_NEVER);
    ++*(int *)arg;
    err_free(e);
}

static void an_empty_group_is_joined_at_once(void **state)
{
    (void)state;
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_true(co_group_join(&group, 0));
    co_group_cancel(&group);
}

static void a_join_gives_up_at_its_deadline_and_may_be_repeated(void **state)
{
    (void)state;
    int n_ended = 0;
    for (int i = 0; i < 5; i++)
        go(park_until_cancelled, &n_ended);
    assert_int_equal(co_count(), 5);
    assert_false(co_group_join(&group, now_us() + 2000));
    assert_false(co_group_join(&group, 0));
    assert_int_equal(group.count, 5);
    co_group_cancel(&group);
    assert_int_equal(n_ended, 0); /* a cancel does not wait */
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_int_equal(n_ended, 5);
    assert_int_equal(group.count, 0);
    assert_int_equal(co_count(), 0);
    assert_true(list_is_empty(&group.members));
}

static void end_after_turns(void *arg)
{
    for (int turns = *(int *)arg; turns > 0; turns--)
        co_give_way();
    ++*(int *)arg; /* the owner's frame must still be there */
}

static void members_that_end_one_by_one_are_all_waited_for(void **state)
{
    (void)state;
    int turns[20];
    for (int i = 0; i < 20; i++) {
        turns[i] = i;
        go(end_after_turns, &turns[i]);
    }
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    for (int i = 0; i < 20; i++)
        assert_int_equal(turns[i], i + 1);
}

static void start_another(void *arg)
{
    int *left = arg;
    if (--*left > 0)
        err_free(co_go(&group, "next", start_another, arg, NULL));
}

static void a_member_that_starts_another_is_waited_for_too(void **state)
{
    (void)state;
    int left = 50;
    go(start_another, &left);
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_int_equal(left, 0);
}

struct owner {
    struct co_group members;
    struct co      *co;
    int             n_ended;
    bool            joined, in_order;
};

static void end_slowly_when_cancelled(void *arg)
{
    struct owner *o = arg;
    err_free(co_park(DEADLINE_NEVER));
    for (int i = 0; i < 5; i++)
        co_give_way();
    o->n_ended++;
}

static void own_some(void *arg)
{
    struct owner *o = arg;
    co_group_init(&o->members);
    for (int i = 0; i < 3; i++)
        err_free(co_go(&o->members, "member", end_slowly_when_cancelled, o, NULL));
    err_free(co_park(DEADLINE_NEVER));
    co_group_cancel_and_join(&o->members);
    o->joined = true;
    o->in_order = o->n_ended == 3 && o->members.count == 0;
}

static void a_cancelled_owner_still_waits_for_its_members(void **state)
{
    (void)state;
    struct owner o = { 0 };
    o.co = go(own_some, &o);
    co_give_way();
    co_cancel(o.co);
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_true(o.joined);
    assert_true(o.in_order);
}

static void unpark_the_first(void *arg)
{
    co_unpark(arg);
}

static void a_join_does_not_eat_a_wake_up_meant_for_another_wait(void **state)
{
    (void)state;
    go(unpark_the_first, co_self());
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_null(co_park(now_us() + INT64_C(60) * US_PER_SECOND));
}

static void without_memory_no_coroutine_begins(void **state)
{
    (void)state;
    struct co *co = NULL;
    int        n = 0;
    mem_fail_after(0);
    struct err *e = co_go(&group, "test", park_until_cancelled, &n, &co);
    mem_fail_after(-1);
    assert_int_equal(code_of(e), E_NO_MEMORY);
    assert_null(co);
    assert_int_equal(group.count, 0);
    assert_int_equal(co_count(), 0);
}

/* ---- turns ---- */

enum { TAKERS = 7, TURNS = 10 };

static int order[TAKERS * TURNS], n_ordered;

static void take_turns(void *arg)
{
    for (int i = 0; i < TURNS; i++) {
        order[n_ordered++] = *(int *)arg;
        co_give_way();
    }
}

static void a_yield_lets_every_ready_coroutine_run_once(void **state)
{
    (void)state;
    int numbers[TAKERS];
    n_ordered = 0;
    for (int i = 0; i < TAKERS; i++) {
        numbers[i] = i;
        go(take_turns, &numbers[i]);
    }
    assert_int_equal(n_ordered, 0); /* starting one does not yield */
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_int_equal(n_ordered, TAKERS * TURNS);
    for (int i = 0; i < TAKERS; i++)
        assert_int_equal(order[i], i); /* they begin in the order in which they were started */
    for (int turn = 0; turn < TURNS; turn++) {
        unsigned seen = 0;
        for (int i = 0; i < TAKERS; i++)
            seen |= 1u << order[turn * TAKERS + i];
        assert_int_equal(seen, (1u << TAKERS) - 1);
    }
}

/* ---- two coroutines that never let the run queue become empty ---- */

struct starver {
    struct co *other;
    bool       stop;
    int64_t    until_us; /* the test has failed by then: end all coroutines */
};

static void wake_each_other(void *arg)
{
    struct starver *s = arg;
    while (!s->stop && now_us() < s->until_us) {
        if (s->other)
            co_unpark(s->other);
        err_free(co_park(now_us() + 10 * US_PER_MS));
    }
}

static void two_that_keep_waking_each_other_delay_no_timer(void **state)
{
    (void)state;
    struct starver one = { .until_us = now_us() + 5 * US_PER_SECOND }, two = one;
    one.other = go(wake_each_other, &two);
    two.other = go(wake_each_other, &one);
    assert_null(co_sleep(20 * US_PER_MS));
    bool in_time = now_us() < one.until_us;
    one.stop = two.stop = true;
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_true(in_time);
}

/* ---- slices of time ---- */

static void compute(int64_t us)
{
    for (int64_t until_us = now_us() + us; now_us() < until_us;)
        continue;
}

static void a_slice_is_over_when_its_time_is(void **state)
{
    (void)state;
    for (int i = 0; co_slice_is_over() && i < 1000; i++)
        co_give_way(); /* on a busy machine a slice may be over as it begins */
    assert_false(co_give_way_by_time() && co_give_way_by_time() && co_give_way_by_time());
    compute(CO_SLICE_US);
    assert_true(co_slice_is_over());
    assert_true(co_give_way_by_time());
}

static void a_deadline_in_a_standstill_is_judged_behind_it(void **state)
{
    (void)state;
    co_give_way();
    int64_t before = now_us();
    compute(700 * US_PER_MS); /* like a stopped process: no other coroutine ran, no socket was looked at */
    co_give_way();
    int64_t after = now_us();
    assert_true(co_deadline(before + 100 * US_PER_MS) > after);
    assert_true(co_deadline(after) > after);
    assert_int_equal(co_deadline(before - 10 * US_PER_SECOND), before - 10 * US_PER_SECOND);
    assert_int_equal(co_deadline(after + 10 * US_PER_SECOND), after + 10 * US_PER_SECOND);
    assert_true(co_deadline(DEADLINE_NEVER) == DEADLINE_NEVER);
}

static int n_long_turns;

static void take_long_turns(void *arg)
{
    struct starver *s = arg;
    while (!s->stop && now_us() < s->until_us) {
        compute(2 * CO_SLICE_US);
        n_long_turns++;
        co_unpark(s->other);
        err_free(co_park(DEADLINE_NEVER));
    }
}

static void long_turns_delay_no_timer_by_more_than_a_few(void **state)
{
    enum { CROWD_OF_LONG = 4 };
    (void)state;
    struct starver all[CROWD_OF_LONG];
    n_long_turns = 0;
    for (int i = 0; i < CROWD_OF_LONG; i++)
        all[i] = (struct starver){ .until_us = now_us() + 5 * US_PER_SECOND };
    for (int i = 0; i < CROWD_OF_LONG; i++) {
        struct co *co = go(take_long_turns, &all[i]);
        all[(i + 1) % CROWD_OF_LONG].other = co; /* a ring in which one coroutine is always ready */
    }
    while (n_long_turns == 0)
        assert_null(co_sleep(1)); /* on a busy machine the time may be over before the others run */
    assert_in_range(n_long_turns, 1, 4 * CROWD_OF_LONG);
    for (int i = 0; i < CROWD_OF_LONG; i++)
        all[i].stop = true;
    co_group_cancel(&group);
    assert_true(co_group_join(&group, DEADLINE_NEVER));
}

static void two_that_keep_waking_each_other_delay_no_other_that_gives_way(void **state)
{
    (void)state;
    struct starver one = { .until_us = now_us() + 5 * US_PER_SECOND }, two = one;
    one.other = go(wake_each_other, &two);
    two.other = go(wake_each_other, &one);
    for (int i = 0; i < 100; i++)
        co_give_way();
    bool in_time = now_us() < one.until_us;
    one.stop = two.stop = true;
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_true(in_time);
}

/* ---- names and traces ---- */

struct tracer {
    char       first[64], set[64], later[64];
    struct co *self;
};

static void trace_run(void *arg)
{
    struct tracer *t = arg;
    t->self = co_self();
    snprintf(t->first, sizeof t->first, "%s", co_trace());
    co_set_trace("a-much-too-long-trace");
    snprintf(t->set, sizeof t->set, "%s", co_trace());
    co_give_way();
    snprintf(t->later, sizeof t->later, "%s", co_trace());
}

static void each_has_a_trace_id_of_its_own(void **state)
{
    (void)state;
    struct tracer a = { 0 }, b = { 0 };
    char          mine[IDENT_CAP];
    snprintf(mine, sizeof mine, "%s", co_trace());
    assert_int_equal(strlen(mine), IDENT_LEN);
    struct co *co = go(trace_run, &a);
    go(trace_run, &b);
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_ptr_equal(a.self, co);
    assert_int_equal(strlen(a.first), IDENT_LEN);
    assert_string_not_equal(a.first, b.first);
    assert_string_not_equal(a.first, mine);
    assert_string_equal(a.set, "a-much-t");
    assert_string_equal(a.later, a.set);
    assert_string_equal(co_trace(), mine);
}

/* ---- stacks ---- */

enum { DEEP = 40 << 10, PAGE = 4096 };

__attribute__((noinline)) static int touch_deep(void)
{
    volatile char bytes[DEEP];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = 1; /* byte by byte, because clang removes a memset() whose result is not read */
    return bytes[DEEP / 2];
}

/* The number of resident pages below the caller's frame. */
__attribute__((noinline)) static int resident_pages_below(void)
{
    enum { PAGES = DEEP / PAGE };
    unsigned char is_resident[PAGES] = { 0 };
    uintptr_t     here = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(PAGE - 1);
    int           n = 0;
    if (mincore((void *)(here - DEEP), DEEP, is_resident) != 0)
        return -1;
    for (int i = 0; i < PAGES; i++)
        n += is_resident[i] & 1;
    return n;
}

struct trimmer {
    int  before, after;
    bool whole;
};

static void trim_run(void *arg)
{
    struct trimmer *t = arg;
    volatile char   mine[3000];
    memset((void *)mine, 0x5a, sizeof mine);
    t->whole = touch_deep() == 1;
    t->before = resident_pages_below();
    co_trim_stack();
    t->after = resident_pages_below();
    co_give_way();
    co_trim_stack();
    for (size_t i = 0; i < sizeof mine; i++)
        t->whole &= mine[i] == 0x5a;
    t->whole &= touch_deep() == 1; /* the trimmed stack can be used again */
}

static void trimming_gives_the_stack_back_and_keeps_what_is_in_use(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) { /* stacks are used again */
        struct trimmer t = { 0 };
        go(trim_run, &t);
        co_trim_stack(); /* it does nothing for the first coroutine */
        assert_true(co_group_join(&group, DEADLINE_NEVER));
        assert_true(t.whole);
        if (!SANITIZED && !in_valgrind()) {
            assert_true(t.before >= DEEP / PAGE - 2);
            assert_true(t.after <= 2);
        }
    }
}

static void a_crowd_is_woken_and_cancelled(void **state)
{
    (void)state;
    int         n_ended = 0, n = crowd();
    struct co **all = calloc((size_t)n, sizeof *all);
    for (int i = 0; i < n; i++)
        all[i] = go(park_until_cancelled, &n_ended);
    co_give_way();
    assert_int_equal(co_count(), n);
    for (int i = 0; i < n; i++)
        co_unpark(all[i]);
    co_give_way();
    assert_int_equal(n_ended, 0);
    for (int i = 0; i < n; i += 2)
        co_cancel(all[i]);
    co_give_way();
    assert_int_equal(n_ended, (n + 1) / 2);
    co_group_cancel_and_join(&group);
    assert_int_equal(n_ended, n);
    free(all);
}

static void a_crowd_may_leave_while_it_is_waited_for(void **state)
{
    (void)state;
    int n = crowd();
    for (int i = 0; i < n; i++) {
        static int turns[3];
        turns[0] = turns[1] = turns[2] = 1;
        go(end_after_turns, &turns[i % 3]);
    }
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_int_equal(co_count(), 0);
}

/* ---- rest ---- */

struct rester {
    struct co *co;
    int64_t    rests_until_us;
    int        n_calls, n_wanted; /* it ends with the last call that is wanted */
    bool       wakes_itself, waits, rests, was_cancelled;
    char       trace[IDENT_CAP];
};

static void rest_run(void *arg)
{
    struct rester *r = arg;
    if (r->n_calls++ == 0)
        co_set_trace("resting");
    snprintf(r->trace, sizeof r->trace, "%s", co_trace());
    r->was_cancelled = co_is_cancelled(co_self());
    if (r->waits)
        code_of(co_sleep(100));
    if (r->was_cancelled || r->n_calls == r->n_wanted)
        return;
    if (r->wakes_itself)
        co_unpark(co_self());
    r->rests = true;
    co_rest(r->rests_until_us);
}

static void a_rest_ends_when_the_coroutine_is_unparked(void **state)
{
    (void)state;
    struct rester r = { .rests_until_us = DEADLINE_NEVER, .n_wanted = 3 };
    r.co = go(rest_run, &r);
    for (int n = 1; n < 3; n++) {
        co_give_way();
        assert_int_equal(r.n_calls, n);
        co_give_way();
        assert_int_equal(r.n_calls, n); /* it rests */
        assert_int_equal(group.count, 1);
        co_unpark(r.co);
        co_unpark(r.co);
    }
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(r.n_calls, 3);
    assert_string_equal(r.trace, "resting");
}

static void an_unpark_before_the_rest_counts(void **state)
{
    (void)state;
    struct rester r = { .rests_until_us = DEADLINE_NEVER, .n_wanted = 10, .wakes_itself = true };
    go(rest_run, &r);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(r.n_calls, 10);
}

static void a_deadline_ends_the_rest_not_before_its_time(void **state)
{
    (void)state;
    enum { MANY = 50 };
    struct rester r[MANY];
    int64_t       began_us = now_us();
    for (int i = 0; i < MANY; i++) {
        r[i] = (struct rester){ .rests_until_us = began_us + i * 5 * US_PER_MS, .n_wanted = 2 };
        go(rest_run, &r[i]);
    }
    for (int n_over = 0; n_over < MANY;) {
        co_give_way();
        n_over = 0;
        for (int i = 0; i < MANY; i++) {
            bool is_over = r[i].n_calls == 2;
            assert_true(!is_over || now_us() >= r[i].rests_until_us);
            n_over += is_over;
        }
    }
    assert_true(co_group_join(&group, a_while()));
}

static void a_deadline_that_does_not_come_wakes_nobody(void **state)
{
    (void)state;
    struct rester r = { .rests_until_us = now_us() + 3600 * (int64_t)US_PER_SECOND, .n_wanted = 3 };
    r.co = go(rest_run, &r);
    co_give_way();
    r.rests_until_us = DEADLINE_NEVER; /* a later rest, without a deadline */
    co_unpark(r.co);
    co_give_way();
    assert_int_equal(r.n_calls, 2);
    assert_null(co_sleep(1000));
    assert_int_equal(r.n_calls, 2);
    co_group_cancel_and_join(&group);
}

static void a_cancel_ends_the_rest(void **state)
{
    (void)state;
    struct rester r = { .rests_until_us = DEADLINE_NEVER, .n_wanted = 1000 };
    r.co = go(rest_run, &r);
    co_give_way();
    assert_false(r.was_cancelled);
    co_group_cancel_and_join(&group);
    assert_true(r.was_cancelled);
    assert_int_equal(r.n_calls, 2);
}

static void a_crowd_that_rests_is_woken_whether_it_waits_or_not(void **state)
{
    (void)state;
    int            n = crowd();
    struct rester *all = calloc((size_t)n, sizeof *all);
    for (int i = 0; i < n; i++) {
        all[i] = (struct rester){ .rests_until_us = DEADLINE_NEVER, .n_wanted = 2, .waits = i % 3 == 0 };
        all[i].co = go(rest_run, &all[i]);
    }
    for (int i = 0; i < n; i++)
        while (!all[i].rests)
            co_give_way();
    for (int i = 0; i < n; i++)
        co_unpark(all[i].co);
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    for (int i = 0; i < n; i++)
        assert_int_equal(all[i].n_calls, 2);
    free(all);
}

enum { SPIN_US = 10000 };

static void spin(void *arg)
{
    int64_t began_us = now_us();
    while (now_us() - began_us < SPIN_US)
        ;
    *(bool *)arg = true;
}

static uint64_t long_ones(const struct histogram *h)
{
    uint64_t n = 0;
    for (size_t i = histogram_bucket(SPIN_US); i <= HISTOGRAM_BOUNDS; i++)
        n += h->counts[i];
    return n;
}

static void turns_and_rounds_are_counted_by_their_length(void **state)
{
    struct co_times before = *co_times();
    bool            has_spun = false;
    (void)state;
    go(spin, &has_spun);
    while (!has_spun)
        co_give_way();
    co_give_way();
    const struct co_times *after = co_times();
    assert_true(long_ones(&after->turns) > long_ones(&before.turns));
    assert_true(long_ones(&after->rounds) > long_ones(&before.rounds));
    assert_true(after->turns.sum_us >= before.turns.sum_us + SPIN_US);
    assert_true(histogram_total(&after->turns) >= histogram_total(&before.turns) + 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unpark_before_the_park_counts),
        TEST(an_unpark_before_it_ever_ran_counts_too),
        TEST(many_unparks_are_one_wake_up),
        TEST(two_that_wait_for_each_other_lose_no_wake_up),
        TEST(a_consumer_takes_in_one_wake_up_what_came_meanwhile),
        TEST(a_deadline_ends_the_wait_not_before_its_time),
        TEST(a_wake_up_does_not_shorten_a_sleep),
        TEST(a_cancel_ends_the_wait_and_all_that_follow),
        TEST(a_cancel_before_it_ever_ran_is_seen_too),
        TEST(an_empty_group_is_joined_at_once),
        TEST(a_join_gives_up_at_its_deadline_and_may_be_repeated),
        TEST(members_that_end_one_by_one_are_all_waited_for),
        TEST(a_member_that_starts_another_is_waited_for_too),
        TEST(a_cancelled_owner_still_waits_for_its_members),
        TEST(a_join_does_not_eat_a_wake_up_meant_for_another_wait),
        TEST(without_memory_no_coroutine_begins),
        TEST(a_yield_lets_every_ready_coroutine_run_once),
        TEST(two_that_keep_waking_each_other_delay_no_timer),
        TEST(two_that_keep_waking_each_other_delay_no_other_that_gives_way),
        TEST(a_slice_is_over_when_its_time_is),
        TEST(long_turns_delay_no_timer_by_more_than_a_few),
        TEST(a_deadline_in_a_standstill_is_judged_behind_it),
        TEST(each_has_a_trace_id_of_its_own),
        TEST(trimming_gives_the_stack_back_and_keeps_what_is_in_use),
        TEST(a_crowd_is_woken_and_cancelled),
        TEST(a_crowd_may_leave_while_it_is_waited_for),
        TEST(a_rest_ends_when_the_coroutine_is_unparked),
        TEST(an_unpark_before_the_rest_counts),
        TEST(a_deadline_ends_the_rest_not_before_its_time),
        TEST(a_deadline_that_does_not_come_wakes_nobody),
        TEST(a_cancel_ends_the_rest),
        TEST(turns_and_rounds_are_counted_by_their_length),
        TEST(a_crowd_that_rests_is_woken_whether_it_waits_or_not),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
