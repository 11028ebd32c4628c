/* The wall clock of a stream: what is told, and what this server knows itself. */
#include "app/source/wall.h"

#include <cmocka.h>

#include "core/attr.h"

#define NOW_US (INT64_C(1800000000123) * US_PER_MS)
#define WRAP_US ((INT64_C(1) << 32) * US_PER_MS)

static void what_is_told_counts_if_it_is_near_the_own_clock(void **state)
{
    static const struct {
        int64_t told_us, dts_us, shift_us; /* the publisher's time is dts_us - shift_us */
        int64_t wall_us;                   /* what the wall clock of that frame is found to be */
    } rows[] = {
        { 0, 0, 0, NOW_US + 77 * US_PER_MS }, /* rounded up to 100 ms */
        { 0, 5000, 5000, NOW_US + 77 * US_PER_MS },
        { 0, 1023 * US_PER_MS, 0, NOW_US }, /* It is the time 0 that is rounded. */
        { NOW_US - US_PER_SECOND, US_PER_SECOND, 0, NOW_US },
        { NOW_US - US_PER_SECOND, 9 * US_PER_SECOND, 8 * US_PER_SECOND, NOW_US },
        { NOW_US - 7200 * (int64_t)US_PER_SECOND, 0, 0, NOW_US - 7200 * (int64_t)US_PER_SECOND },
        { NOW_US - WALL_TRUST_US, 0, 0, NOW_US - WALL_TRUST_US },
        { NOW_US + WALL_TRUST_US, 0, 0, NOW_US + WALL_TRUST_US },
        { NOW_US - WALL_TRUST_US - 1, 0, 0, NOW_US + 77 * US_PER_MS },
        { NOW_US + WALL_TRUST_US + 1, 0, 0, NOW_US + 77 * US_PER_MS },
        { NOW_US - 3 * WRAP_US - 7000, 7000, 0, NOW_US }, /* The publisher has counted over 32 bits three times. */
        { NOW_US - WRAP_US / 2, 0, 0, NOW_US + 77 * US_PER_MS },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wall  w = { .told_us = rows[i].told_us };
        struct frame f = { .dts_us = rows[i].dts_us, .shift_us = rows[i].shift_us };
        int64_t      at_us = wall_find(&w, &f, NOW_US) + f.dts_us, away_us = at_us - NOW_US;
        assert_int_equal(at_us, rows[i].wall_us);
        assert_int_equal(wall_believes(&w, &f, NOW_US), !w.told_us || away_us != 77 * US_PER_MS);
    }
}

static void milliseconds_of_metadata_are_heard(void **state)
{
    struct wall w = { .told_us = 5 };
    (void)state;
    wall_hear(&w, 1800000000123.0);
    assert_int_equal(w.told_us, NOW_US);
    wall_hear(&w, 0);
    assert_int_equal(w.told_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_counts_if_it_is_near_the_own_clock),
        cmocka_unit_test(milliseconds_of_metadata_are_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
