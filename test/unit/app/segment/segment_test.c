/* How much an open segment may hold, whatever a publisher sends; and when the bytes of a complete one are gathered. */
#include "app/segment/segment.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "app/segment/lane.h"
#include "app/segment/plan.h"
#include "core/blob_store.h"
#include "core/clock.h"
#include "core/mem.h"

enum { FRAME_US = 40 * US_PER_MS, SEGMENTS_MAX = 8 };

static const struct cut_policy policy = { .fragment_us = 100 * US_PER_SECOND,
                                          .td_ratio = 1,
                                          .aof_ratio = 2,
                                          .wait_keyframe = true,
                                          .part_us = 50 * US_PER_SECOND };

static struct plan *plan;
static struct lane *lane;
static size_t       n_closed, largest_segment, n_parts_added;
static bool         keeps_segments;

static void tell(struct plan *p, enum segment_event event, struct lane *l, struct segment *s)
{
    (void)p;
    (void)l;
    n_parts_added += event == SEGMENT_PART_ADDED;
    if (event != SEGMENT_CLOSED)
        return;
    n_closed++;
    largest_segment = s->bytes > largest_segment ? s->bytes : largest_segment;
    if (keeps_segments)
        return;
    s = lane_drop_oldest(l);
    segment_unref(&s);
}

static int setup(void **state)
{
    (void)state;
    n_closed = largest_segment = n_parts_added = 0;
    keeps_segments = false;
    plan = plan_create(NULL, "live/s", tell, &policy);
    assert_non_null(plan);
    lane = plan_lane(plan, &lane_flv, 0);
    assert_non_null(lane);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    plan_destroy(&plan);
    return 0;
}

static struct frame *frame_of(uint32_t len, bool config, int64_t dts_us)
{
    struct frame *f = frame_new(len);
    assert_non_null(f);
    f->kind = FRAME_VIDEO;
    f->codec = CODEC_H264;
    f->config = config;
    f->key = dts_us == 0 && !config;
    f->dts_us = f->pts_us = dts_us;
    f->len = f->media_len = len;
    memset(f->data, 0, len);
    return f;
}

static void take(uint32_t len, bool config, int64_t dts_us)
{
    struct frame *f = frame_of(len, config, dts_us);
    plan_take(plan, f);
    frame_unref(&f);
}

/* ---- open segments ---- */

static void a_stream_without_key_frames_is_cut_before_parts_are_lost(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        take(3 << 20, false, (int64_t)i * FRAME_US);
        assert_true(lane->frame_bytes <= LANE_PART_BYTES_MAX + (4 << 20));
    }
    plan_end_segment(plan, false);
    assert_true(n_closed >= 3);
    assert_int_equal(lane->n_lost_parts, 0);
    assert_true(largest_segment <= SEGMENT_BYTES_MAX);
}

static void small_frames_without_end_are_cut_too(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * LANE_PART_FRAMES_MAX; i++)
        take(16, false, i);
    assert_int_equal(n_parts_added, 2);
    assert_true(lane->n_frames <= LANE_PART_FRAMES_MAX);
    assert_int_equal(lane->n_lost_parts, 0);
}

static void a_segment_has_a_bound_of_parts(void **state)
{
    (void)state;
    take(16, false, 0);
    assert_false(lane_segment_is_full(lane));
    lane->open->n_parts = SEGMENT_PARTS_MAX - 1;
    assert_true(lane_segment_is_full(lane));
    lane->open->n_parts = 0;
}

static void configurations_without_media_do_not_pile_up(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        take(1000 + (uint32_t)i, true, i);
    assert_int_equal(lane->n_frames, 1);
    assert_int_equal(lane->frames[0]->len, 1099);
    assert_int_equal(lane->frame_bytes, 1099);
    take(16, false, 0);
    assert_int_equal(lane->n_frames, 2);
}

static void configurations_that_are_repeated_in_a_segment_are_bounded(void **state)
{
    (void)state;
    take(1 << 20, true, 0);
    take(16, false, 0);
    for (int i = 0; i < 40; i++)
        take(1 << 20, true, 100 * US_PER_MS);
    assert_true(lane->frame_bytes <= LANE_PART_BYTES_MAX + (1 << 20));
    assert_int_equal(n_closed, 0);
}

