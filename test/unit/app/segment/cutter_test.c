/* Tests for app/segment/cutter: where streams of all shapes are cut. */
#include "app/segment/cutter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/attr.h"

static const struct cut_policy two_seconds = {
    .fragment_us = 2 * US_PER_SECOND,
    .td_ratio = 1.0,
    .aof_ratio = 2.1,
    .wait_keyframe = true,
    .part_us = 200 * US_PER_MS,
};

/* A stream: pictures and sound at steps, a key frame each so many pictures. A step of 0: no such frames. */
struct shape {
    int64_t picture_us, sound_us;
    int     gop; /* pictures; 0: only the first is a key frame */
};

/* What the cutter made of it. */
struct result {
    int64_t segments_us[4096], parts_us[8192];
    bool    is_last_part[8192]; /* the last of its segment */
    size_t  n_segments, n_parts, n_breaks;
};

static void feed(struct cutter *c, const struct cut_policy *p, const struct frame *f, struct result *r)
{
    enum cut cut = cutter_look(c, p, f);
    if (cut != CUT_NONE) {
        assert_true(r->n_parts < ARRAY_LEN(r->parts_us));
        r->is_last_part[r->n_parts] = cut != CUT_PART;
        r->parts_us[r->n_parts++] = f->dts_us - c->part_us;
    }
    if (cut >= CUT_SEGMENT) {
        int64_t end_us = cut == CUT_BREAK ? cutter_end_us(c, p) : f->dts_us;
        assert_true(r->n_segments < ARRAY_LEN(r->segments_us));
        r->segments_us[r->n_segments++] = end_us - c->segment_us;
        r->n_breaks += cut == CUT_BREAK;
    }
    cutter_take(c, p, f, cut);
}

static struct result *cut_stream(struct shape s, const struct cut_policy *p, int64_t until_us)
{
    struct result *r = calloc(1, sizeof *r);
    struct cutter  c = { 0 };
    int64_t        picture_us = 0, sound_us = 0;
    int            n = 0;
    assert_non_null(r);
    for (;;) {
        bool         video = s.picture_us && (!s.sound_us || picture_us <= sound_us);
        struct frame f = { .kind = video ? FRAME_VIDEO : FRAME_AUDIO, .dts_us = video ? picture_us : sound_us };
        if (f.dts_us >= until_us)
            return r;
        f.key = video && (s.gop ? n % s.gop == 0 : n == 0);
        n += video;
        *(video ? &picture_us : &sound_us) += video ? s.picture_us : s.sound_us;
        f.dts_us = f.dts_us / US_PER_MS * US_PER_MS; /* as RTMP rounds it */
        feed(&c, p, &f, r);
    }
}

static void all_segments_are(const struct result *r, int64_t least_us, int64_t most_us)
{
    assert_true(r->n_segments > 2);
    for (size_t i = 0; i < r->n_segments; i++)
        assert_in_range(r->segments_us[i], least_us, most_us);
}

/* Parts are at most as long as the longest one of the first segment, and at least 85 % of it, except the last of a segment. */
static void all_parts_fit(const struct result *r, int64_t least_target_us, int64_t most_target_us)
{
    int64_t longest_us = 0;
    size_t  i = 0;
    for (; i < r->n_parts && !r->is_last_part[i]; i++)
        longest_us = r->parts_us[i] > longest_us ? r->parts_us[i] : longest_us;
    assert_in_range(longest_us, least_target_us, most_target_us);
    for (; i < r->n_parts; i++) {
        assert_true(r->parts_us[i] <= longest_us + CUT_PART_SLACK_US);
        if (!r->is_last_part[i])
            assert_true(r->parts_us[i] * 100 >= (longest_us + CUT_PART_SLACK_US) * 85);
    }
}

static void key_frames_cut_segments(void **state)
{
    (void)state;
    struct result *r = cut_stream((struct shape){ 40000, 23220, 50 }, &two_seconds, 60 * US_PER_SECOND);
    all_segments_are(r, 1999000, 2001000);
    free(r);
}

static void a_gop_is_not_divided_before_the_limit_of_sound(void **state)
{
    (void)state;
    struct result *r = cut_stream((struct shape){ 40000, 23220, 100 }, &two_seconds, 60 * US_PER_SECOND);
    all_segments_are(r, 3999000, 4001000); /* GOPs of 4 s, below 2 s x 2.1 */
    free(r);
    r = cut_stream((struct shape){ 40000, 23220, 750 }, &two_seconds, 60 * US_PER_SECOND);
    all_segments_are(r, 1000000, 4300000); /* GOPs of 30 s */
    free(r);
}

