/* Places that are taken and given back: where they lie, and that neighbours become one. */
#include "core/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mem.h"

static void the_first_place_that_is_long_enough_is_taken(void **state)
{
    (void)state;
    struct places p = { .max = 100 };
    assert_int_equal(places_take(&p, 10), 0);
    assert_int_equal(places_take(&p, 20), 10);
    assert_int_equal(places_take(&p, 30), 30);
    places_give(&p, 0, 10);
    places_give(&p, 30, 30);
    assert_int_equal(p.end, 30);
    assert_int_equal(places_take(&p, 11), 30);
    assert_int_equal(places_take(&p, 4), 0);
    assert_int_equal(places_take(&p, 6), 4);
    assert_int_equal(places_take(&p, 60), -1);
    assert_int_equal(places_take(&p, 59), 41);
    places_finish(&p);
    assert_int_equal(places_take(&p, 100), 0);
    assert_int_equal(places_take(&p, 1), -1);
}

static void a_place_is_taken_where_it_is_wanted(void **state)
{
    (void)state;
    struct places p = { .max = 100 };
    assert_int_equal(places_take(&p, 50), 0);
    places_give(&p, 10, 10);
    assert_false(places_take_at(&p, 10, 11));
    assert_false(places_take_at(&p, 11, 1));
    assert_false(places_take_at(&p, 20, 1));
    assert_true(places_take_at(&p, 10, 4));
    assert_true(places_take_at(&p, 14, 6));
    assert_false(places_take_at(&p, 20, 1));
    assert_true(places_take_at(&p, 50, 50));
    assert_false(places_take_at(&p, 100, 1));
    places_finish(&p);
}

static void neighbours_become_one(void **state)
{
    enum { N = 8 };
    (void)state;
    struct places p = { .max = N + 1 };
    for (int i = 0; i <= N; i++)
        assert_int_equal(places_take(&p, 1), i);
    for (int i = 0; i < N; i += 2)
        places_give(&p, i, 1);
    assert_int_equal(p.n_free, N / 2);
    for (int i = 1; i < N; i += 2)
        places_give(&p, i, 1);
    assert_int_equal(p.n_free, 1);
    places_give(&p, N, 1);
    assert_int_equal(p.n_free, 0);
    assert_int_equal(p.end, 0);
    places_finish(&p);
    assert_int_equal(mem_held(), 0);
}

/* Whatever is taken and given: no two have the same place, and in the end all is free. */
static void nothing_is_taken_twice(void **state)
{
    enum { MAX = 1000, N = 50, TURNS = 20000 };
    uint8_t      owner[MAX] = { 0 };
    struct place taken[N + 1] = { { 0 } };
    (void)state;
    struct places p = { .max = MAX };
    srand(1);
    for (int turn = 0; turn < TURNS; turn++) {
        int           i = 1 + rand() % N;
        struct place *t = &taken[i];
        for (int64_t k = 0; k < t->len; k++) {
            assert_int_equal(owner[t->at + k], i);
            owner[t->at + k] = 0;
        }
        if (t->len)
            places_give(&p, t->at, t->len);
        *t = (struct place){ .len = 1 + rand() % 40 };
        if (rand() % 2 || !places_take_at(&p, t->at = rand() % MAX, t->len))
            t->at = places_take(&p, t->len);
        if (t->at < 0)
            *t = (struct place){ 0 };
        for (int64_t k = 0; k < t->len; k++) {
            assert_int_equal(owner[t->at + k], 0);
            owner[t->at + k] = (uint8_t)i;
        }
    }
    for (int i = 1; i <= N; i++)
        if (taken[i].len)
            places_give(&p, taken[i].at, taken[i].len);
    assert_int_equal(p.n_free, 0);
    assert_int_equal(p.end, 0);
    places_finish(&p);
}

static void without_memory_for_its_row_a_place_stays_taken(void **state)
{
    (void)state;
    struct places p = { .max = 10 };
    assert_int_equal(places_take(&p, 10), 0);
    mem_fail_after(0);
    places_give(&p, 0, 5);
    mem_fail_after(-1);
    assert_int_equal(places_take(&p, 1), -1);
    places_give(&p, 5, 5);
    assert_int_equal(places_take(&p, 5), 5);
    places_finish(&p);
    assert_int_equal(mem_held(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_place_that_is_long_enough_is_taken),
        cmocka_unit_test(a_place_is_taken_where_it_is_wanted),
        cmocka_unit_test(neighbours_become_one),
        cmocka_unit_test(nothing_is_taken_twice),
        cmocka_unit_test(without_memory_for_its_row_a_place_stays_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
