/* Origins that cannot be reached are set aside. */
#include "app/edge/origins.h"

#include <cmocka.h>
#include <stdio.h>

#include "app/relay/order.h"
#include "core/clock.h"

static char *const             words[] = { "rtmp://a/live/s", "rtmp://b:1936/live/s?k=/", "rtmp://c/live/s" };
static const struct conf_words urls = { (char **)words, 3 };

static int clean(void **state)
{
    (void)state;
    origins_finish();
    return 0;
}

static void one_after_another_while_all_answer(void **state)
{
    (void)state;
    assert_int_equal(origins_choose(&urls, PULL_URL_NONE), 0);
    assert_int_equal(origins_choose(&urls, 0), 1);
    assert_int_equal(origins_choose(&urls, 1), 2);
    assert_int_equal(origins_choose(&urls, 2), 0);
}

static void one_that_cannot_be_reached_is_passed_over_for_all_its_streams(void **state)
{
    (void)state;
    origins_heard("rtmp://a/other/t?x=1", false);
    assert_int_equal(origins_choose(&urls, PULL_URL_NONE), 1);
    assert_int_equal(origins_choose(&urls, 2), 1);
    assert_int_equal(origins_aside_until_us("rtmp://b:1936/live/s"), 0);
    origins_heard("rtmp://a/live/s", true);
    assert_int_equal(origins_choose(&urls, PULL_URL_NONE), 0);
    origins_heard("rtmp://b/live/s", false); /* another port */
    assert_int_equal(origins_choose(&urls, 0), 1);
}

static void when_all_are_aside_each_has_its_turn(void **state)
{
    (void)state;
    for (size_t i = 3; i-- > 0;)
        origins_heard(urls.items[i], false);
    assert_int_equal(origins_choose(&urls, PULL_URL_NONE), 2); /* its time is over first, or at the same time */
    assert_int_equal(origins_choose(&urls, 0), 1);
    assert_int_equal(origins_choose(&urls, 1), 2);
    assert_int_equal(origins_choose(&urls, 2), 0);
}

static void failures_while_it_is_aside_do_not_add_up(void **state)
{
    (void)state;
    origins_heard(urls.items[0], false);
    int64_t until_us = origins_aside_until_us(urls.items[0]);
    assert_true(until_us > now_us() && until_us <= now_us() + ORIGIN_ASIDE_US);
    for (int i = 0; i < 100; i++)
        origins_heard(urls.items[0], false);
    assert_int_equal(origins_aside_until_us(urls.items[0]), until_us);
}

static void those_heard_last_are_remembered(void **state)
{
    char url[64];
    (void)state;
    for (int i = 0; i <= ORIGINS_MAX; i++) {
        snprintf(url, sizeof url, "rtmp://h%d/live/s", i);
        origins_heard(url, false);
        origins_heard("rtmp://h0/live/s", true);
    }
    assert_true(origins_aside_until_us(url) > 0);
    assert_true(origins_state("rtmp://h0/").is_known);
    assert_false(origins_state("rtmp://h1/").is_known);
}

static void its_state_is_that_of_the_last_answer(void **state)
{
    (void)state;
    struct origin_state s = origins_state("rtmp://a/live/s");
    assert_true(!s.is_known && !s.is_up);
    origins_heard("rtmp://a/live/s", false);
    origins_heard("rtmp://a/live/t", false);
    s = origins_state("rtmp://a");
    assert_true(s.is_known && !s.is_up && s.aside_us > 0);
    assert_int_equal(s.n_failures, 2);
    origins_heard("rtmp://a/live/s", true);
    s = origins_state("rtmp://a/");
    assert_true(s.is_known && s.is_up && s.aside_us == 0);
    assert_int_equal(s.n_failures, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(one_after_another_while_all_answer, clean),
        cmocka_unit_test_teardown(one_that_cannot_be_reached_is_passed_over_for_all_its_streams, clean),
        cmocka_unit_test_teardown(when_all_are_aside_each_has_its_turn, clean),
        cmocka_unit_test_teardown(failures_while_it_is_aside_do_not_add_up, clean),
        cmocka_unit_test_teardown(its_state_is_that_of_the_last_answer, clean),
        cmocka_unit_test_teardown(those_heard_last_are_remembered, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
