/* The streams with the most bytes. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/exporter/busiest.h"

enum { STREAMS = 1000, PLACES = 37 };

static int more_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

static void check(const int64_t bytes[static STREAMS], size_t max)
{
    static struct busy_stream places[STREAMS + 1];
    struct busiest            b = { .places = places, .max = max };
    int64_t                   sorted[STREAMS], kept[STREAMS + 1] = { 0 };
    for (int i = 0; i < STREAMS; i++) {
        char id[VID_CAP];
        snprintf(id, sizeof id, "vid-%d", i);
        busiest_offer(&b, bytes[i], id);
    }
    assert_int_equal(b.count, max < STREAMS ? max : STREAMS);
    for (size_t i = 0; i < b.count; i++) {
        kept[i] = places[i].bytes;
        assert_int_equal(bytes[atoi(places[i].id + strlen("vid-"))], kept[i]);
    }
    memcpy(sorted, bytes, sizeof sorted);
    qsort(sorted, STREAMS, sizeof *sorted, more_first);
    qsort(kept, b.count, sizeof *kept, more_first);
    assert_memory_equal(kept, sorted, b.count * sizeof *kept);
}

static void those_with_the_most_bytes_are_kept(void **state)
{
    int64_t up[STREAMS], down[STREAMS], mixed[STREAMS], same[STREAMS];
    (void)state;
    for (int i = 0; i < STREAMS; i++) {
        up[i] = i;
        down[i] = -i;
        mixed[i] = (int64_t)i * 7919 % 997;
        same[i] = 5;
    }
    for (size_t max = 0; max <= STREAMS + 1; max += max < PLACES ? 1 : STREAMS + 1 - PLACES) {
        check(up, max);
        check(down, max);
        check(mixed, max);
        check(same, max);
    }
}

static void of_equal_ones_the_first_stays(void **state)
{
    struct busy_stream place;
    struct busiest     b = { .places = &place, .max = 1 };
    (void)state;
    busiest_offer(&b, 3, "first");
    busiest_offer(&b, 3, "second");
    assert_string_equal(place.id, "first");
    busiest_offer(&b, 4, "third");
    assert_string_equal(place.id, "third");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_with_the_most_bytes_are_kept),
        cmocka_unit_test(of_equal_ones_the_first_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
