/* Tests for app/segment/plan: numbers, breaks, the wall clock, and what is told, of streams that end, change and come back. */
#include "app/segment/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/blob_store.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/cue.h"

static const struct cut_policy two_seconds = {
    .fragment_us = 2 * US_PER_SECOND, .td_ratio = 1.0, .aof_ratio = 2.1, .wait_keyframe = true, .part_us = US_PER_SECOND
};

/* A container whose bytes are the number of frames. */
static bool begin(struct lane *lane)
{
    (void)lane;
    return true;
}

static void finish(struct lane *lane)
{
    (void)lane;
}

static bool carries(enum codec codec)
{
    (void)codec;
    return true;
}

static bool takes(const struct lane *lane, const struct frame *f)
{
    return f->kind != FRAME_SCRIPT && f->track == lane->track;
}

/* The cues of each part that was packed: "0a 0b 1c" are two in segment 0 and one in the next. */
static char packed_cues[4096];

static struct blob *pack(struct lane *lane, const struct frame *next, bool is_first)
{
    struct str out = str_over(packed_cues + strlen(packed_cues), sizeof packed_cues - strlen(packed_cues));
    (void)next;
    (void)is_first;
    for (size_t i = 0; i < lane->n_cues; i++)
        str_printf(&out, "%s%llu%s", *packed_cues ? " " : "", (unsigned long long)lane->open->number,
                   lane->cues[i]->id);
    return blob_new(lane->n_frames);
}

static const struct lane_kind counting = { .name = "counting",
                                           .has_pictures = true,
                                           .has_sound = true,
                                           .has_cues = true,
                                           .begin = begin,
                                           .finish = finish,
                                           .carries = carries,
                                           .takes = takes,
                                           .pack = pack };

/* What the plan has told: "+0 .0 #0 x0" for opened, a part, closed, forgotten, and the number. */
static char told[4096];

static void tell(struct plan *plan, enum segment_event event, struct lane *lane, struct segment *s)
{
    static const char signs[] = {
        [SEGMENT_OPENED] = '+', [SEGMENT_PART_ADDED] = '.', [SEGMENT_CLOSED] = '#', [SEGMENT_FORGOTTEN] = 'x'
    };
    struct str out = str_over(told + strlen(told), sizeof told - strlen(told));
    (void)plan;
    (void)lane;
    if (event != SEGMENT_PART_ADDED)
        str_printf(&out, "%s%c%llu", *told ? " " : "", signs[event], (unsigned long long)s->number);
}

/* When frames come: as their times run, from this moment on; or, if it is 0, all at once. */
static int64_t clock_us;

static struct plan *make(void)
{
    struct plan *plan = plan_create(NULL, "live/cam", tell, &two_seconds);
    told[0] = packed_cues[0] = '\0';
    clock_us = now_us();
    assert_non_null(plan);
    assert_non_null(plan_lane(plan, &counting, 0));
    return plan;
}

static int64_t arrival_us(int64_t ms)
{
    return clock_us ? clock_us + ms * US_PER_MS : now_us();
}

static void take(struct plan *plan, const char *what, int64_t ms)
{
    struct frame *f = frame_new(16);
    assert_non_null(f);
    f->kind = strchr("KpV", what[0]) ? FRAME_VIDEO : FRAME_AUDIO;
    f->codec = f->kind == FRAME_VIDEO ? CODEC_H264 : CODEC_AAC;
    f->key = what[0] == 'K';
    f->config = strchr("VA", what[0]) != NULL;
    f->dts_us = f->pts_us = ms * US_PER_MS;
    f->arrived_us = arrival_us(ms);
    f->len = (uint32_t)strlen(what);
    f->media_len = f->len;
    memcpy(f->data, what, f->len);
    plan_take(plan, f);
    frame_unref(&f);
}

/* Pictures each 40 ms with a key frame each two seconds, from the one time up to the other. */
static void take_pictures(struct plan *plan, int64_t from_ms, int64_t to_ms)
{
    for (int64_t ms = from_ms; ms < to_ms; ms += 40)
        take(plan, (ms - from_ms) % 2000 == 0 ? "K" : "p", ms);
}

