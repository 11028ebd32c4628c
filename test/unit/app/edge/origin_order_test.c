/* Origins that are hashed by the stream: edges agree, streams are spread, and few of them move. */
#include "app/edge/origin_order.h"

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ORIGINS = 4, STREAMS = 1000 };

static char *const here[ORIGINS] = { "a:1935", "b:1935", "c", "[::1]:19350" };
static char *const there[ORIGINS] = { "[::1]:19350", "c", "b:1935", "a:1935" };

static struct conf_cluster of(char *const *items, size_t count, int choice)
{
    return (struct conf_cluster){ .origins = { (char **)items, count }, .origin_choice = choice };
}

static const char *first_of(const struct conf_cluster *c, const char *key)
{
    return c->origins.items[origin_order_next(c, key, ORIGIN_ORDER_BEGIN)];
}

static const char *name(char buf[static 32], int n)
{
    snprintf(buf, 32, "/live/cam%d", n);
    return buf;
}

static void as_they_are_written(void **state)
{
    const struct conf_cluster c = of(here, ORIGINS, CONF_ORIGINS_ORDERED);
    size_t                    at = ORIGIN_ORDER_BEGIN;
    (void)state;
    for (size_t i = 0; i < ORIGINS; i++)
        assert_int_equal(at = origin_order_next(&c, "/live/s", at), i);
}

static void each_comes_once_also_one_that_is_written_twice(void **state)
{
    static char *const        twice[] = { "a", "b", "a" };
    const struct conf_cluster c = of(twice, 3, CONF_ORIGINS_HASHED);
    char                      key[32];
    (void)state;
    for (int n = 0; n < 50; n++) {
        bool   seen[3] = { false };
        size_t at = ORIGIN_ORDER_BEGIN;
        for (int i = 0; i < 3; i++) {
            at = origin_order_next(&c, name(key, n), at);
            assert_true(at < 3 && !seen[at]);
            seen[at] = true;
        }
    }
}

static void edges_agree_and_streams_are_spread(void **state)
{
    const struct conf_cluster a = of(here, ORIGINS, CONF_ORIGINS_HASHED), b = of(there, ORIGINS, CONF_ORIGINS_HASHED);
    int                       n_of[ORIGINS] = { 0 };
    char                      key[32];
    (void)state;
    for (int n = 0; n < STREAMS; n++) {
        size_t at = origin_order_next(&a, name(key, n), ORIGIN_ORDER_BEGIN);
        assert_string_equal(here[at], first_of(&b, key));
        n_of[at]++;
    }
    for (int i = 0; i < ORIGINS; i++)
        assert_true(n_of[i] > STREAMS / ORIGINS / 2 && n_of[i] < STREAMS / ORIGINS * 2);
}

static void an_origin_that_is_taken_away_moves_no_other_stream(void **state)
{
    const struct conf_cluster all = of(here, ORIGINS, CONF_ORIGINS_HASHED),
                              fewer = of(here, ORIGINS - 1, CONF_ORIGINS_HASHED);
    char key[32];
    (void)state;
    for (int n = 0; n < STREAMS; n++) {
        const char *first = first_of(&all, name(key, n));
        if (strcmp(first, here[ORIGINS - 1]) != 0)
            assert_string_equal(first, first_of(&fewer, key));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_they_are_written),
        cmocka_unit_test(each_comes_once_also_one_that_is_written_twice),
        cmocka_unit_test(edges_agree_and_streams_are_spread),
        cmocka_unit_test(an_origin_that_is_taken_away_moves_no_other_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
