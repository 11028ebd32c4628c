/* Tests for app/segment/ts_lane: what is in the transport streams of pictures alone, and of one track of sound. */
#include "app/segment/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/segment/plan.h"
#include "app/segment/scratch.h"
#include "kernel/ts/ts_frames.h"
#include "kernel/ts/ts_reader.h"

enum { PID_VIDEO = 0x100, PID_AUDIO = 0x101, PICTURES = 25, SOUNDS = 40, SOUND_MS = 25 };

static void tell(struct plan *plan, enum segment_event event, struct lane *lane, struct segment *s)
{
    (void)plan;
    (void)event;
    (void)lane;
    (void)s;
}

static void take(struct plan *plan, struct frame *f, unsigned track)
{
    f->track = (uint8_t)track;
    plan_take(plan, f);
    frame_unref(&f);
}

/* A second of pictures and of two tracks of sound; the second track has frames of another size. */
static struct plan *make(bool counts_samples, bool has_pictures)
{
    const struct cut_policy policy = { .fragment_us = 10 * US_PER_SECOND,
                                       .td_ratio = 1,
                                       .aof_ratio = 2,
                                       .part_us = 10 * US_PER_SECOND,
                                       .counts_samples = counts_samples };
    struct plan            *plan = plan_create(NULL, "live/cam", tell, &policy);
    assert_non_null(plan_lane(plan, &lane_ts, 0));
    assert_non_null(plan_lane(plan, &lane_ts_video, 0));
    assert_non_null(plan_lane(plan, &lane_ts_audio, 0));
    assert_non_null(plan_lane(plan, &lane_ts_audio, 1));
    if (has_pictures)
        take(plan, TS_VIDEO_FRAME(0, TS_AVC_CONFIG), 0);
    take(plan, TS_AUDIO_FRAME(0, TS_AAC_CONFIG), 0);
    take(plan, TS_AUDIO_FRAME(0, TS_AAC_CONFIG), 1);
    for (int64_t ms = 0, i = 0; i < SOUNDS; i++, ms += SOUND_MS) {
        for (int64_t n = i * PICTURES / SOUNDS; has_pictures && n < (i + 1) * PICTURES / SOUNDS; n++)
            take(plan, ts_picture(n * 40, 0, n == 0, 100, (unsigned)n), 0);
        take(plan, ts_sound(ms, 50, (unsigned)i), 0);
        take(plan, ts_sound(ms, 60, (unsigned)i), 1);
    }
    plan_end_segment(plan, false);
    return plan;
}

static struct ts_reader *read_lane(const struct plan *plan, size_t n)
{
    const struct segment *s = lane_newest(plan->lanes[n]);
    struct ts_reader     *r = ts_reader_create();
    assert_non_null(s);
    for (size_t i = 0; i < s->n_parts; i++)
        ts_reader_read(r, s->parts[i].bytes->bytes, s->parts[i].bytes->len);
    return r;
}

static void assert_counts(const struct plan *plan, size_t lane, size_t pictures, size_t sounds)
{
    struct ts_reader *r = read_lane(plan, lane);
    assert_int_equal(ts_reader_count(r, PID_VIDEO), pictures);
    assert_int_equal(ts_reader_count(r, PID_AUDIO), sounds);
    ts_reader_destroy(r);
}

static void each_lane_has_its_track_alone(void **state)
{
    (void)state;
    struct plan *plan = make(false, true);
    assert_counts(plan, 0, PICTURES, SOUNDS);
    assert_counts(plan, 1, PICTURES, 0);
    assert_counts(plan, 2, 0, SOUNDS);
    assert_counts(plan, 3, 0, SOUNDS);
    struct ts_reader *first = read_lane(plan, 2), *second = read_lane(plan, 3);
    enum { ADTS_HEADER = 7 };
    assert_int_equal(ts_reader_unit(first, PID_AUDIO, 0)->len, 50 + ADTS_HEADER);
    assert_int_equal(ts_reader_unit(second, PID_AUDIO, 0)->len, 60 + ADTS_HEADER);
    ts_reader_destroy(first);
    ts_reader_destroy(second);
    plan_destroy(&plan);
}

/* Frames of 1024 samples at 44100 Hz come each 23.2 ms, and these say that they come each 25 ms. */
static int64_t last_pts(const struct plan *plan, size_t lane)
{
    struct ts_reader *r = read_lane(plan, lane);
    int64_t           pts = ts_reader_unit(r, PID_AUDIO, SOUNDS - 1)->pts;
    ts_reader_destroy(r);
    return pts;
}

static void sound_in_a_lane_of_its_own_keeps_the_times_of_the_pictures(void **state)
{
    const int64_t own_90k = (SOUNDS - 1) * SOUND_MS * 90;
    (void)state;
    struct plan *plan = make(true, true);
    for (size_t lane = 0; lane < 4; lane += lane == 0 ? 2 : 1)
        assert_int_equal(last_pts(plan, lane), own_90k);
    plan_destroy(&plan);
    plan = make(true, false); /* A stream of sound alone counts samples, in all lanes alike. */
    assert_true(last_pts(plan, 0) < own_90k);
    assert_int_equal(last_pts(plan, 2), last_pts(plan, 0));
    assert_int_equal(last_pts(plan, 3), last_pts(plan, 0));
    plan_destroy(&plan);
}

static void a_lane_that_begins_late_knows_how_its_pictures_are_decoded(void **state)
{
    (void)state;
    struct plan       *plan = make(false, true);
    const struct lane *late;
    assert_true(plan->n_lanes == 4);
    lane_destroy(&plan->lanes[1]);
    plan->lanes[1] = plan->lanes[--plan->n_lanes];
    for (int64_t n = PICTURES; n < 2 * PICTURES; n++) {
        take(plan, ts_picture(n * 40, 0, n == PICTURES, 100, (unsigned)n), 0);
        if (n == PICTURES)
            assert_non_null(late = plan_lane(plan, &lane_ts_video, 0));
    }
    plan_end_segment(plan, false);
    assert_int_equal(late->n_segments, 0);
    for (int64_t n = 2 * PICTURES; n < 3 * PICTURES; n++)
        take(plan, ts_picture(n * 40, 0, n == 2 * PICTURES, 100, (unsigned)n), 0);
    plan_end_segment(plan, false);
    assert_counts(plan, 3, PICTURES, 0);
    plan_destroy(&plan);
}

static int finish(void **state)
{
    (void)state;
    scratch_finish();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_lane_has_its_track_alone),
        cmocka_unit_test(sound_in_a_lane_of_its_own_keeps_the_times_of_the_pictures),
        cmocka_unit_test(a_lane_that_begins_late_knows_how_its_pictures_are_decoded),
    };
    return cmocka_run_group_tests_name("ts_lane", tests, NULL, finish);
}