static const struct segment *nth(const struct plan *plan, size_t n)
{
    const struct list *it = plan->lanes[0]->segments.next;
    while (n-- > 0)
        it = it->next;
    assert_true(it != &plan->lanes[0]->segments);
    return LIST_ENTRY(it, const struct segment, link);
}

static void segments_are_numbered_and_follow_each_other(void **state)
{
    (void)state;
    struct plan *plan = make();
    take(plan, "V1", 0);
    take_pictures(plan, 0, 6040);
    assert_string_equal(told, "+0 #0 +1 #1 +2 #2 +3");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(nth(plan, i)->duration_us, 2 * US_PER_SECOND);
        assert_false(nth(plan, i)->is_discontinuous);
        assert_true(nth(plan, i)->independent);
        assert_int_equal(nth(plan, i)->wall_us - nth(plan, 0)->wall_us, (int64_t)i * 2 * US_PER_SECOND);
    }
    plan_destroy(&plan);
    blob_store_finish();
    assert_int_equal(mem_held(), 0);
}

static void a_segment_too_short_is_forgotten_and_its_number_used_again(void **state)
{
    (void)state;
    struct plan *plan = make();
    take(plan, "V1", 0);
    take_pictures(plan, 0, 2080);
    plan_end_segment(plan, false);
    assert_string_equal(told, "+0 #0 +1 x1");
    take_pictures(plan, 2080, 4200);
    assert_string_equal(told, "+0 #0 +1 x1 +1 #1 +2");
    plan_destroy(&plan);
}

static void a_short_segment_whose_parts_were_shown_keeps_its_number(void **state)
{
    (void)state;
    struct plan *plan = make();
    plan->policy.shows_parts = true;
    plan->policy.part_us = 50 * US_PER_MS;
    take(plan, "V1", 0);
    for (int64_t ms = 0; ms < 2080; ms += 20)
        take(plan, ms % 2000 == 0 ? "K" : "p", ms);
    assert_int_equal(plan->lanes[0]->open->n_parts, 1);
    plan_end_segment(plan, false);
    assert_string_equal(told, "+0 #0 +1 #1");
    plan_destroy(&plan);
}

static void another_configuration_breaks_the_stream_and_the_same_one_does_not(void **state)
{
    (void)state;
    struct plan *plan = make();
    take(plan, "V1", 0);
    take_pictures(plan, 0, 1000);
    take(plan, "V1", 1000);
    take_pictures(plan, 1000, 2000);
    take(plan, "V2", 2000);
    take_pictures(plan, 2000, 4040);
    assert_string_equal(told, "+0 #0 +1 #1 +2");
    assert_true(nth(plan, 1)->is_discontinuous);
    assert_int_equal(nth(plan, 1)->discontinuities, 1);
    plan_destroy(&plan);
}

/* A configuration of AAC, of another track of sound. */
static void take_sound_config(struct plan *plan, unsigned track, const char *what, int64_t ms)
{
    struct frame *f = frame_new(16);
    assert_non_null(f);
    f->kind = FRAME_AUDIO;
    f->codec = CODEC_AAC;
    f->config = true;
    f->track = (uint8_t)track;
    f->dts_us = f->pts_us = ms * US_PER_MS;
    f->arrived_us = arrival_us(ms);
    f->len = f->media_len = (uint32_t)strlen(what);
    memcpy(f->data, what, f->len);
    plan_take(plan, f);
    frame_unref(&f);
}

static void another_configuration_of_another_track_breaks_the_stream_if_it_has_a_lane(void **state)
{
    (void)state;
    struct plan *plan = make();
    assert_non_null(plan_lane(plan, &counting, 3));
    take(plan, "V1", 0);
    take_sound_config(plan, 3, "A1", 0);
    take_sound_config(plan, 4, "A1", 0);
    take_pictures(plan, 0, 1000);
    take_sound_config(plan, 3, "A1", 1000);
    take_sound_config(plan, 4, "A2", 1000);
    take_pictures(plan, 1000, 2000);
    assert_null(strchr(told, '#'));
    take_sound_config(plan, 3, "A2", 2000);
    take_pictures(plan, 2000, 3000);
    assert_non_null(strstr(told, "#0"));
    assert_true(plan->lanes[0]->open->is_discontinuous);
    plan_destroy(&plan);
}

