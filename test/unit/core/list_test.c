/* The intrusive list. */
#include <cmocka.h>

#include "core/list.h"

struct item {
    int         number;
    struct list link;
};

static struct list head;
static struct item items[4];

static void setup_list(int n)
{
    list_init(&head);
    for (int i = 0; i < n; i++) {
        items[i].number = i;
        list_push(&head, &items[i].link);
    }
}

/* The numbers of the members in order, as decimal digits. */
static int digits(void)
{
    int sum = 0;
    LIST_FOREACH (&head, it, after)
        sum = sum * 10 + LIST_ENTRY(it, struct item, link)->number + 1;
    return sum;
}

static void an_empty_list_is_walked_not_at_all(void **state)
{
    (void)state;
    setup_list(0);
    assert_true(list_is_empty(&head));
    assert_int_equal(digits(), 0);
}

static void pushing_goes_to_the_end(void **state)
{
    (void)state;
    setup_list(4);
    assert_false(list_is_empty(&head));
    assert_int_equal(digits(), 1234);
}

static void removing_twice_is_removing_once(void **state)
{
    (void)state;
    setup_list(4);
    list_remove(&items[1].link);
    list_remove(&items[1].link);
    assert_int_equal(digits(), 134);
    list_push(&head, &items[1].link);
    assert_int_equal(digits(), 1342);
}

static void the_current_member_may_go_while_walking(void **state)
{
    (void)state;
    setup_list(4);
    LIST_FOREACH (&head, it, after)
        if (LIST_ENTRY(it, struct item, link)->number != 2)
            list_remove(it);
    assert_int_equal(digits(), 3);
    LIST_FOREACH (&head, it, after)
        list_remove(it);
    assert_true(list_is_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_is_walked_not_at_all),
        cmocka_unit_test(pushing_goes_to_the_end),
        cmocka_unit_test(removing_twice_is_removing_once),
        cmocka_unit_test(the_current_member_may_go_while_walking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
