/* The roll: members in the order of their arrival. */
#include <cmocka.h>
#include <string.h>

#include "core/mem.h"
#include "core/roll.h"

enum { MANY = 5 * ROLL_BLOCK + 7 };

struct item {
    int               number;
    bool              there;
    struct roll_place place;
};

static struct roll roll;
static struct item items[MANY];

static void setup(int n)
{
    roll = (struct roll){ 0 };
    memset(items, 0, sizeof items);
    for (int i = 0; i < n; i++) {
        items[i].number = i;
        items[i].there = true;
        assert_true(roll_add(&roll, &items[i].place, &items[i]));
    }
}

static void take(int i)
{
    roll_remove(&roll, &items[i].place);
    items[i].there = false;
}

static void teardown_all(void)
{
    for (int i = 0; i < MANY; i++)
        take(i);
    assert_int_equal(roll.count, 0);
    assert_null(roll.first);
    assert_null(roll.last);
}

/* Assert that a page from every index on has the rest in order. */
static void assert_pages_are_right(void)
{
    for (size_t start = 0; start <= roll.count + 1; start += 41) {
        struct roll_cursor c = roll_seek(&roll, start);
        size_t             before = 0;
        for (int i = 0; i < MANY; i++) {
            if (!items[i].there || before++ < start)
                continue;
            assert_ptr_equal(roll_next(&roll, &c), &items[i]);
        }
        assert_null(roll_next(&roll, &c));
        assert_null(roll_next(&roll, &c));
    }
}

static void an_empty_roll_gives_nothing(void **state)
{
    (void)state;
    setup(0);
    struct roll_cursor c = roll_seek(&roll, 0);
    assert_null(roll_next(&roll, &c));
    roll_remove(&roll, &items[0].place); /* it was never in the roll */
    assert_int_equal(roll.count, 0);
}

static void members_come_in_the_order_of_arrival_from_every_place(void **state)
{
    (void)state;
    setup(MANY);
    assert_int_equal(roll.count, MANY);
    assert_pages_are_right();
    teardown_all();
}

static void members_that_left_are_gone_from_every_block(void **state)
{
    (void)state;
    setup(MANY);
    for (int i = 0; i < MANY; i += 3)
        take(i);
    assert_pages_are_right();
    for (int i = ROLL_BLOCK; i < 3 * ROLL_BLOCK; i++) /* two whole blocks, and the first member of another */
        take(i);
    take(3 * ROLL_BLOCK + 1);
    assert_pages_are_right();
    assert_true(roll_add(&roll, &items[0].place, &items[0])); /* joins again, at the end */
    struct roll_cursor c = roll_seek(&roll, roll.count - 1);
    assert_ptr_equal(roll_next(&roll, &c), &items[0]);
    teardown_all();
}

static void a_page_goes_on_when_members_come_and_go(void **state)
{
    (void)state;
    setup(3 * ROLL_BLOCK);
    struct roll_cursor c = roll_seek(&roll, ROLL_BLOCK - 2);
    take(1);
    assert_ptr_equal(roll_next(&roll, &c), &items[ROLL_BLOCK - 2]);
    take(ROLL_BLOCK - 2); /* the member just given, some before it, the next two and a whole block */
    take(0);
    take(ROLL_BLOCK - 1);
    for (int i = ROLL_BLOCK; i < 2 * ROLL_BLOCK; i++)
        take(i);
    assert_ptr_equal(roll_next(&roll, &c), &items[2 * ROLL_BLOCK]);
    for (int i = 2 * ROLL_BLOCK; i < 3 * ROLL_BLOCK; i++)
        take(i);
    assert_true(roll_add(&roll, &items[0].place, &items[0])); /* it comes again as a new member */
    assert_ptr_equal(roll_next(&roll, &c), &items[0]);
    assert_null(roll_next(&roll, &c));
    teardown_all();
}

static void without_memory_nobody_joins(void **state)
{
    (void)state;
    setup(ROLL_BLOCK);
    mem_fail_after(0);
    assert_false(roll_add(&roll, &items[ROLL_BLOCK].place, &items[ROLL_BLOCK]));
    mem_fail_after(-1);
    assert_pages_are_right();
    roll_remove(&roll, &items[ROLL_BLOCK].place);
    assert_int_equal(roll.count, ROLL_BLOCK);
    teardown_all();
}

static void a_place_is_found_again_by_its_number(void **state)
{
    (void)state;
    setup(MANY);
    for (int i = 0; i < MANY; i += 3)
        take(i);
    for (int i = 0; i <= MANY; i++) {
        struct roll_cursor c = roll_seek_after(&roll, (uint64_t)i); /* behind the member with index i - 1 */
        int                next = i % 3 ? i : i + 1;
        assert_ptr_equal(roll_next(&roll, &c), next < MANY ? &items[next] : NULL);
        if (i < MANY)
            assert_ptr_equal(roll_find(&roll, (uint64_t)i + 1), i % 3 ? &items[i] : NULL);
    }
    assert_null(roll_find(&roll, 0));
    assert_null(roll_find(&roll, UINT64_MAX));
    struct roll_cursor end = roll_seek_after(&roll, UINT64_MAX);
    assert_null(roll_next(&roll, &end));
    teardown_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_found_again_by_its_number),
        cmocka_unit_test(an_empty_roll_gives_nothing),
        cmocka_unit_test(members_come_in_the_order_of_arrival_from_every_place),
        cmocka_unit_test(members_that_left_are_gone_from_every_block),
        cmocka_unit_test(a_page_goes_on_when_members_come_and_go),
        cmocka_unit_test(without_memory_nobody_joins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