static void a_lane_that_begins_late_knows_the_configurations_of_its_tracks(void **state)
{
    static const struct lane_kind later = { .name = "later",
                                            .has_pictures = true,
                                            .has_sound = true,
                                            .begin = begin,
                                            .finish = finish,
                                            .carries = carries,
                                            .takes = takes,
                                            .pack = pack };
    (void)state;
    struct plan *plan = make();
    assert_non_null(plan_lane(plan, &counting, 3));
    take(plan, "V1", 0);
    take_sound_config(plan, 3, "A3", 0);
    take_pictures(plan, 0, 1000);
    const struct lane *first = plan_lane(plan, &later, 0), *third = plan_lane(plan, &later, 3);
    assert_memory_equal(first->video_config->data, "V1", 2);
    assert_null(first->audio_config);
    assert_memory_equal(third->audio_config->data, "A3", 2);
    assert_null(third->video_config);
    take_pictures(plan, 1000, 5040);
    assert_int_equal(lane_newest(first)->number, 1); /* It begins with a segment. */
    assert_int_equal(first->n_segments, 1);
    plan_destroy(&plan);
}

static void a_publisher_that_comes_back_at_once_breaks_nothing(void **state)
{
    (void)state;
    struct plan *plan = make();
    take(plan, "V1", 0);
    take_pictures(plan, 0, 3000);
    plan_end_segment(plan, false);
    take(plan, "V1", 3040);
    take_pictures(plan, 3040, 5080);
    assert_false(nth(plan, 1)->is_discontinuous);
    assert_false(nth(plan, 2)->is_discontinuous);
    plan_destroy(&plan);
}

static void a_publisher_that_comes_back_later_breaks_the_wall_clock(void **state)
{
    (void)state;
    struct plan *plan = make();
    take(plan, "V1", 0);
    take_pictures(plan, 0, 2000);
    plan_end_segment(plan, false);
    clock_us += 30 * US_PER_SECOND;
    take_pictures(plan, 2000, 4040);
    assert_true(nth(plan, 1)->is_discontinuous);
    assert_true(nth(plan, 1)->wall_us >= nth(plan, 0)->wall_us + 30 * US_PER_SECOND);
    plan_destroy(&plan);
}

/* Pushed at once, the stream's time runs ahead of the clock; held up by a network, it falls behind. Neither breaks it. */
static void frames_that_come_at_once_break_nothing(void **state)
{
    (void)state;
    struct plan *plan = make();
    clock_us = 0;
    take(plan, "V1", 0);
    take_pictures(plan, 0, 60040);
    for (size_t i = 0; i < 30; i++)
        assert_false(nth(plan, i)->is_discontinuous);
    plan_destroy(&plan);
}

/* wall_offset_us is what the clock was ahead of the monotonic one: a larger one means that the clock was set back since. */
static void a_clock_that_is_set_back_an_hour_does_not_take_the_date_with_it(void **state)
{
    (void)state;
    struct plan *plan = make();
    int64_t      newest_us = 0;
    take(plan, "V1", 0);
    for (int turn = 0; turn < 3; turn++) {
        take_pictures(plan, turn * 4000, turn * 4000 + 4000);
        plan_end_segment(plan, turn == 1);
        if (turn == 0)
            plan->wall_offset_us += INT64_C(3600) * US_PER_SECOND;
    }
    for (size_t i = 0; i < plan->lanes[0]->n_segments; i++) {
        assert_true(nth(plan, i)->wall_us > newest_us);
        newest_us = nth(plan, i)->wall_us;
    }
    plan_destroy(&plan);
}