static void a_stream_without_key_frames_is_cut(void **state)
{
    (void)state;
    struct result *r = cut_stream((struct shape){ 40000, 23220, 0 }, &two_seconds, 600 * US_PER_SECOND);
    all_segments_are(r, 4200000, 4300000);
    free(r);
    r = cut_stream((struct shape){ 40000, 0, 0 }, &two_seconds, 600 * US_PER_SECOND);
    all_segments_are(r, 6000000, 6041000); /* without sound, at three times the fragment */
    free(r);
}

static void sound_alone_may_have_a_ratio_of_its_own(void **state)
{
    (void)state;
    struct cut_policy p = two_seconds;
    struct result    *r = cut_stream((struct shape){ 0, 23220, 0 }, &p, 60 * US_PER_SECOND);
    all_segments_are(r, 4200000, 4224000);
    free(r);
    p.sound_ratio = 1;
    r = cut_stream((struct shape){ 0, 23220, 0 }, &p, 60 * US_PER_SECOND);
    all_segments_are(r, 2000000, 2024000);
    free(r);
    r = cut_stream((struct shape){ 40000, 23220, 100 }, &p, 60 * US_PER_SECOND);
    all_segments_are(r, 3999000, 4001000); /* with pictures it does not count */
    free(r);
}

static void a_publish_that_counts_from_0_again_ends_where_its_own_frames_end(void **state)
{
    static struct result r;
    struct cutter        c = { 0 };
    (void)state;
    for (int64_t us = 0; us < 1500000; us += 40000)
        feed(&c, &two_seconds, &(struct frame){ .kind = FRAME_VIDEO, .key = us == 0, .dts_us = us }, &r);
    cutter_close(&c);
    feed(&c, &two_seconds, &(struct frame){ .kind = FRAME_AUDIO, .dts_us = 0 }, &r);
    assert_int_equal(cutter_end_us(&c, &two_seconds), 40000);
    for (int64_t us = 0; us < 800000; us += 40000)
        feed(&c, &two_seconds, &(struct frame){ .kind = FRAME_VIDEO, .key = us == 0, .dts_us = us }, &r);
    assert_int_equal(cutter_end_us(&c, &two_seconds), 800000);
}

static void the_last_part_of_a_publish_is_as_long_as_a_part_may_be(void **state)
{
    static struct result r;
    struct cutter        c = { 0 };
    struct cut_policy    shown = two_seconds;
    (void)state;
    shown.part_us = 200 * US_PER_MS;
    shown.shows_parts = true;
    for (int64_t us = 0; us < 400000; us += 40000)
        feed(&c, &shown, &(struct frame){ .kind = FRAME_VIDEO, .key = us == 0, .dts_us = us }, &r);
    feed(&c, &shown, &(struct frame){ .kind = FRAME_AUDIO, .dts_us = 385000 }, &r);
    assert_int_equal(c.part_us, 200000);
    assert_int_equal(cutter_end_us(&c, &two_seconds), 385000 + c.step_us);
    assert_true(385000 + c.step_us > 402000);
    assert_int_equal(cutter_end_us(&c, &shown), 402000);
    feed(&c, &shown, &(struct frame){ .kind = FRAME_AUDIO, .dts_us = 410000 }, &r);
    assert_int_equal(cutter_end_us(&c, &shown), 410000);
}

static void sound_of_the_time_of_a_picture_leaves_no_part_without_time(void **state)
{
    (void)state;
    struct result *r = cut_stream((struct shape){ 100000, 100000, 0 }, &two_seconds, 600 * US_PER_SECOND);
    all_segments_are(r, 4200000, 4300000);
    for (size_t i = 0; i < r->n_parts; i++)
        assert_true(r->parts_us[i] > 0);
    free(r);
}

static void without_wait_keyframe_any_picture_cuts(void **state)
{
    (void)state;
    struct cut_policy p = two_seconds;
    p.wait_keyframe = false;
    struct result *r = cut_stream((struct shape){ 40000, 23220, 750 }, &p, 60 * US_PER_SECOND);
    all_segments_are(r, 2000000, 2041000);
    free(r);
}

static void key_frames_at_each_picture_cut_no_sooner(void **state)
{
    (void)state;
    struct result *r = cut_stream((struct shape){ 40000, 23220, 1 }, &two_seconds, 60 * US_PER_SECOND);
    all_segments_are(r, 2000000, 2041000);
    free(r);
}

static void pure_sound_is_cut_at_its_limit(void **state)
{
    (void)state;
    struct result *r = cut_stream((struct shape){ 0, 23220, 0 }, &two_seconds, 60 * US_PER_SECOND);
    all_segments_are(r, 4200000, 4230000);
    all_parts_fit(r, 160000, 203000);
    free(r);
}

