/* Allocation, the count of allocated bytes, and failures that a test asks for. */
#include <cmocka.h>
#include <string.h>

#include "core/mem.h"
#include "sanitized.h"

static void an_empty_block_is_a_block(void **state)
{
    (void)state;
    void *a = mem_alloc(0), *b = mem_calloc(0, 8), *c = mem_calloc(8, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    void *d = mem_realloc(a, 0); /* not a free */
    assert_non_null(d);
    mem_free(d);
    mem_free(b);
    mem_free(c);
    mem_free(NULL);
}

static void calloc_zeroes_and_refuses_a_product_that_overflows(void **state)
{
    (void)state;
    uint8_t *p = mem_calloc(7, 13);
    for (size_t i = 0; i < 7 * 13; i++)
        assert_int_equal(p[i], 0);
    mem_free(p);
    volatile size_t many = SIZE_MAX / 2;
    if (!SANITIZED) /* the sanitizer would end the program */
        assert_null(mem_calloc(many, 4));
}

static void strings_are_copied_and_terminated(void **state)
{
    (void)state;
    char *all = mem_strdup("stream"), *part = mem_strndup("stream", 3), *none = mem_strndup("x", 0);
    assert_string_equal(all, "stream");
    assert_string_equal(part, "str");
    assert_string_equal(none, "");
    mem_free(all);
    mem_free(part);
    mem_free(none);
}

static void only_the_nth_allocation_fails(void **state)
{
    (void)state;
    mem_fail_after(2);
    void *a = mem_alloc(1), *b = mem_calloc(1, 1);
    assert_non_null(a);
    assert_non_null(b);
    assert_false(mem_failed());
    assert_null(mem_strdup("third"));
    assert_true(mem_failed());
    void *c = mem_alloc(1);
    assert_non_null(c);
    mem_fail_after(-1);
    assert_false(mem_failed());
    mem_free(a);
    mem_free(b);
    mem_free(c);
}

static void each_kind_of_allocation_can_fail(void **state)
{
    (void)state;
    mem_fail_after(0);
    assert_null(mem_alloc(1));
    mem_fail_after(0);
    assert_null(mem_calloc(1, 1));
    mem_fail_after(0);
    assert_null(mem_strdup(""));
    mem_fail_after(0);
    assert_null(mem_strndup("", 0));

    char *block = mem_strdup("kept");
    mem_fail_after(0);
    assert_null(mem_realloc(block, 1000));
    assert_string_equal(block, "kept"); /* the block is unchanged, and still belongs to the caller */
    mem_free(block);
    mem_fail_after(-1);
}

static void a_full_array_doubles_up_to_its_most(void **state)
{
    (void)state;
    size_t cap = 0, caps[4];
    int   *items = NULL;
    for (int i = 0; i < 3; i++) {
        int *larger = mem_grow(items, &cap, sizeof *items, 20);
        assert_non_null(larger);
        items = larger;
        items[cap - 1] = i;
        caps[i] = cap;
    }
    assert_int_equal(caps[1], 2 * caps[0]);
    assert_int_equal(caps[2], 20);
    assert_null(mem_grow(items, &cap, sizeof *items, 20));
    assert_int_equal(cap, 20);
    mem_fail_after(0);
    assert_null(mem_grow(items, &cap, sizeof *items, 30));
    mem_fail_after(-1);
    assert_int_equal(cap, 20);
    assert_int_equal(items[19], 2);
    mem_free(items);
}

static void what_is_held_is_counted(void **state)
{
    (void)state;
    size_t before = mem_held();
    char  *a = mem_alloc(1000), *b = mem_calloc(10, 100), *c = mem_strdup("text");
    assert_true(mem_held() >= before + 2005);
    a = mem_realloc(a, 100000);
    assert_true(mem_held() >= before + 101005);
    mem_fail_after(0);
    assert_null(mem_realloc(a, 200000));
    assert_true(mem_held() >= before + 101005);
    mem_free(a);
    mem_free(b);
    mem_free(c);
    mem_free(NULL);
    mem_held_add(7);
    assert_int_equal(mem_held(), before + 7);
    mem_held_sub(7);
    assert_int_equal(mem_held(), before);
}

static void *spare;

static void free_spare(void *arg)
{
    ++*(int *)arg;
    assert_false(mem_has_room()); /* a question during a relief starts no second relief */
    mem_free(spare);
    spare = NULL;
}

static void beyond_the_limit_relief_is_asked_for(void **state)
{
    (void)state;
    int n_asked = 0;
    spare = mem_alloc(100000);
    mem_set_limit(mem_held(), free_spare, &n_asked);
    assert_true(mem_has_room());
    assert_int_equal(n_asked, 0);
    void *more = mem_alloc(1000); /* the limit alone makes no allocation fail */
    assert_non_null(more);
    assert_true(mem_has_room());
    assert_int_equal(n_asked, 1);
    assert_null(spare);
    mem_set_limit(1, NULL, NULL);
    assert_false(mem_has_room());
    mem_set_limit(0, NULL, NULL);
    assert_true(mem_has_room());
    mem_free(more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_block_is_a_block),
        cmocka_unit_test(calloc_zeroes_and_refuses_a_product_that_overflows),
        cmocka_unit_test(strings_are_copied_and_terminated),
        cmocka_unit_test(only_the_nth_allocation_fails),
        cmocka_unit_test(each_kind_of_allocation_can_fail),
        cmocka_unit_test(a_full_array_doubles_up_to_its_most),
        cmocka_unit_test(what_is_held_is_counted),
        cmocka_unit_test(beyond_the_limit_relief_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
