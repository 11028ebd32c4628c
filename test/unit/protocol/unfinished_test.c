/* The order in which unfinished messages of connections give way. */
#include "protocol/unfinished.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/attr.h"
#include "core/clock.h"

enum { KIB = 1 << 10, MIB = 1 << 20 };

struct holder {
    struct unfinished u;
    bool              dropped;
};

static void drop(struct unfinished *u)
{
    struct holder *h = CONTAINER_OF(u, struct holder, u);
    assert_false(h->dropped);
    h->dropped = true;
    unfinished_set(u, 0); /* the owner frees the memory that it held */
}

static struct holder holds(void)
{
    return (struct holder){ .u.drop = drop };
}

static void nothing_gives_way_where_nothing_is_held(void **state)
{
    (void)state;
    struct holder h = holds();
    assert_int_equal(unfinished_give_way(), 0);
    unfinished_set(&h.u, 0);
    unfinished_set(&h.u, UNFINISHED_MIN - 1);
    assert_int_equal(unfinished_give_way(), 0);
    assert_false(h.dropped);
}

static void the_largest_of_one_age_goes_first(void **state)
{
    (void)state;
    struct holder a = holds(), b = holds(), c = holds();
    unfinished_set(&a.u, MIB);
    unfinished_set(&b.u, 200 * MIB);
    unfinished_set(&c.u, UNFINISHED_MIN);
    assert_int_equal(unfinished_give_way(), 200 * MIB);
    assert_true(b.dropped && !a.dropped && !c.dropped);
    assert_int_equal(unfinished_give_way(), MIB);
    assert_int_equal(unfinished_give_way(), UNFINISHED_MIN);
    assert_int_equal(unfinished_give_way(), 0);
    assert_true(a.dropped && c.dropped);
}

static void what_has_been_held_for_long_goes_before_what_has_just_come(void **state)
{
    (void)state;
    struct holder old = holds(), new = holds();
    unfinished_set(&old.u, 100 * KIB);
    old.u.since_us -= 10 * US_PER_SECOND;
    unfinished_set(&old.u, 101 * KIB); /* a few more bytes do not make it younger */
    unfinished_set(&new.u, 10 * MIB);
    assert_int_equal(unfinished_give_way(), 101 * KIB);
    assert_true(old.dropped && !new.dropped);
    unfinished_set(&new.u, 0);
}

static void what_is_complete_does_not_give_way(void **state)
{
    (void)state;
    struct holder h = holds();
    unfinished_set(&h.u, MIB);
    unfinished_set(&h.u, 0);
    assert_int_equal(unfinished_give_way(), 0);
    unfinished_set(&h.u, MIB); /* the next message */
    assert_int_equal(unfinished_give_way(), MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gives_way_where_nothing_is_held),
        cmocka_unit_test(the_largest_of_one_age_goes_first),
        cmocka_unit_test(what_has_been_held_for_long_goes_before_what_has_just_come),
        cmocka_unit_test(what_is_complete_does_not_give_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
