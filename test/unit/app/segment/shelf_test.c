/* What is served from memory is found by its path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "app/segment/shelf.h"

static const struct conf_vhost a = { .name = "a.example" }, b = { .name = "b.example" };

static void an_item_is_found_by_every_spelling_of_its_path(void **state)
{
    static const char *const spellings[] = { "/live/mycam.m3u8",    "/live/my cam.m3u8",  "/live/my%20cam.m3u8",
                                             "//live///mycam.m3u8", "/live/%6dycam.m3u8", "live/mycam.m3u8" };
    struct shelf_item        item = { 0 };
    (void)state;
    assert_true(shelf_put(&item, &a, "/live/my cam.m3u8"));
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (shelf_find(&a, spellings[i]) != &item)
            fail_msg("%s", spellings[i]);
    assert_null(shelf_find(&a, "/live/MyCam.m3u8"));
    assert_null(shelf_find(&a, "/live/mycam.m3u8/x"));
    assert_null(shelf_find(&a, "/"));
    shelf_take(&item);
    assert_null(shelf_find(&a, "/live/mycam.m3u8"));
    shelf_finish();
}

static void each_vhost_has_its_own_paths(void **state)
{
    struct shelf_item of_a = { 0 }, of_b = { 0 };
    (void)state;
    assert_true(shelf_put(&of_a, &a, "/x.ts"));
    assert_null(shelf_find(&b, "/x.ts"));
    assert_true(shelf_put(&of_b, &b, "/x.ts"));
    assert_ptr_equal(shelf_find(&a, "/x.ts"), &of_a);
    assert_ptr_equal(shelf_find(&b, "/x.ts"), &of_b);
    shelf_take(&of_a);
    shelf_take(&of_b);
    shelf_finish();
}

static void the_newest_item_of_a_path_counts(void **state)
{
    struct shelf_item old = { 0 }, new = { 0 };
    (void)state;
    assert_true(shelf_put(&old, &a, "/x.ts"));
    assert_true(shelf_put(&new, &a, "/x.ts"));
    assert_ptr_equal(shelf_find(&a, "/x.ts"), &new);
    shelf_take(&old); /* is not what is found any more */
    assert_ptr_equal(shelf_find(&a, "/x.ts"), &new);
    shelf_take(&new);
    shelf_take(&new); /* once more is allowed */
    assert_null(shelf_find(&a, "/x.ts"));
    shelf_finish();
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    static char       path[5000];
    struct shelf_item item = { 0 };
    (void)state;
    memset(path, 'x', sizeof path - 1);
    path[0] = '/';
    assert_false(shelf_put(&item, &a, path));
    assert_null(item.key);
    assert_null(shelf_find(&a, path));
    path[4000] = '\0';
    assert_true(shelf_put(&item, &a, path));
    assert_ptr_equal(shelf_find(&a, path), &item);
    shelf_take(&item);
    shelf_finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_item_is_found_by_every_spelling_of_its_path),
        cmocka_unit_test(each_vhost_has_its_own_paths),
        cmocka_unit_test(the_newest_item_of_a_path_counts),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
