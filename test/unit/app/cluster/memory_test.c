/* Answers of co-workers are remembered for a moment, and only so many. */
#include "app/cluster/memory.h"

#include <cmocka.h>
#include <stdio.h>

static const struct cluster_place there = { .host = "10.0.0.3", .rtmp_port = 1935 };

static int clean(void **state)
{
    (void)state;
    cluster_memory_finish();
    return 0;
}

static void an_answer_counts_for_its_time(void **state)
{
    struct cluster_place p;
    (void)state;
    assert_int_equal(cluster_memory_find("/live/s", &p, 0), CLUSTER_UNKNOWN);
    cluster_memory_put("/live/s", CLUSTER_FOUND, &there, 5);
    cluster_memory_put("/live/t", CLUSTER_NOBODY, NULL, 6);
    assert_int_equal(cluster_memory_find("/live/s", &p, 5 + CLUSTER_MEMORY_US - 1), CLUSTER_FOUND);
    assert_string_equal(p.host, "10.0.0.3");
    assert_int_equal(cluster_memory_find("/live/s", &p, 5 + CLUSTER_MEMORY_US), CLUSTER_UNKNOWN);
    assert_int_equal(cluster_memory_find("/live/t", &p, 5 + CLUSTER_MEMORY_US), CLUSTER_NOBODY);
}

static void the_newest_answer_counts(void **state)
{
    struct cluster_place p;
    (void)state;
    cluster_memory_put("/live/s", CLUSTER_FOUND, &there, 0);
    cluster_memory_put("/live/s", CLUSTER_NO_ANSWER, NULL, 1);
    assert_int_equal(cluster_memory_find("/live/s", &p, 1), CLUSTER_NO_ANSWER);
    assert_int_equal(cluster_memory_count(), 1);
}

static void old_answers_give_room(void **state)
{
    char                 key[32];
    struct cluster_place p;
    (void)state;
    for (int i = 0; i < CLUSTER_MEMORY_MAX + 10; i++) {
        snprintf(key, sizeof key, "/live/%d", i);
        cluster_memory_put(key, CLUSTER_NOBODY, NULL, 0);
    }
    assert_int_equal(cluster_memory_count(), CLUSTER_MEMORY_MAX);
    assert_int_equal(cluster_memory_find("/live/9", &p, 0), CLUSTER_UNKNOWN);
    assert_int_equal(cluster_memory_find("/live/10", &p, 0), CLUSTER_NOBODY);
    cluster_memory_put("/live/s", CLUSTER_NOBODY, NULL, CLUSTER_MEMORY_US); /* the others are over */
    assert_int_equal(cluster_memory_count(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_answer_counts_for_its_time, clean),
        cmocka_unit_test_teardown(the_newest_answer_counts, clean),
        cmocka_unit_test_teardown(old_answers_give_room, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
