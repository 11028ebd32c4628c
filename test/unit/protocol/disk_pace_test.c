/* The pace of threads that write files. */
#include <cmocka.h>

#include "protocol/disk_pace.h"

enum { NOW = 5 * US_PER_SECOND, CPU = 3 * US_PER_SECOND };

static struct disk_pace begun(void)
{
    struct disk_pace p;
    disk_pace_init(&p, NOW, NOW, CPU);
    return p;
}

static void goes_on_until_a_burst_is_over(void **state)
{
    struct disk_pace p = begun();
    (void)state;
    assert_int_equal(disk_pace_next(&p, NOW, CPU), DISK_PACE_GO_ON);
    assert_int_equal(disk_pace_next(&p, NOW + DISK_PACE_BURST_US - 1, CPU + DISK_PACE_BURST_US - 1), DISK_PACE_GO_ON);
    assert_int_equal(disk_pace_next(&p, NOW + DISK_PACE_BURST_US, CPU + DISK_PACE_BURST_US), DISK_PACE_REST);
}

static void a_burst_begins_anew_behind_a_rest(void **state)
{
    struct disk_pace p = begun();
    int64_t          cpu_us = CPU + DISK_PACE_BURST_US, now_us = NOW + DISK_PACE_BURST_US + DISK_PACE_REST_US;
    (void)state;
    disk_pace_rested(&p, DISK_PACE_REST_US, cpu_us);
    assert_int_equal(disk_pace_next(&p, now_us, cpu_us), DISK_PACE_GO_ON);
    assert_int_equal(disk_pace_next(&p, now_us, cpu_us + DISK_PACE_BURST_US), DISK_PACE_REST);
}

static void waiting_for_the_disk_is_no_burst(void **state)
{
    struct disk_pace p = begun();
    (void)state;
    assert_int_equal(disk_pace_next(&p, NOW + DISK_PACE_WAIT_US - 1, CPU), DISK_PACE_GO_ON);
}

static void work_that_is_old_is_done_without_rests(void **state)
{
    struct disk_pace p;
    (void)state;
    disk_pace_init(&p, NOW - DISK_PACE_GENTLE_US, NOW, CPU);
    assert_int_equal(disk_pace_next(&p, NOW + DISK_PACE_BURST_US, CPU + DISK_PACE_BURST_US), DISK_PACE_GO_ON);
}

static void leaves_a_crew_whose_disk_is_slow(void **state)
{
    struct disk_pace p = begun();
    (void)state;
    assert_int_equal(disk_pace_next(&p, NOW + DISK_PACE_WAIT_US, CPU), DISK_PACE_LEAVE);
    disk_pace_rested(&p, 1, CPU); /* A rest is no wait. */
    assert_int_equal(disk_pace_next(&p, NOW + DISK_PACE_WAIT_US, CPU), DISK_PACE_GO_ON);
}

static void leaves_a_crew_that_took_much_work(void **state)
{
    struct disk_pace p = begun();
    (void)state;
    assert_int_equal(disk_pace_next(&p, NOW + DISK_PACE_WORK_US, CPU + DISK_PACE_WORK_US - 1), DISK_PACE_REST);
    assert_int_equal(disk_pace_next(&p, NOW + DISK_PACE_WORK_US, CPU + DISK_PACE_WORK_US), DISK_PACE_LEAVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_until_a_burst_is_over),    cmocka_unit_test(a_burst_begins_anew_behind_a_rest),
        cmocka_unit_test(waiting_for_the_disk_is_no_burst), cmocka_unit_test(work_that_is_old_is_done_without_rests),
        cmocka_unit_test(leaves_a_crew_whose_disk_is_slow), cmocka_unit_test(leaves_a_crew_that_took_much_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
