/* Clients whose time ends. */
#include "app/session/terms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "loop.h"
#include "protocol/co.h"

enum { CLIENTS = 100 };

static struct terms    terms;
static struct co_group group;
static struct client   clients[CLIENTS];
static int64_t         ended_us[CLIENTS];

static void end(struct client *c)
{
    terms_remove(&terms, c);
    ended_us[c - clients] = now_us();
}

static int begin(void **state)
{
    (void)state;
    terms_init(&terms);
    co_group_init(&group);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){ .end = end };
        ended_us[i] = 0;
    }
    return code_of(co_go(&group, "terms", terms_run, &terms, NULL));
}

static int finish(void **state)
{
    (void)state;
    co_group_cancel_and_join(&group);
    return terms.n == 0 ? 0 : -1;
}

static void each_is_ended_in_time_and_not_before(void **state)
{
    int64_t now = now_us();
    (void)state;
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i].until_us = now + (int64_t)i * TERMS_SLOT_US / 20;
        terms_add(&terms, &clients[i]);
    }
    while (terms.n && now_us() < now + A_WHILE_US)
        assert_null(co_sleep(TERMS_SLOT_US));
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_true(clients[i].is_over);
        assert_true(ended_us[i] >= clients[i].until_us);
    }
}

static void one_that_leaves_before_is_not_ended(void **state)
{
    (void)state;
    clients[0].until_us = now_us() + 1;
    terms_add(&terms, &clients[0]);
    terms_remove(&terms, &clients[0]);
    terms_remove(&terms, &clients[0]);
    clients[1].until_us = now_us() + 2;
    terms_add(&terms, &clients[1]);
    while (terms.n)
        assert_null(co_sleep(TERMS_SLOT_US));
    assert_false(clients[0].is_over);
    assert_true(clients[1].is_over);
}

static void one_whose_time_does_not_end_is_left_alone(void **state)
{
    (void)state;
    terms_add(&terms, &clients[0]);
    assert_int_equal(terms.n, 0);
    terms_remove(&terms, &clients[0]);
}

static void one_beyond_the_reach_of_the_wheel_is_kept(void **state)
{
    (void)state;
    clients[0].until_us = now_us() + INT64_C(1000000) * TERMS_SLOTS * TERMS_SLOT_US;
    clients[1].until_us = now_us() + 1;
    terms_add(&terms, &clients[0]);
    terms_add(&terms, &clients[1]);
    while (terms.n > 1)
        assert_null(co_sleep(TERMS_SLOT_US));
    assert_false(clients[0].is_over);
    terms_remove(&terms, &clients[0]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
    const struct CMUnitTest tests[] = {
        TEST(each_is_ended_in_time_and_not_before),
        TEST(one_that_leaves_before_is_not_ended),
        TEST(one_whose_time_does_not_end_is_left_alone),
        TEST(one_beyond_the_reach_of_the_wheel_is_kept),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
