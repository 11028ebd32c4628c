/* The texts that are kept for a rollback: their number and their bytes are bounded. */
#include <cmocka.h>
#include <string.h>

#include "app/server/config_keeper.h"
#include "core/mem.h"

static void the_oldest_gives_way(void **state)
{
    struct config_keeper k = { 0 };
    (void)state;
    assert_null(config_keeper_find(&k, 0));
    for (int i = 1; i <= CONFIG_KEPT_MAX + 3; i++)
        assert_int_equal(config_keeper_put(&k, "f", "text", 4, "::1"), i);
    assert_int_equal(k.count, CONFIG_KEPT_MAX);
    assert_null(config_keeper_find(&k, 3));
    assert_int_equal(config_keeper_find(&k, 4)->id, 4);
    assert_int_equal(config_keeper_find(&k, 0)->id, CONFIG_KEPT_MAX + 3);
    config_keeper_finish(&k);
    assert_int_equal(k.bytes, 0);
}

static void bytes_are_bounded_and_kept_as_they_are(void **state)
{
    enum { LARGE = CONFIG_KEPT_BYTES_MAX / 2 };
    struct config_keeper k = { 0 };
    char                *large = mem_calloc(1, CONFIG_KEPT_BYTES_MAX + 1);
    (void)state;
    assert_non_null(large);
    assert_int_equal(config_keeper_put(&k, "f", "a\0b", 3, "::1"), 1);
    assert_memory_equal(config_keeper_find(&k, 1)->text, "a\0b", 4);
    assert_int_equal(config_keeper_put(&k, "f", "", 0, "::1"), 2);
    assert_int_equal(config_keeper_put(&k, "f", large, LARGE, "::1"), 3);
    assert_int_equal(config_keeper_put(&k, "f", large, LARGE, "::1"), 4);
    assert_null(config_keeper_find(&k, 1));
    assert_true(k.bytes <= CONFIG_KEPT_BYTES_MAX);
    assert_int_equal(config_keeper_put(&k, "f", large, CONFIG_KEPT_BYTES_MAX + 1, "::1"), 0);
    assert_int_equal(config_keeper_find(&k, 0)->id, 4);
    config_keeper_finish(&k);
    mem_free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_gives_way),
        cmocka_unit_test(bytes_are_bounded_and_kept_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