static void parts_fit_every_frame_rate(void **state)
{
    static const int rates[] = { 10, 15, 24, 25, 30, 50, 60, 240 };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        struct shape   s = { US_PER_SECOND / rates[i], 23220, 2 * rates[i] };
        struct result *r = cut_stream(s, &two_seconds, 60 * US_PER_SECOND);
        all_parts_fit(r, 160000, 203000);
        free(r);
    }
}

static void slow_pictures_make_parts_of_one_picture(void **state)
{
    (void)state;
    struct result *r = cut_stream((struct shape){ US_PER_SECOND, 23220, 2 }, &two_seconds, 60 * US_PER_SECOND);
    all_segments_are(r, 1999000, 2001000);
    assert_int_equal(r->n_breaks, 0);
    free(r);
}

static void a_pause_of_the_stream_breaks_it(void **state)
{
    (void)state;
    struct cutter  c = { 0 };
    struct result *r = calloc(1, sizeof *r);
    assert_non_null(r);
    for (int i = 0; i < 100; i++) {
        struct frame f = { .kind = FRAME_VIDEO,
                           .key = i % 25 == 0,
                           .dts_us = i * 40000 + (i < 75 ? 0 : 9 * US_PER_SECOND) };
        feed(&c, &two_seconds, &f, r);
    }
    assert_int_equal(r->n_breaks, 1);
    assert_int_equal(r->segments_us[r->n_segments - 1], US_PER_SECOND); /* its frames, without the pause */
    free(r);
}

static void time_that_stands_still_cuts_nothing(void **state)
{
    (void)state;
    struct cutter  c = { 0 };
    struct result *r = calloc(1, sizeof *r);
    assert_non_null(r);
    for (int i = 0; i < 1000; i++) {
        struct frame f = { .kind = FRAME_VIDEO, .key = true, .dts_us = 5 };
        feed(&c, &two_seconds, &f, r);
    }
    assert_int_equal(r->n_segments + r->n_parts, 0);
    free(r);
}

/* One picture, then sound for a minute: as the plan does it, the cutter is closed where a segment ends. */
static void one_picture_leaves_the_parts_to_the_sound(void **state)
{
    (void)state;
    struct cutter c = { 0 };
    int64_t       longest_us = 0;
    for (int64_t us = 0; us < 60 * US_PER_SECOND; us += 23 * US_PER_MS) {
        struct frame f = { .kind = us ? FRAME_AUDIO : FRAME_VIDEO, .key = true, .dts_us = us };
        enum cut     cut = cutter_look(&c, &two_seconds, &f);
        int64_t      part_us = f.dts_us - c.part_us;
        if (cut != CUT_NONE && us > US_PER_SECOND && part_us > longest_us)
            longest_us = part_us;
        if (cut == CUT_SEGMENT)
            cutter_close(&c);
        cutter_take(&c, &two_seconds, &f, cut);
    }
    assert_in_range(longest_us, 150 * US_PER_MS, two_seconds.part_us + CUT_PART_SLACK_US);
}

static void a_slow_frame_rate_is_known_after_one_part(void **state)
{
    (void)state;
    struct cutter c = { 0 };
    for (int i = 0; i < 2; i++) {
        struct frame f = { .kind = FRAME_VIDEO, .key = true, .dts_us = i * US_PER_SECOND };
        cutter_take(&c, &two_seconds, &f, cutter_look(&c, &two_seconds, &f));
    }
    struct frame f = { .kind = FRAME_VIDEO, .key = false, .dts_us = 2 * US_PER_SECOND - US_PER_MS };
    cutter_take(&c, &two_seconds, &f, cutter_look(&c, &two_seconds, &f));
    assert_true(c.cap_is_learnt);
    assert_int_equal(c.part_cap_us, US_PER_SECOND + CUT_PART_SLACK_US);
}

/* ---- by the wall clock ---- */

enum { CELL_FRAMES = 600, NEVER = CELL_FRAMES };

/* Frames are 20 ms apart. */
struct cell_stream {
    int  gop; /* in pictures; 0: there are no pictures */
    bool with_sound;
    int  first, last; /* Pictures come from the one frame up to the other. */
    int  at_ms;       /* where in a cell the time 0 is */
};