static void media_without_a_segment_is_not_kept(void **state)
{
    (void)state;
    struct frame *f = frame_of(16, false, 0);
    lane_take(lane, f);
    frame_unref(&f);
    assert_int_equal(lane->n_frames, 0);
    assert_int_equal(lane->frame_bytes, 0);
}

static void a_lane_without_memory_for_its_segment_goes_on_with_the_next(void **state)
{
    (void)state;
    take(100, true, 0);
    mem_fail_after(0);
    struct frame f = { .refs = 2, .kind = FRAME_VIDEO, .codec = CODEC_H264, .key = true, .media_len = 1, .len = 1 };
    plan_take(plan, &f);
    mem_fail_after(-1);
    assert_null(lane->open);
    assert_true(lane->n_lost_parts > 0);
    for (int i = 1; i < 100; i++)
        take(16, false, (int64_t)i * FRAME_US);
    assert_true(lane->n_frames <= 1); /* the configuration */
    plan_end_segment(plan, false);
    take(16, false, 100 * FRAME_US);
    assert_non_null(lane->open);
    assert_int_equal(lane->open->number, 1);
}

/* ---- frames are packed as they come ---- */

enum { PICTURE_BYTES = 10000, PICTURES = 100 };

/* Take some pictures; returns the largest number of bytes that waited. */
static size_t most_waiting(int64_t from_us)
{
    size_t most = 0;
    for (int i = 0; i < PICTURES; i++) {
        take(PICTURE_BYTES, false, from_us + (int64_t)i * FRAME_US);
        most = lane->frame_bytes > most ? lane->frame_bytes : most;
    }
    return most;
}

/* A first segment, which stays. Returns the time of its end. */
static int64_t first_segment(void)
{
    keeps_segments = true;
    most_waiting(0);
    plan_end_segment(plan, false);
    plan->is_paused = false; /* It goes on at once. */
    n_parts_added = 0;
    assert_int_equal(lane->n_segments, 1);
    return (int64_t)PICTURES * FRAME_US;
}

static void frames_do_not_wait_for_the_end_of_their_segment(void **state)
{
    (void)state;
    int64_t from_us = first_segment();
    assert_true(most_waiting(from_us) < LANE_PACK_BYTES + PICTURE_BYTES);
    assert_true(lane->open->bytes > (PICTURES - 5) * PICTURE_BYTES);
    assert_int_equal(lane->open->n_parts, 1);
    plan_end_segment(plan, false);
    struct segment *s = lane_newest(lane);
    assert_int_equal(s->n_parts, 1);
    assert_int_equal(s->parts[0].bytes->len, s->bytes);
    assert_true(s->bytes > PICTURES * PICTURE_BYTES);
    assert_int_equal(s->parts[0].duration_us, s->duration_us);
    const struct segment *first = LIST_ENTRY(lane->segments.next, struct segment, link);
    assert_int_equal(s->parts[0].bytes->at, first->parts[0].bytes->at + (int64_t)first->bytes);
}

static void frames_wait_where_parts_are_seen(void **state)
{
    (void)state;
    int64_t from_us = first_segment();
    plan->policy.shows_parts = true;
    assert_int_equal(most_waiting(from_us), PICTURES * PICTURE_BYTES);
    assert_int_equal(n_parts_added, 0);
}

static void frames_wait_where_parts_are_sealed(void **state)
{
    const struct lane_seal seal = { 0 };
    (void)state;
    int64_t from_us = first_segment();
    lane_set_seal(lane, &seal);
    assert_int_equal(most_waiting(from_us), PICTURES * PICTURE_BYTES);
    lane_set_seal(lane, NULL);
}

static void take_sound(int64_t dts_us)
{
    struct frame *f = frame_of(100, false, dts_us);
    f->kind = FRAME_AUDIO;
    f->codec = CODEC_AAC;
    f->key = false;
    plan_take(plan, f);
    frame_unref(&f);
}

/* The tables of a first part name what there is: it waits for the other kind of media, but not for long. */
static void frames_wait_behind_a_break(void **state)
{
    enum { SETTLE_PICTURES = LANE_SETTLE_US / FRAME_US };
    (void)state;
    int64_t from_us = first_segment();
    plan->breaks = true;
    size_t most = most_waiting(from_us);
    assert_true(lane->open->is_discontinuous);
    assert_true(most >= SETTLE_PICTURES * PICTURE_BYTES && most <= (SETTLE_PICTURES + 2) * PICTURE_BYTES);
}

