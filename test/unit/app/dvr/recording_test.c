/* The age of a recording: what setting the wall clock changes in it, and what not. */
#include "app/dvr/recording.h"

#include <cmocka.h>

static const int64_t hour = 3600 * INT64_C(1000000), noon = 1796034000 * INT64_C(1000000);

static void one_of_this_run_ages_by_the_monotonic_clock(void **state)
{
    struct dvr_recording r = { .end_us = noon, .ended_us = 2 * hour };
    (void)state;
    assert_int_equal(dvr_recording_age_us(&r, 5 * hour, noon + 3 * hour), 3 * hour);
    assert_int_equal(dvr_recording_age_us(&r, 5 * hour, noon + 50000 * hour), 3 * hour);
    assert_int_equal(dvr_recording_age_us(&r, 5 * hour, noon - 50000 * hour), 3 * hour);
}

static void one_that_was_found_has_no_age_at_first(void **state)
{
    struct dvr_recording r = { .end_us = noon };
    (void)state;
    dvr_recording_note_found(&r, hour, noon + 50 * hour);
    assert_int_equal(dvr_recording_age_us(&r, hour + DVR_FOUND_US - 1, noon + 51 * hour), 0);
    assert_int_equal(dvr_recording_age_us(&r, hour + DVR_FOUND_US, noon + 51 * hour), 50 * hour + DVR_FOUND_US);
}

static void a_clock_that_was_wrong_when_it_was_found_makes_it_no_older(void **state)
{
    struct dvr_recording r = { .end_us = noon };
    (void)state;
    dvr_recording_note_found(&r, hour, noon + 50000 * hour); /* far ahead, and put right later */
    assert_int_equal(dvr_recording_age_us(&r, 3 * hour, noon + 7 * hour), 7 * hour);
    dvr_recording_note_found(&r, hour, noon - 50000 * hour); /* far behind: it ages from here on */
    assert_int_equal(dvr_recording_age_us(&r, 3 * hour, noon + 7 * hour), 2 * hour);
    assert_int_equal(dvr_recording_age_us(&r, 3 * hour, noon + 50000 * hour), 2 * hour);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_this_run_ages_by_the_monotonic_clock),
        cmocka_unit_test(one_that_was_found_has_no_age_at_first),
        cmocka_unit_test(a_clock_that_was_wrong_when_it_was_found_makes_it_no_older),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