static void nth_frame(struct frame *f, const struct cell_stream *s, int i)
{
    bool comes = i >= s->first && i < s->last;
    bool video = s->gop && comes && (!s->with_sound || i % 2);
    *f = (struct frame){ .kind = video ? FRAME_VIDEO : FRAME_AUDIO, .dts_us = i * 20 * US_PER_MS };
    f->key = video && (i - 1) % (2 * s->gop) == 0;
}

/* What a server that has the frames from `from` on makes of them: where segments and parts begin, by the number of the frame. */
static void cut_alike(int from, const struct cell_stream *s, char cuts[static CELL_FRAMES])
{
    struct cut_policy p = two_seconds;
    struct cutter     c = { .wall_0_us = INT64_C(1800000000) * US_PER_SECOND + s->at_ms * US_PER_MS };
    bool              is_open = false;
    p.by_wall = true;
    for (int i = from; i < CELL_FRAMES; i++) {
        struct frame f;
        nth_frame(&f, s, i);
        bool begins = cutter_begins_cell(&c, &p, &f, s->gop > 0);
        cutter_note_cell(&c, &p, &f, s->gop > 0);
        is_open |= begins;
        if (!is_open)
            continue;
        enum cut cut = begins ? CUT_SEGMENT : cutter_look(&c, &p, &f);
        assert_true(begins || cut < CUT_SEGMENT);
        cutter_take(&c, &p, &f, cut);
        cuts[i] = begins ? 'S' : cut == CUT_PART ? 'p' : '.';
    }
}

static void servers_that_come_at_any_time_cut_alike_by_the_wall_clock(void **state)
{
    static const struct cell_stream streams[] = {
        { 25, true, 0, NEVER, 600 },     { 25, false, 0, NEVER, 600 },  { 40, true, 0, NEVER, 600 },
        { 70, true, 0, NEVER, 600 },     { 70, true, 0, NEVER, 1960 },  { 51, true, 0, NEVER, 1970 },
        { 1000, true, 0, NEVER, 600 },   { 0, true, 0, NEVER, 600 },    { 25, true, 0, 277, 600 },
        { 25, true, NEVER, NEVER, 600 }, { 25, true, 333, NEVER, 600 },
    };
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(streams); s++) {
        char first[CELL_FRAMES] = { 0 };
        int  n = 0;
        cut_alike(1, &streams[s], first);
        for (int i = 0; i < CELL_FRAMES; i++)
            n += first[i] == 'S';
        /* One for each cell but the first; the last one may end before it begins, and sound waits for pictures first. */
        assert_in_range(n, CELL_FRAMES * 20 / 2000 - (streams[s].first ? 2 : 1), CELL_FRAMES * 20 / 2000);
        for (int from = 2; from < CELL_FRAMES; from += 7) {
            char cuts[CELL_FRAMES] = { 0 };
            cut_alike(from, &streams[s], cuts);
            for (int i = 0; i < CELL_FRAMES; i++)
                assert_true(!cuts[i] || cuts[i] == first[i]);
        }
    }
}

static void segments_begin_with_key_frames_wherever_gops_of_their_length_fall_in_the_cells(void **state)
{
    static const int gops[] = { 25, 40, 50 };
    (void)state;
    for (size_t g = 0; g < ARRAY_LEN(gops); g++)
        for (int at_ms = 0; at_ms < 2000; at_ms += 7) {
            struct cell_stream s = { gops[g], true, 0, NEVER, at_ms };
            char               cuts[CELL_FRAMES] = { 0 };
            int                n = 0;
            cut_alike(1, &s, cuts);
            for (int i = 0; i < CELL_FRAMES; i++) {
                struct frame f;
                nth_frame(&f, &s, i);
                assert_true(cuts[i] != 'S' || f.key);
                n += cuts[i] == 'S';
            }
            assert_in_range(n, CELL_FRAMES * 20 / 2000 - 1, CELL_FRAMES * 20 / 2000);
        }
}

static void cells_that_a_long_gop_leaves_without_a_key_frame_have_their_segment(void **state)
{
    (void)state;
    for (int at_ms = 0; at_ms < 2000; at_ms += 7)
        for (int gop = 51; gop < 80; gop += 7) {
            struct cell_stream s = { gop, true, 0, NEVER, at_ms };
            char               cuts[CELL_FRAMES] = { 0 };
            int64_t            cell = 0;
            cut_alike(1, &s, cuts);
            for (int i = 0; i < CELL_FRAMES; i++) {
                int64_t of_frame = (at_ms + i * 20) / 2000;
                assert_true(cuts[i] != 'S' || !cell || of_frame == cell + 1);
                if (cuts[i] == 'S')
                    cell = of_frame;
            }
            assert_true(cell >= 4);
        }
}

