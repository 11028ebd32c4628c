/* The map of strings, with few and with many keys, and without memory. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/map.h"
#include "core/mem.h"

enum { MANY = 5000 };

static int values[MANY];

static const char *key_of(int i)
{
    static char text[32];
    snprintf(text, sizeof text, "[vhost]/live/cam.%d", i);
    return text;
}

static void fill(struct map *m, int n)
{
    for (int i = 0; i < n; i++)
        assert_true(map_put(m, key_of(i), &values[i]));
}

static void an_empty_map_has_nothing(void **state)
{
    (void)state;
    struct map m = MAP_INIT;
    size_t     at = 0;
    assert_null(map_find(&m, "a"));
    assert_null(map_remove(&m, "a"));
    assert_null(map_next(&m, &at, NULL));
    map_finish(&m);
    map_finish(&m);
}

static void keys_are_copied_and_whole(void **state)
{
    (void)state;
    struct map m = MAP_INIT;
    char       key[] = "room.1";
    assert_true(map_put(&m, key, &values[1]));
    key[5] = '2';
    assert_null(map_find(&m, key));
    assert_ptr_equal(map_find(&m, "room.1"), &values[1]);
    assert_null(map_find(&m, "room"));
    assert_null(map_find(&m, ""));
    assert_true(map_put(&m, "", &values[2]));
    assert_ptr_equal(map_find(&m, ""), &values[2]);
    map_finish(&m);
}

static void put_replaces(void **state)
{
    (void)state;
    struct map m = MAP_INIT;
    assert_true(map_put(&m, "a", &values[1]));
    assert_true(map_put(&m, "a", &values[2]));
    assert_int_equal(m.count, 1);
    assert_ptr_equal(map_find(&m, "a"), &values[2]);
    assert_ptr_equal(map_remove(&m, "a"), &values[2]);
    assert_null(map_find(&m, "a"));
    assert_null(map_remove(&m, "a"));
    assert_int_equal(m.count, 0);
    map_finish(&m);
}

static void thousands_of_keys_are_found_and_removed(void **state)
{
    (void)state;
    struct map m = MAP_INIT;
    fill(&m, MANY);
    assert_int_equal(m.count, MANY);
    assert_true(m.n_buckets >= MANY / 2); /* it has grown, so that a search stays quick */
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(map_find(&m, key_of(i)), &values[i]);
    assert_null(map_find(&m, key_of(MANY)));
    for (int i = 0; i < MANY; i += 2)
        assert_ptr_equal(map_remove(&m, key_of(i)), &values[i]);
    assert_int_equal(m.count, MANY / 2);
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(map_find(&m, key_of(i)), i % 2 ? &values[i] : NULL);
    map_finish(&m);
}

/* Walk through the map: `seen` counts how often each value comes. Returns the number of steps. */
static int walk(const struct map *m, int seen[static MANY])
{
    size_t      at = 0;
    int         n = 0, *value;
    const char *key = NULL;
    memset(seen, 0, MANY * sizeof *seen);
    while ((value = map_next(m, &at, &key))) {
        assert_string_equal(key, key_of((int)(value - values)));
        seen[value - values]++;
        n++;
    }
    assert_null(map_next(m, &at, NULL)); /* a walk that has ended stays ended */
    return n;
}

static void a_walk_visits_all_once(void **state)
{
    (void)state;
    static int seen[MANY];
    struct map m = MAP_INIT;
    fill(&m, MANY);
    assert_int_equal(walk(&m, seen), MANY);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(seen[i], 1);
    for (int i = 0; i < MANY; i += 3)
        assert_non_null(map_remove(&m, key_of(i)));
    walk(&m, seen);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(seen[i], i % 3 ? 1 : 0);
    map_finish(&m);
}

static void without_memory_a_map_is_as_it_was(void **state)
{
    (void)state;
    struct map m = MAP_INIT;
    for (int n = 0; n < 2; n++) { /* the table and the first entry */
        mem_fail_after(n);
        assert_false(map_put(&m, "a", &values[1]));
        mem_fail_after(-1);
        assert_int_equal(m.count, 0);
        assert_null(map_find(&m, "a"));
    }
    assert_true(map_put(&m, "a", &values[1]));
    mem_fail_after(0);
    assert_false(map_put(&m, "b", &values[2]));
    assert_true(map_put(&m, "a", &values[3])); /* needs no memory */
    mem_fail_after(-1);
    assert_ptr_equal(map_find(&m, "a"), &values[3]);
    assert_int_equal(m.count, 1);
    map_finish(&m);
}

static void a_map_that_cannot_grow_still_works(void **state)
{
    (void)state;
    static int seen[MANY];
    struct map m = MAP_INIT;
    assert_true(map_put(&m, key_of(0), &values[0]));
    size_t n_buckets = m.n_buckets;
    int    n = 1;
    for (; n < 1000; n++) {
        mem_fail_after((size_t)n >= n_buckets ? 0 : -1); /* each growth fails, and each entry is made nevertheless */
        assert_true(map_put(&m, key_of(n), &values[n]));
    }
    mem_fail_after(-1);
    assert_int_equal(m.n_buckets, n_buckets);
    assert_int_equal(walk(&m, seen), n);
    for (int i = 0; i < n; i++)
        assert_ptr_equal(map_find(&m, key_of(i)), &values[i]);
    map_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(keys_are_copied_and_whole),
        cmocka_unit_test(put_replaces),
        cmocka_unit_test(thousands_of_keys_are_found_and_removed),
        cmocka_unit_test(a_walk_visits_all_once),
        cmocka_unit_test(without_memory_a_map_is_as_it_was),
        cmocka_unit_test(a_map_that_cannot_grow_still_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
