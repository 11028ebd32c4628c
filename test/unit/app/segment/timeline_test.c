/* Tests for app/segment/timeline: numbers of variants that begin together, later, again, ahead and behind. */
#include "app/segment/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/attr.h"

static const struct cut_policy four_seconds = {
    .fragment_us = 4 * US_PER_SECOND, .td_ratio = 1.0, .aof_ratio = 2.1, .wait_keyframe = true, .part_us = US_PER_SECOND
};

#define S US_PER_SECOND

/* A variant: its member, its cutter, and what was made of its key frames, one each second. */
struct variant {
    struct timeline_member member;
    struct cutter          cutter;
    uint64_t               next;
    bool                   breaks;
    int64_t                shift_us; /* stream's time minus encoder's time */
    int64_t                late_us;  /* of the arrival */
    uint64_t               numbers[64];
    int64_t                starts_us[64]; /* encoder's time */
    size_t                 n;
};

static void enter(struct variant *v)
{
    assert_true(timeline_enter(&v->member, "HLS live/cam"));
    v->breaks = true;
}

static struct timeline_place open_at(struct variant *v, const struct frame *f)
{
    struct timeline_place place = timeline_begin(&v->member, &four_seconds, f, v->next, v->breaks);
    v->breaks = false;
    v->numbers[v->n] = v->next = place.number;
    v->starts_us[v->n++] = f->dts_us - f->shift_us;
    v->cutter.lag_us = place.lag_us;
    return place;
}

/* The frame of that encoder's time, as it arrives. */
static void take(struct variant *v, int64_t us)
{
    struct frame f = { .kind = FRAME_VIDEO, .codec = CODEC_H264, .media_len = 1, .key = true };
    f.shift_us = v->shift_us;
    f.dts_us = f.pts_us = us + v->shift_us;
    f.arrived_us = 1000 * S + us + v->late_us;
    enum cut cut = cutter_look(&v->cutter, &four_seconds, &f);
    bool     opens = !v->cutter.is_open || cut >= CUT_SEGMENT;
    v->next += cut >= CUT_SEGMENT;
    v->breaks |= cut == CUT_BREAK;
    cutter_take(&v->cutter, &four_seconds, &f, cut);
    if (opens)
        open_at(v, &f);
}

static void end(struct variant *v)
{
    cutter_close(&v->cutter);
    v->next++;
    v->breaks = true;
}

/* From `from` on, all segments of both begin at the same times with the same numbers. */
static void assert_aligned(const struct variant *a, const struct variant *b, int64_t from_us)
{
    size_t common = 0;
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < b->n; k++)
            if (a->starts_us[i] == b->starts_us[k] && a->starts_us[i] >= from_us) {
                assert_int_equal(a->numbers[i], b->numbers[k]);
                common++;
            }
    size_t of_a = 0, of_b = 0;
    for (size_t i = 0; i < a->n; i++)
        of_a += a->starts_us[i] >= from_us;
    for (size_t k = 0; k < b->n; k++)
        of_b += b->starts_us[k] >= from_us;
    assert_true(common >= 3);
    assert_int_equal(common, of_a);
    assert_int_equal(common, of_b);
}

static void leave(struct variant *a, struct variant *b)
{
    timeline_leave(&a->member);
    timeline_leave(&b->member);
    timeline_finish();
}

static void variants_that_begin_together_are_cut_together(void **state)
{
    struct variant a = { 0 }, b = { .late_us = 300 * US_PER_MS };
    (void)state;
    enter(&a);
    enter(&b);
    for (int64_t us = 0; us < 40 * S; us += S) {
        take(us % (2 * S) ? &a : &b, us); /* each may come first */
        take(us % (2 * S) ? &b : &a, us);
    }
    assert_aligned(&a, &b, 0);
    leave(&a, &b);
}

static void one_that_joins_ends_its_first_segment_with_the_others(void **state)
{
    struct variant a = { 0 }, b = { .shift_us = -7 * S };
    (void)state;
    enter(&a);
    enter(&b);
    for (int64_t us = 0; us < 40 * S; us += S) {
        take(&a, us);
        if (us >= 7 * S)
            take(&b, us);
    }
    assert_int_equal(b.numbers[0], 1);
    assert_int_equal(b.starts_us[1], 8 * S);
    assert_aligned(&a, &b, 8 * S);
    leave(&a, &b);
}

static void one_that_comes_back_leaves_out_what_it_missed(void **state)
{
    struct variant a = { 0 }, b = { 0 };
    (void)state;
    enter(&a);
    enter(&b);
    for (int64_t us = 0; us < 60 * S; us += S) {
        take(&a, us);
        if (us == 10 * S)
            end(&b);
        if (us < 10 * S || us >= 25 * S)
            take(&b, us);
    }
    assert_int_equal(b.numbers[2], 2);
    assert_int_equal(b.numbers[3], 6);
    assert_aligned(&a, &b, 28 * S);
    leave(&a, &b);
}