static void a_reload_to_the_wall_clock_waits_for_a_cell_that_is_seen_from_its_beginning(void **state)
{
    struct cut_policy p = two_seconds;
    struct cutter     c = { 0 };
    struct frame      f = { .kind = FRAME_VIDEO, .key = true, .dts_us = 2500 * US_PER_MS };
    (void)state;
    cutter_note_cell(&c, &p, &f, true);
    p.by_wall = true;
    c.wall_0_us = INT64_C(1800000000) * US_PER_SECOND;
    f.dts_us = 3500 * US_PER_MS;
    assert_false(cutter_begins_cell(&c, &p, &f, true));
    cutter_note_cell(&c, &p, &f, true);
    f.dts_us = 3900 * US_PER_MS;
    assert_false(cutter_begins_cell(&c, &p, &f, true));
    f.dts_us = 4100 * US_PER_MS;
    assert_true(cutter_begins_cell(&c, &p, &f, true));
}

/* Of a stream with a key frame each 500 ms: the time of the first key frame from `from_ms` on that begins a cell. */
static int64_t first_begin_ms(struct cutter *c, const struct cut_policy *p, int64_t from_ms)
{
    for (int64_t ms = from_ms; ms < from_ms + 20000; ms += 500) {
        struct frame f = { .kind = FRAME_VIDEO, .key = true, .dts_us = ms * US_PER_MS };
        bool         begins = cutter_begins_cell(c, p, &f, true);
        cutter_note_cell(c, p, &f, true);
        if (begins)
            return ms;
    }
    return 0;
}

static void a_reload_to_another_length_waits_for_a_whole_cell(void **state)
{
    struct cut_policy p = two_seconds;
    struct cutter     c = { .wall_0_us = INT64_C(1800000000) * US_PER_SECOND };
    (void)state;
    p.by_wall = true;
    assert_int_equal(first_begin_ms(&c, &p, 500), 2000);
    p.fragment_us = 4 * US_PER_SECOND;
    assert_int_equal(first_begin_ms(&c, &p, 2500), 4000);
    p.fragment_us = 2 * US_PER_SECOND;
    assert_int_equal(first_begin_ms(&c, &p, 4500), 6000);
}

static void a_publish_with_an_earlier_wall_clock_waits_for_a_whole_cell(void **state)
{
    struct cut_policy p = two_seconds;
    struct cutter     c = { .wall_0_us = INT64_C(1800000000) * US_PER_SECOND };
    (void)state;
    p.by_wall = true;
    assert_int_equal(first_begin_ms(&c, &p, 500), 2000);
    c.wall_0_us -= INT64_C(101) * US_PER_SECOND;
    assert_int_equal(first_begin_ms(&c, &p, 0), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_frames_cut_segments),
        cmocka_unit_test(a_gop_is_not_divided_before_the_limit_of_sound),
        cmocka_unit_test(a_stream_without_key_frames_is_cut),
        cmocka_unit_test(sound_alone_may_have_a_ratio_of_its_own),
        cmocka_unit_test(a_publish_that_counts_from_0_again_ends_where_its_own_frames_end),
        cmocka_unit_test(the_last_part_of_a_publish_is_as_long_as_a_part_may_be),
        cmocka_unit_test(sound_of_the_time_of_a_picture_leaves_no_part_without_time),
        cmocka_unit_test(without_wait_keyframe_any_picture_cuts),
        cmocka_unit_test(key_frames_at_each_picture_cut_no_sooner),
        cmocka_unit_test(pure_sound_is_cut_at_its_limit),
        cmocka_unit_test(parts_fit_every_frame_rate),
        cmocka_unit_test(slow_pictures_make_parts_of_one_picture),
        cmocka_unit_test(a_pause_of_the_stream_breaks_it),
        cmocka_unit_test(time_that_stands_still_cuts_nothing),
        cmocka_unit_test(one_picture_leaves_the_parts_to_the_sound),
        cmocka_unit_test(a_slow_frame_rate_is_known_after_one_part),
        cmocka_unit_test(a_reload_to_the_wall_clock_waits_for_a_cell_that_is_seen_from_its_beginning),
        cmocka_unit_test(a_reload_to_another_length_waits_for_a_whole_cell),
        cmocka_unit_test(a_publish_with_an_earlier_wall_clock_waits_for_a_whole_cell),
        cmocka_unit_test(segments_begin_with_key_frames_wherever_gops_of_their_length_fall_in_the_cells),
        cmocka_unit_test(cells_that_a_long_gop_leaves_without_a_key_frame_have_their_segment),
        cmocka_unit_test(servers_that_come_at_any_time_cut_alike_by_the_wall_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
