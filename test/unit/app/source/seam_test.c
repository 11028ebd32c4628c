/* The place where a stream goes on when another server brings it. */
#include "app/source/seam.h"

#include "app/source/fixture.h"

enum { STEP_MS = 40 };

static struct ring log_;
static struct seam seam;
static int64_t     now_at_us;

/* Put frames into the log, 40 ms apart from `ms` on. The server's time is that of the log minus shift_ms. */
static void put(const char *labels, int64_t ms, int64_t shift_ms)
{
    char line[1024];
    snprintf(line, sizeof line, "%s", labels);
    for (char *rest = line, *label; (label = strtok_r(rest, " ", &rest)); ms += STEP_MS) {
        struct frame *f = labelled(label, ms);
        assert_non_null(f);
        f->shift_us = shift_ms * US_PER_MS;
        f->arrived_us = now_at_us = ms * US_PER_MS;
        assert_true(ring_push(&log_, f));
        frame_unref(&f);
    }
}

static int setup(void **state)
{
    (void)state;
    log_ = (struct ring){ 0 };
    seam = (struct seam){ 0 };
    now_at_us = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    seam_end(&seam);
    ring_finish(&log_);
    return 0;
}

static enum seam_verdict look_as(const char *label, int64_t ms, bool is_absolute)
{
    struct frame     *f = labelled(label, ms);
    struct arrival    a = { .frame = f, .own_time = (uint32_t)ms, .in_ms = true };
    enum seam_verdict verdict = seam_look(&seam, &log_, &a, now_at_us, is_absolute);
    if (verdict == SEAM_KEEP)
        assert_true(delay_put(&seam.kept, &a, now_at_us));
    frame_unref(&f);
    return verdict;
}

static enum seam_verdict look(const char *label, int64_t ms)
{
    return look_as(label, ms, false);
}

/* The time with which a frame passes; -1: it does not. */
static int64_t passes(const char *label, int64_t ms)
{
    struct frame  *f = labelled(label, ms);
    struct arrival a = { .frame = f, .own_time = (uint32_t)ms, .in_ms = true };
    bool           is = seam_passes(&seam, &log_, &a);
    frame_unref(&f);
    return is ? a.own_time : -1;
}

/* ---- the same times ---- */

static void it_goes_on_after_the_frames_that_the_log_has(void **state)
{
    (void)state;
    put("K1 p2 p3 p4", 1000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("M1", 0), SEAM_KEEP);
    assert_int_equal(look("V1", 0), SEAM_KEEP);
    assert_int_equal(look("K1", 1000), SEAM_KEEP);
    assert_int_equal(look("p2", 1040), SEAM_KEEP);
    assert_int_equal(look("p3", 1080), SEAM_KEEP);
    assert_int_equal(look("p4", 1120), SEAM_KEEP);
    assert_int_equal(look("p5", 1160), SEAM_GOES_ON);
    assert_int_equal(passes("K1", 1000), -1);
    assert_int_equal(passes("p4", 1120), -1);
    assert_int_equal(passes("p5", 1160), 1160);
    assert_int_equal(passes("p6", 1200), 1200);
}