/* Players compare the dates with the clock of the stream, which must not run away from them. */
static void a_clock_that_is_set_forward_an_hour_counts_once_the_stream_breaks(void **state)
{
    const int64_t hour_us = INT64_C(3600) * US_PER_SECOND;
    (void)state;
    struct plan *plan = make();
    take(plan, "V1", 0);
    take_pictures(plan, 0, 4000);
    plan->wall_offset_us -= hour_us;
    plan->wall_end_us -= hour_us;
    int64_t before_us = plan_wall_us(plan, now_us());
    take_pictures(plan, 4000, 8000);
    plan_end_segment(plan, false);
    assert_true(plan_wall_us(plan, now_us()) < before_us + hour_us / 2);
    assert_true(plan->wall_end_us < before_us + hour_us / 2);
    plan_end_segment(plan, true);
    take_pictures(plan, 8000, 12000);
    assert_true(plan_wall_us(plan, now_us()) > before_us + hour_us / 2);
    assert_true(plan->wall_end_us > before_us + hour_us / 2);
    plan_destroy(&plan);
}

static void without_memory_segments_are_lost_and_nothing_else(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        struct plan  *plan = make();
        struct frame *f[151];
        for (int n = 0; n < 151; n++) {
            f[n] = frame_new(16);
            assert_non_null(f[n]);
            f[n]->kind = FRAME_VIDEO;
            f[n]->codec = CODEC_H264;
            f[n]->key = n % 50 == 0;
            f[n]->media_len = f[n]->len = 1;
            f[n]->dts_us = n * 40 * US_PER_MS;
            f[n]->arrived_us = now_us();
        }
        mem_fail_after(i);
        for (int n = 0; n < 151; n++)
            plan_take(plan, f[n]);
        mem_fail_after(-1);
        assert_true(plan->next_number >= 2);
        for (int n = 0; n < 151; n++)
            frame_unref(&f[n]);
        plan_destroy(&plan);
        blob_store_finish();
        assert_int_equal(mem_held(), 0);
    }
}

static void take_cue(struct plan *plan, const char *id, size_t len)
{
    struct cue *cue = mem_calloc(1, sizeof *cue);
    assert_non_null(cue);
    cue->refs = 1;
    cue->id3 = blob_new(len);
    assert_non_null(cue->id3);
    str_copy(cue->id, sizeof cue->id, id);
    plan_take_cue(plan, cue);
    cue_unref(&cue);
}

static void a_cue_is_in_the_segment_of_the_frame_after_it(void **state)
{
    (void)state;
    struct plan *plan = make();
    take_cue(plan, "a", 10); /* before any frame */
    take(plan, "V1", 0);
    take_pictures(plan, 0, 2000);
    take_cue(plan, "b", 10);
    take_cue(plan, "c", 10);
    take_pictures(plan, 2000, 3000);
    take_cue(plan, "d", 10);
    take_pictures(plan, 3000, 3040);
    assert_int_equal(plan->lanes[0]->n_carried_cues, 4);
    take_cue(plan, "e", 10);
    plan_drop_cues(plan);
    take_pictures(plan, 6000, 8040);
    assert_string_equal(packed_cues, "0a 1b 1c 1d");
    assert_int_equal(plan->n_lost_cues, 0);
    plan_destroy(&plan);
    blob_store_finish();
    assert_int_equal(mem_held(), 0);
}

static void sound_alone_carries_cues_and_beside_pictures_it_does_not(void **state)
{
    static const struct lane_kind sound = { .name = "sound",
                                            .has_sound = true,
                                            .has_cues = true,
                                            .begin = begin,
                                            .finish = finish,
                                            .carries = carries,
                                            .takes = takes,
                                            .pack = pack };
    (void)state;
    for (int pictures = 0; pictures < 2; pictures++) {
        struct plan *plan = make();
        struct lane *lane = plan_lane(plan, &sound, 0), *second = plan_lane(plan, &sound, 1);
        assert_non_null(second);
        take(plan, "A", 0);
        take_cue(plan, "a", 10);
        take(plan, pictures ? "K" : "a", 20);
        assert_int_equal(lane->n_carried_cues, 0 + !pictures);
        assert_int_equal(plan->lanes[0]->n_carried_cues, 1);
        assert_int_equal(second->n_carried_cues, 0);
        plan_destroy(&plan);
    }
    blob_store_finish();
}