static void with_both_kinds_a_first_part_is_complete(void **state)
{
    (void)state;
    int64_t from_us = first_segment();
    plan->breaks = true;
    take(PICTURE_BYTES, false, from_us);
    take_sound(from_us + 1);
    assert_true(lane->open->is_discontinuous);
    assert_true(most_waiting(from_us + FRAME_US) < LANE_PACK_BYTES + PICTURE_BYTES);
}

/* ---- complete segments ---- */

static struct segment *complete(size_t part_len, size_t n)
{
    struct segment *s = segment_new(1, 0);
    assert_non_null(s);
    for (size_t i = 0; i < n; i++) {
        struct blob *b = blob_new(part_len);
        assert_non_null(b);
        memset(b->bytes, (int)i, part_len);
        assert_true(segment_add_part(s, b, (int64_t)i, 1, false));
    }
    s->is_complete = true;
    return s;
}

static void parts_stay_pieces_of_what_was_gathered(void **state)
{
    struct blob_row row = { 0 };
    (void)state;
    struct segment *s = complete(100, 3);
    segment_gather(s, &row, true);
    assert_non_null(s->whole);
    assert_int_equal(s->n_parts, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_equal(s->parts[i].bytes->bytes, s->whole->bytes + 100 * i);
        assert_int_equal(s->parts[i].bytes->bytes[99], i);
    }
    segment_unref(&s);
    blob_row_finish(&row);
}

static void a_large_segment_is_not_gathered_in_one_turn(void **state)
{
    struct blob_row row = { 0 };
    (void)state;
    struct segment *s = complete(SEGMENT_GATHER_BYTES_MAX / 2, 3);
    segment_gather(s, &row, false);
    assert_null(s->whole);
    assert_int_equal(s->n_parts, 3);
    segment_unref(&s);
    blob_row_finish(&row);
}

static void without_memory_the_parts_stay_as_they_are(void **state)
{
    struct blob_row row = { 0 };
    (void)state;
    for (int n = 0; n < 6; n++) {
        struct segment *s = complete(100, 3);
        mem_fail_after(n);
        segment_gather(s, &row, n % 2);
        mem_fail_after(-1);
        size_t len = 0;
        for (size_t i = 0; i < s->n_parts; i++)
            len += s->parts[i].bytes->len;
        assert_int_equal(len, 300);
        segment_unref(&s);
    }
    blob_row_finish(&row);
}

static void beyond_a_bound_a_part_is_refused_and_released(void **state)
{
    (void)state;
    struct segment *s = segment_new(1, 0);
    s->bytes = SEGMENT_BYTES_MAX - 10;
    assert_false(segment_add_part(s, blob_new(11), 0, 1, true));
    assert_true(segment_add_part(s, blob_new(10), 0, 1, true));
    segment_unref(&s);
}

static int finish(void **state)
{
    (void)state;
    blob_store_finish();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stream_without_key_frames_is_cut_before_parts_are_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(small_frames_without_end_are_cut_too, setup, teardown),
        cmocka_unit_test_setup_teardown(a_segment_has_a_bound_of_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(configurations_without_media_do_not_pile_up, setup, teardown),
        cmocka_unit_test_setup_teardown(configurations_that_are_repeated_in_a_segment_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(media_without_a_segment_is_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lane_without_memory_for_its_segment_goes_on_with_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(frames_do_not_wait_for_the_end_of_their_segment, setup, teardown),
        cmocka_unit_test_setup_teardown(frames_wait_where_parts_are_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(frames_wait_where_parts_are_sealed, setup, teardown),
        cmocka_unit_test_setup_teardown(frames_wait_behind_a_break, setup, teardown),
        cmocka_unit_test_setup_teardown(with_both_kinds_a_first_part_is_complete, setup, teardown),
        cmocka_unit_test(parts_stay_pieces_of_what_was_gathered),
        cmocka_unit_test(a_large_segment_is_not_gathered_in_one_turn),
        cmocka_unit_test(without_memory_the_parts_stay_as_they_are),
        cmocka_unit_test(beyond_a_bound_a_part_is_refused_and_released),
    };
    return cmocka_run_group_tests(tests, NULL, finish);
}