static void each_track_goes_on_where_it_ended(void **state)
{
    (void)state;
    put("K1 a2 p3 a4 a5", 1000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K1", 1000), SEAM_KEEP);
    assert_int_equal(look("p4", 1120), SEAM_GOES_ON);
    assert_int_equal(passes("a5", 1160), -1);
    assert_int_equal(passes("p4", 1120), 1120);
    assert_int_equal(passes("a6", 1200), 1200);
}

static void a_picture_in_the_middle_of_a_gop_is_a_place(void **state)
{
    (void)state;
    put("K1 p2 p3 p4", 1000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("p3", 1081), SEAM_KEEP); /* rounded by another server */
    assert_int_equal(look("p4", 1121), SEAM_KEEP);
    assert_int_equal(look("p5", 1161), SEAM_GOES_ON);
    assert_int_equal(passes("p4", 1121), -1);
    assert_int_equal(passes("p5", 1161), 1160);
}

static void other_bytes_at_the_same_time_are_another_stream(void **state)
{
    (void)state;
    put("K1 p2 p3 p4", 1000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K9", 1000), SEAM_APART);
}

static void the_shift_of_the_clock_is_no_matter(void **state)
{
    (void)state;
    put("K1 p2 p3", 500000, 499000);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K1", 1000), SEAM_KEEP);
    assert_int_equal(look("p4", 1120), SEAM_GOES_ON);
    assert_int_equal(passes("p3", 1080), -1);
    assert_int_equal(passes("p4", 1120), 1120);
}

static void frames_of_before_a_break_of_the_log_are_left_out(void **state)
{
    static const struct {
        int64_t before_ms, after_ms; /* the encoder's times of K1, and of p3, which the log has at 1000 and 1080 */
    } rows[] = { { 1700000000, 1000 }, { 3000, 1700000000 }, { 101000, 97000 }, { 90000, 95000 } };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const int64_t before = rows[i].before_ms, after = rows[i].after_ms;
        put("K1 p2", 1000, 1000 - before);
        put("p3 p4", 1080, 1080 - after);
        seam_begin(&seam, &log_);
        assert_int_equal(look_as("K1", before, true), SEAM_KEEP);
        assert_int_equal(look_as("a1", before + 20, true), SEAM_KEEP);
        assert_int_equal(look_as("p2", before + 40, true), SEAM_KEEP);
        assert_int_equal(look_as("p3", after, true), SEAM_KEEP);
        assert_int_equal(look_as("p4", after + 40, true), SEAM_KEEP);
        assert_int_equal(look_as("p5", after + 80, true), SEAM_GOES_ON);
        assert_int_equal(passes("K1", before), -1);
        assert_int_equal(passes("p2", before + 40), -1);
        assert_int_equal(passes("p3", after), -1);
        assert_int_equal(passes("p4", after + 40), -1);
        assert_int_equal(passes("p5", after + 80), after + 80);
        (void)teardown(NULL);
        (void)setup(NULL);
    }
}

static void a_server_that_is_behind_a_break_is_waited_for(void **state)
{
    (void)state;
    put("K1 p2", 1000, 1000 - 1700000000);
    put("p3 p4", 1080, 1080 - 500);
    seam_begin(&seam, &log_);
    assert_int_equal(look_as("K0", 1700000000 - 1000, true), SEAM_KEEP);
    assert_int_equal(look_as("p3", 500, true), SEAM_KEEP);
    assert_int_equal(look_as("p5", 580, true), SEAM_GOES_ON);
    assert_int_equal(passes("K0", 1700000000 - 1000), -1);
    assert_int_equal(passes("p5", 580), 580);
}

static void other_bytes_after_a_break_are_another_stream(void **state)
{
    (void)state;
    put("K1 p2", 1000, 1000 - 6000);
    put("p3 p4", 1080, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look_as("K1", 6000, true), SEAM_KEEP);
    assert_int_equal(look_as("p9", 1080, true), SEAM_APART);
}

static void times_wrap(void **state)
{
    const int64_t last = INT64_C(1) << 32;
    (void)state;
    put("K1 p2 p3", last - 40, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K1", last - 40), SEAM_KEEP);
    assert_int_equal(look("p4", last + 80), SEAM_GOES_ON);
    assert_int_equal(passes("p3", last + 40), -1);
    assert_int_equal(passes("p4", last + 80), 80);
}

/* ---- other times ---- */

static void a_key_frame_with_another_time_tells_how_far_they_are_apart(void **state)
{
    (void)state;
    put("K1 p2 p3", 1000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K1", 900000), SEAM_KEEP);
    assert_int_equal(look("p2", 900040), SEAM_KEEP);
    assert_int_equal(look("p3", 900080), SEAM_KEEP);
    assert_int_equal(look("p4", 900120), SEAM_GOES_ON);
    assert_int_equal(passes("K1", 900000), -1);
    assert_int_equal(passes("p3", 900080), -1);
    assert_int_equal(passes("p4", 900120), 1120);
}

/* The times of a server without `atc` begin at 0: its key frame is no sign of a server that is behind. */
static void a_server_whose_times_begin_at_0_goes_on_at_once(void **state)
{
    (void)state;
    put("K1 p2 p3", 10000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K1", 0), SEAM_KEEP);
    assert_int_equal(look("p4", 120), SEAM_GOES_ON);
    assert_int_equal(passes("p3", 80), -1);
    assert_int_equal(passes("p4", 120), 10120);
}

static void it_may_be_a_gop_behind(void **state)
{
    (void)state;
    put("K1 p2 p3", 100000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K0", 0), SEAM_KEEP);
    assert_int_equal(look("p0", 40), SEAM_KEEP);
    assert_int_equal(look("K1", 80), SEAM_KEEP);
    assert_int_equal(look("p4", 200), SEAM_GOES_ON);
    assert_int_equal(passes("p0", 40), -1);
    assert_int_equal(passes("p4", 200), 100120);
}

static void times_that_begin_at_0_are_no_clock(void **state)
{
    (void)state;
    put("K1 p2 p3", 50, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("a9", 0), SEAM_KEEP);
    assert_int_equal(look("K9", 200), SEAM_KEEP);
    assert_false(seam_is_overdue(&seam, now_at_us));
    now_at_us += SEAM_PATIENCE_US;
    assert_true(seam_is_overdue(&seam, now_at_us));
    assert_int_equal(look("p9", 240), SEAM_APART);
}

static void a_picture_with_another_time_tells_nothing(void **state)
{
    (void)state;
    put("K1 p2 p3", 1000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("p2", 900000), SEAM_APART);
}

static void a_key_frame_that_comes_twice_tells_nothing(void **state)
{
    (void)state;
    put("K1 p2 K1 p3", 1000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K1", 900000), SEAM_APART);
}

static void a_frame_from_before_a_break_of_the_clock_tells_nothing(void **state)
{
    (void)state;
    put("K1 p2", 1000, 0);
    put("K3 p4", 1080, 500);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K1", 900000), SEAM_APART);
}

/* ---- a server that is behind ---- */

static void a_server_that_is_behind_is_waited_for(void **state)
{
    (void)state;
    put("K1 p2 p3", 10000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K0", 8000), SEAM_KEEP);
    assert_int_equal(look("a0", 8010), SEAM_KEEP);
    assert_int_equal(look("p0", 8040), SEAM_KEEP);
    assert_int_equal(look("K1", 10000), SEAM_KEEP);
    assert_int_equal(look("p4", 10120), SEAM_GOES_ON);
    assert_int_equal(seam.kept.n, 4);
    assert_int_equal(passes("K0", 8000), -1);
    assert_int_equal(passes("p4", 10120), 10120);
}

static void it_is_not_waited_for_longer_than_that(void **state)
{
    (void)state;
    put("K1 p2 p3", 10000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K0", 8000), SEAM_KEEP);
    now_at_us += SEAM_PATIENCE_US;
    assert_int_equal(look("p0", 8040), SEAM_APART);
}

/* A looped film has the same key frame again and again. Of two explanations the one without another time is waited for. */
static void a_film_that_repeats_itself_goes_on_by_its_times(void **state)
{
    (void)state;
    put("K1 p2 p3", 10000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K1", 8000), SEAM_KEEP);
    assert_int_equal(look("p2", 8040), SEAM_KEEP);
    assert_int_equal(look("p3", 8080), SEAM_KEEP);
    assert_int_equal(look("p4", 8120), SEAM_KEEP);
    assert_int_equal(look("K1", 10000), SEAM_KEEP);
    assert_int_equal(look("p4", 10120), SEAM_GOES_ON);
    assert_int_equal(passes("p4", 10120), 10120);
}

/* An encoder that shows the same picture, and begins again: its key frame is the same, what follows is not. */
static void one_frame_that_is_not_in_the_log_proves_another_stream(void **state)
{
    (void)state;
    put("K1 p2 p3", 1000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K1", 900000), SEAM_KEEP);
    assert_int_equal(look("p2", 900040), SEAM_KEEP);
    assert_int_equal(look("p9", 900080), SEAM_APART);
    assert_int_equal(seam.kept.n, 2);
}

static void what_the_log_has_is_not_waited_for_without_end(void **state)
{
    (void)state;
    put("K1 p2 p3", 1000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K1", 1000), SEAM_KEEP);
    now_at_us += SEAM_PATIENCE_US;
    assert_int_equal(look("p2", 1040), SEAM_GOES_ON);
    assert_int_equal(passes("p2", 1040), -1);
    assert_int_equal(passes("p3", 1080), -1);
    assert_int_equal(passes("p4", 1120), 1120);
}

/* ---- frames are missing ---- */

static void after_an_absence_the_same_clock_goes_on_at_a_key_frame(void **state)
{
    (void)state;
    put("K1 p2 p3", 1000, 0);
    now_at_us += 4 * US_PER_SECOND;
    seam_begin(&seam, &log_);
    assert_int_equal(look("p8", 5000), SEAM_GOES_ON);
    assert_int_equal(passes("p8", 5000), -1);
    assert_int_equal(passes("a8", 5010), 5010);
    assert_int_equal(passes("K9", 5040), 5040);
    assert_int_equal(passes("p9", 5080), 5080);
}

static void another_clock_does_not_go_on(void **state)
{
    (void)state;
    put("K1 p2 p3", 1000, 0);
    now_at_us += 100 * US_PER_MS;
    seam_begin(&seam, &log_);
    assert_int_equal(look("K9", 60000), SEAM_APART);
}

static void absolute_times_go_on(void **state)
{
    (void)state;
    put("K1 p2 p3", 1000, 0);
    now_at_us += 100 * US_PER_MS;
    seam_begin(&seam, &log_);
    assert_int_equal(look_as("K9", 60000, true), SEAM_GOES_ON);
    assert_int_equal(passes("K9", 60000), 60000);
}

/* ---- sound alone ---- */

static void without_pictures_a_sound_with_its_time_is_the_place(void **state)
{
    (void)state;
    put("a1 a1 a1 a2", 1000, 0); /* Silence has the same bytes again and again. */
    seam_begin(&seam, &log_);
    assert_int_equal(look("A1", 0), SEAM_KEEP);
    assert_int_equal(look("a1", 1040), SEAM_KEEP);
    assert_int_equal(look("a1", 1080), SEAM_KEEP);
    assert_int_equal(look("a2", 1120), SEAM_KEEP);
    assert_int_equal(look("a3", 1160), SEAM_GOES_ON);
    assert_int_equal(passes("a2", 1120), -1);
    assert_int_equal(passes("a3", 1160), 1160);
}

static void pictures_are_not_waited_for_without_end(void **state)
{
    (void)state;
    put("K1 p2 p3", 1000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("a1", 1000), SEAM_KEEP);
    now_at_us += SEAM_PATIENCE_US;
    assert_int_equal(look("a2", 1010), SEAM_APART);
}

/* ---- bounds ---- */

static void what_is_kept_has_an_end(void **state)
{
    int n = 0;
    (void)state;
    put("K1 p2 p3", 1000, 0);
    seam_begin(&seam, &log_);
    while (look("M1", 0) == SEAM_KEEP)
        n++;
    assert_int_equal(n, SEAM_FRAMES_MAX);
}

static void data_messages_are_left_out_with_the_frames_around_them(void **state)
{
    (void)state;
    put("K1 p2 p3", 1000, 0);
    seam_begin(&seam, &log_);
    assert_int_equal(look("K1", 1000), SEAM_KEEP);
    assert_int_equal(look("p4", 1120), SEAM_GOES_ON);
    assert_int_equal(passes("T1", 1040), -1);
    assert_int_equal(passes("T2", 1120), 1120);
    assert_int_equal(passes("M1", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_goes_on_after_the_frames_that_the_log_has, setup, teardown),
        cmocka_unit_test_setup_teardown(each_track_goes_on_where_it_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(a_picture_in_the_middle_of_a_gop_is_a_place, setup, teardown),
        cmocka_unit_test_setup_teardown(other_bytes_at_the_same_time_are_another_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(the_shift_of_the_clock_is_no_matter, setup, teardown),
        cmocka_unit_test_setup_teardown(frames_of_before_a_break_of_the_log_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_server_that_is_behind_a_break_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(other_bytes_after_a_break_are_another_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(times_wrap, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_frame_with_another_time_tells_how_far_they_are_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(a_server_whose_times_begin_at_0_goes_on_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(it_may_be_a_gop_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(times_that_begin_at_0_are_no_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(a_picture_with_another_time_tells_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_frame_that_comes_twice_tells_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_frame_from_before_a_break_of_the_clock_tells_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_server_that_is_behind_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(it_is_not_waited_for_longer_than_that, setup, teardown),
        cmocka_unit_test_setup_teardown(a_film_that_repeats_itself_goes_on_by_its_times, setup, teardown),
        cmocka_unit_test_setup_teardown(one_frame_that_is_not_in_the_log_proves_another_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_log_has_is_not_waited_for_without_end, setup, teardown),
        cmocka_unit_test_setup_teardown(after_an_absence_the_same_clock_goes_on_at_a_key_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(another_clock_does_not_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(absolute_times_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(without_pictures_a_sound_with_its_time_is_the_place, setup, teardown),
        cmocka_unit_test_setup_teardown(pictures_are_not_waited_for_without_end, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_kept_has_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(data_messages_are_left_out_with_the_frames_around_them, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