static void one_that_drops_out_for_a_moment_uses_no_number_twice(void **state)
{
    struct variant a = { 0 }, b = { 0 };
    (void)state;
    enter(&a);
    enter(&b);
    for (int64_t us = 0; us < 60 * S; us += S) {
        take(&a, us);
        if (us == 9 * S)
            end(&b);
        take(&b, us);
    }
    for (size_t i = 1; i < b.n; i++)
        assert_true(b.numbers[i] > b.numbers[i - 1]);
    assert_aligned(&a, &b, 24 * S);
    leave(&a, &b);
}

static void one_that_was_ahead_lifts_the_others(void **state)
{
    struct variant a = { .next = 100 }, b = { .next = 103 };
    (void)state;
    enter(&a);
    enter(&b);
    for (int64_t us = 0; us < 60 * S; us += S) {
        take(&a, us);
        take(&b, us);
    }
    assert_int_equal(a.numbers[0], 100);
    assert_int_equal(b.numbers[0], 103);
    for (size_t i = 1; i < a.n; i++)
        assert_int_equal(a.numbers[i], a.numbers[i - 1] + 1); /* shorter segments, no gap */
    assert_aligned(&a, &b, 24 * S);
    leave(&a, &b);
}

static void numbers_far_behind_jump(void **state)
{
    struct variant a = { .next = 0 }, b = { .next = 1000 };
    (void)state;
    enter(&a);
    enter(&b);
    for (int64_t us = 0; us < 60 * S; us += S) {
        take(&a, us);
        take(&b, us);
    }
    assert_int_equal(a.numbers[1], 1001);
    assert_aligned(&a, &b, 4 * S);
    leave(&a, &b);
}

static void times_of_media_are_those_of_the_group(void **state)
{
    struct variant a = { 0 }, b = { .shift_us = 50 * S };
    struct frame   f = { .kind = FRAME_VIDEO, .codec = CODEC_H264, .media_len = 1, .key = true };
    (void)state;
    enter(&a);
    enter(&b);
    take(&a, 0);
    f.shift_us = 50 * S;
    f.dts_us = f.pts_us = 52 * S;
    f.arrived_us = 1002 * S;
    assert_int_equal(open_at(&b, &f).shift_us, -50 * S);
    leave(&a, &b);
}

static void another_clock_is_compared_by_arrival(void **state)
{
    struct variant a = { 0 }, b = { .late_us = 21 * S + 100 * US_PER_MS };
    (void)state;
    enter(&a);
    enter(&b);
    for (int64_t us = 0; us < 60 * S; us += S) {
        take(&a, us);
        if (us >= 21 * S)
            take(&b, us - 21 * S); /* counts from 0 */
    }
    assert_true(b.member.is_loose);
    assert_int_equal(b.numbers[0], 5);       /* 20 s to 24 s */
    assert_int_equal(b.starts_us[1], 3 * S); /* arrives at 24.1 s */
    assert_int_equal(b.numbers[1], 6);
    leave(&a, &b);
}

static void sound_alone_ends_with_the_others(void **state)
{
    struct variant a = { 0 }, b = { 0 };
    struct frame   f = { .kind = FRAME_AUDIO, .codec = CODEC_AAC, .media_len = 1, .arrived_us = 1000 * S };
    (void)state;
    enter(&a);
    enter(&b);
    take(&a, 0);
    open_at(&b, &f);
    for (int64_t us = S; us <= 4 * S; us += S)
        take(&a, us);
    f.dts_us = f.pts_us = 3 * S + 999 * US_PER_MS;
    assert_false(timeline_has_passed(&b.member, 0, &f));
    f.dts_us = f.pts_us = 4 * S;
    assert_true(timeline_has_passed(&b.member, 0, &f));
    leave(&a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variants_that_begin_together_are_cut_together),
        cmocka_unit_test(one_that_joins_ends_its_first_segment_with_the_others),
        cmocka_unit_test(one_that_comes_back_leaves_out_what_it_missed),
        cmocka_unit_test(one_that_drops_out_for_a_moment_uses_no_number_twice),
        cmocka_unit_test(one_that_was_ahead_lifts_the_others),
        cmocka_unit_test(numbers_far_behind_jump),
        cmocka_unit_test(times_of_media_are_those_of_the_group),
        cmocka_unit_test(another_clock_is_compared_by_arrival),
        cmocka_unit_test(sound_alone_ends_with_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
