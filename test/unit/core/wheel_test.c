/* A timer wheel: nothing is due too early, or more than a slot too late, and nothing is lost. */
#include <cmocka.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/wheel.h"

enum { SLOT_US = 100, ITEMS = 1000 };

static struct wheel      w;
static struct wheel_item items[ITEMS];

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < ITEMS; i++)
        items[i] = (struct wheel_item){ 0 };
    wheel_init(&w, SLOT_US, 12345);
    return 0;
}

static void an_empty_wheel_is_never_due(void **state)
{
    (void)state;
    assert_int_equal(wheel_next_us(&w), DEADLINE_NEVER);
    assert_null(wheel_pop(&w, 1000000));
    wheel_take(&w, &items[0]); /* it is on no wheel */
}

static void an_item_is_due_in_its_time(void **state)
{
    (void)state;
    static const int64_t dues[] = { 0, 12000, 12345, 12346, 12399, 12400, 20000, 12345 + 10 * WHEEL_SLOTS * SLOT_US };
    for (size_t i = 0; i < sizeof dues / sizeof dues[0]; i++) {
        wheel_init(&w, SLOT_US, 12345);
        wheel_put(&w, &items[0], dues[i]);
        int64_t now = 12345, before = 12345;
        while (!wheel_pop(&w, now)) {
            int64_t next = wheel_next_us(&w);
            assert_true(next > now);
            before = now;
            now = next;
        }
        assert_true(now >= dues[i]);
        assert_true(before < dues[i] + SLOT_US || before == 12345);
        assert_int_equal(wheel_next_us(&w), DEADLINE_NEVER);
    }
}

static void an_item_may_be_moved_and_taken(void **state)
{
    (void)state;
    wheel_put(&w, &items[0], 13000);
    wheel_put(&w, &items[0], 20000);
    assert_int_equal(w.n, 1);
    assert_null(wheel_pop(&w, 19999));
    assert_ptr_equal(wheel_pop(&w, 20100), &items[0]);
    wheel_put(&w, &items[0], 30000);
    wheel_take(&w, &items[0]);
    wheel_take(&w, &items[0]);
    assert_null(wheel_pop(&w, 40000));
    assert_int_equal(w.n, 0);
}

static void many_items_come_in_turn_whatever_the_steps(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (size_t i = 0; i < ITEMS; i++) {
        seed = seed * 1664525u + 1013904223u;
        wheel_put(&w, &items[i], 12345 + seed % 100000);
    }
    size_t  n = 0;
    int64_t now = 12345;
    while (n < ITEMS) {
        struct wheel_item *item;
        seed = seed * 1664525u + 1013904223u;
        int64_t before = now;
        now += 1 + (seed >> 8) % 5000;
        while ((item = wheel_pop(&w, now))) {
            assert_true(item->due_us <= now);
            assert_true(item->due_us + SLOT_US >= before - SLOT_US); /* it was not left out before */
            n++;
        }
        assert_int_equal(w.n, ITEMS - n);
    }
    for (size_t i = 0; i < ITEMS; i++)
        assert_null(items[i].link.next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_empty_wheel_is_never_due, setup),
        cmocka_unit_test_setup(an_item_is_due_in_its_time, setup),
        cmocka_unit_test_setup(an_item_may_be_moved_and_taken, setup),
        cmocka_unit_test_setup(many_items_come_in_turn_whatever_the_steps, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
