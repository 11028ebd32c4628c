/* Tests for app/segment/lane: parts that are lost. */
#include "app/segment/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A container that loses parts while `*state` is above 0. */
static bool begin(struct lane *lane)
{
    (void)lane;
    return true;
}

static void finish(struct lane *lane)
{
    (void)lane;
}

static bool takes(const struct lane *lane, const struct frame *f)
{
    (void)lane;
    (void)f;
    return true;
}

static struct blob *pack(struct lane *lane, const struct frame *next, bool is_first)
{
    int *losses = lane->state;
    (void)next;
    (void)is_first;
    return --*losses >= 0 ? NULL : blob_new(8);
}

static const struct lane_kind lossy = {
    .name = "lossy", .begin = begin, .finish = finish, .takes = takes, .pack = pack
};

static void end_part_at(struct lane *lane, int64_t us)
{
    struct frame *f = frame_new(16);
    f->kind = FRAME_AUDIO;
    f->media_len = 1;
    lane_take(lane, f);
    frame_unref(&f);
    lane_end_part(lane, NULL, us);
}

static void a_lost_first_part_leaves_no_second_reference_to_the_init_segment(void **state)
{
    int          losses = 2;
    struct lane *lane = lane_create(&lossy, NULL, "live/cam", 0);
    (void)state;
    lane->state = &losses;
    lane->init = blob_new(4);
    lane->open = segment_new(0, 0);
    for (int64_t us = 1000; us <= 4000; us += 1000)
        end_part_at(lane, us);
    assert_int_equal(lane->open->n_parts, 2);
    assert_int_equal(lane->init->refs, 2); /* the lane's and the segment's */
    lane_destroy(&lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_first_part_leaves_no_second_reference_to_the_init_segment),
    };
    return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