static void cues_beyond_a_bound_are_counted(void **state)
{
    (void)state;
    struct plan *plan = make();
    take(plan, "K", 0);
    for (int i = 0; i < PLAN_CUES_MAX + 3; i++)
        take_cue(plan, "a", 10);
    assert_int_equal(plan->n_lost_cues, 3);
    for (int ms = 40; ms < 2000; ms += 40) {
        take(plan, "p", ms);
        for (int i = 0; i < PLAN_CUES_MAX; i++)
            take_cue(plan, "a", 10);
    }
    assert_int_equal(plan->n_lost_cues, 3 + 50 * PLAN_CUES_MAX - PLAN_SEGMENT_CUES_MAX);
    take(plan, "K", 2000); /* another segment */
    assert_int_equal(plan->lanes[0]->n_carried_cues, PLAN_SEGMENT_CUES_MAX);
    uint64_t before = plan->n_lost_cues;
    take_cue(plan, "b", PLAN_SEGMENT_CUE_BYTES_MAX - 100);
    take_cue(plan, "c", 101);
    assert_int_equal(plan->n_lost_cues, before + 1);
    plan_destroy(&plan);
    blob_store_finish();
    assert_int_equal(mem_held(), 0);
}

/* ---- by the wall clock of the stream ---- */

enum { CELL = 900000000 }; /* of the time 0 */

static struct plan *make_by_wall(void)
{
    struct plan *plan = make();
    plan->policy.by_wall = true;
    plan->cutter.wall_0_us = CELL * plan->policy.fragment_us;
    return plan;
}

static void a_plan_whose_numbers_nobody_has_takes_those_of_the_cells(void **state)
{
    (void)state;
    struct plan *plan = make_by_wall();
    plan->next_number = 2 * (uint64_t)CELL;
    take(plan, "V1", 0);
    take_pictures(plan, 0, 6040);
    assert_int_equal(nth(plan, 0)->number, CELL + 1);
    assert_int_equal(nth(plan, 1)->number, CELL + 2);
    assert_false(plan->is_past_cells);
    plan_destroy(&plan);
}

static void numbers_go_on_where_those_of_the_cells_are_lower_until_these_have_come_after(void **state)
{
    (void)state;
    struct plan *plan = make_by_wall();
    take(plan, "V1", 0);
    take_pictures(plan, 0, 6040);
    plan_end_segment(plan, true);
    plan->cutter.wall_0_us -= 20 * US_PER_SECOND;
    take_pictures(plan, 8000, 14040);
    assert_int_equal(nth(plan, 2)->number, CELL + 3);
    assert_int_equal(nth(plan, 3)->number, CELL + 4);
    assert_true(plan->is_past_cells);
    plan_end_segment(plan, true);
    take_pictures(plan, 40000, 46040);
    assert_false(plan->is_past_cells);
    assert_int_equal(plan->next_number, CELL - 10 + 23);
    plan_destroy(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_numbered_and_follow_each_other),
        cmocka_unit_test(a_segment_too_short_is_forgotten_and_its_number_used_again),
        cmocka_unit_test(a_short_segment_whose_parts_were_shown_keeps_its_number),
        cmocka_unit_test(another_configuration_breaks_the_stream_and_the_same_one_does_not),
        cmocka_unit_test(another_configuration_of_another_track_breaks_the_stream_if_it_has_a_lane),
        cmocka_unit_test(a_lane_that_begins_late_knows_the_configurations_of_its_tracks),
        cmocka_unit_test(a_publisher_that_comes_back_at_once_breaks_nothing),
        cmocka_unit_test(a_publisher_that_comes_back_later_breaks_the_wall_clock),
        cmocka_unit_test(frames_that_come_at_once_break_nothing),
        cmocka_unit_test(a_clock_that_is_set_back_an_hour_does_not_take_the_date_with_it),
        cmocka_unit_test(a_clock_that_is_set_forward_an_hour_counts_once_the_stream_breaks),
        cmocka_unit_test(without_memory_segments_are_lost_and_nothing_else),
        cmocka_unit_test(a_cue_is_in_the_segment_of_the_frame_after_it),
        cmocka_unit_test(sound_alone_carries_cues_and_beside_pictures_it_does_not),
        cmocka_unit_test(cues_beyond_a_bound_are_counted),
        cmocka_unit_test(a_plan_whose_numbers_nobody_has_takes_those_of_the_cells),
        cmocka_unit_test(numbers_go_on_where_those_of_the_cells_are_lower_until_these_have_come_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
