/* From the segments of two lanes to the text of an MPD: which rows it lists, and where a Period begins. */
#include "app/dash/mpd_text.h"

#include <cmocka.h>
#include <string.h>

#include "app/dash/dash.h"
#include "app/dash/rows.h"
#include "core/attr.h"
#include "core/blob.h"
#include "core/mem.h"

enum { VIDEO, AUDIO, TRACKS };

/* The wall clock at stream time 0: 2026-01-01. */
#define BEGAN_US INT64_C(1767225600000000)

/* A stream of which only what MPDs look at is there. Segments have two seconds, in ticks of milliseconds. */
static struct conf_vhost vhost;
static struct show       show;
static struct plan       plan;
static struct viewing    viewing;
static struct lane       lanes[TRACKS];
static struct dash       d;
static struct blob      *init_bytes;

static int setup(void **state)
{
    static const char *const names[TRACKS] = { "video", "audio" };
    (void)state;
    vhost = (struct conf_vhost){
        .name = "v",
        .hls = { .part_us = 200 * US_PER_MS },
        .dash = { .fragment_us = 2 * US_PER_SECOND, .update_period_us = US_PER_SECOND, .window_size = 10 }
    };
    show = (struct show){ .vhost = &vhost, .app = "live", .stream = "s" };
    viewing = (struct viewing){ .show = &show, .plan = &plan, .wish.policy.part_us = 200 * US_PER_MS };
    d = (struct dash){
        .show = &show, .viewing = &viewing, .mpd_path = "live/s.mpd", .folder = "live/s/", .n_tracks = TRACKS
    };
    plan = (struct plan){ .next_number = 0 };
    list_init(&d.rows);
    list_init(&d.periods);
    init_bytes = blob_copy("init", 4);
    for (size_t i = 0; i < TRACKS; i++) {
        lanes[i] = (struct lane){ 0 };
        d.tracks[i] = (struct dash_track){ .dash = &d, .lane = &lanes[i], .is_video = i == VIDEO };
        strcpy(d.tracks[i].name, names[i]);
        strcpy(d.tracks[i].media_before, names[i]);
        strcat(d.tracks[i].media_before, "-");
        list_init(&d.tracks[i].inits);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dash_rows_drop(&d);
    blob_unref(&d.text);
    for (size_t i = 0; i < TRACKS; i++)
        segment_unref(&lanes[i].open);
    blob_unref(&init_bytes);
    shelf_finish();
    return 0;
}

/* An init segment as the muxer of the lane would describe it. */
static void know_init(struct dash_track *t, uint64_t number)
{
    for (const struct list *it = t->inits.next; it != &t->inits; it = it->next)
        if (LIST_ENTRY(it, struct dash_init, link)->number == number)
            return;
    struct dash_init *init = mem_calloc(1, sizeof *init);
    init->track = t;
    init->bytes = blob_ref(init_bytes);
    init->number = number;
    init->path = mem_strdup(number == 1 ? "live/s/init.mp4" : "live/s/init-2.mp4");
    init->timescale = 1000;
    strcpy(init->codecs, "c");
    list_push(&t->inits, &init->link);
}

static struct segment *open_segment(size_t track, uint64_t number, int64_t start_us)
{
    struct segment *s = segment_new(number, start_us);
    assert_non_null(s);
    s->wall_us = BEGAN_US + start_us;
    s->shift_us = plan.cutter.wall_0_us;
    lanes[track].open = s;
    dash_rows_add(&d.tracks[track], s);
    return s;
}

static void fill(size_t track, int64_t duration_us, uint64_t init)
{
    struct segment *s = lanes[track].open;
    struct blob    *bytes = blob_copy("media", 5);
    assert_true(segment_add_part(s, bytes, s->start_us, duration_us, true));
    s->independent = true;
    s->media_time = (s->start_us + s->shift_us + LANE_MP4_ORIGIN_US) / US_PER_MS;
    s->media_duration = duration_us / US_PER_MS;
    s->duration_us = duration_us;
    s->init = blob_ref(init_bytes);
    s->init_number = init;
    know_init(&d.tracks[track], init);
    dash_rows_describe(&d.tracks[track], s);
}

static void close_segment(size_t track)
{
    lanes[track].open->is_complete = true;
    dash_rows_describe(&d.tracks[track], lanes[track].open);
    segment_unref(&lanes[track].open);
}

/* A whole row; what of it differs from the usual is set by the caller between open and close. */
static void add_row(uint64_t number, bool has_sound, bool breaks, int64_t drift_us, uint64_t init)
{
    for (size_t i = 0; i < TRACKS; i++) {
        struct segment *s = open_segment(i, number, (int64_t)number * 2 * US_PER_SECOND);
        s->is_discontinuous = breaks;
        s->wall_us += drift_us;
        if (i == VIDEO || has_sound)
            fill(i, 2 * US_PER_SECOND, i == VIDEO ? init : 1);
    }
    close_segment(VIDEO);
    if (has_sound)
        close_segment(AUDIO);
    else
        segment_unref(&lanes[AUDIO].open); /* the lane had nothing to close */
    dash_rows_complete(&d);
}

static const char *text_now(void)
{
    static char text[64 << 10];
    assert_null(dash_mpd_text_refresh(&d));
    assert_non_null(d.text);
    assert_true(d.text->len < sizeof text);
    memcpy(text, d.text->bytes, d.text->len);
    text[d.text->len] = '\0';
    return text;
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        n++;
    return n;
}

static void assert_has(const char *wanted)
{
    if (!strstr(text_now(), wanted))
        fail_msg("%s is not in\n%s", wanted, text_now());
}

static void rows_that_follow_each_other_are_one_period(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 3; n++)
        add_row(n, true, false, 0, 1);
    assert_int_equal(count(text_now(), "<Period "), 1);
    assert_has("<Period id=\"1767225600000\" start=\"PT1767225600.000S\">");
    assert_has("<S t=\"10000\" d=\"2000\" r=\"2\"/>");
    assert_has("media=\"video-1767225600000-$Time$.m4s\">");
    assert_has("presentationTimeOffset=\"10000\"");
}

static void by_the_wall_clock_of_the_stream_all_servers_have_the_same_first_period(void **state)
{
    static const char *const wanted[] = {
        "<Period id=\"0\" start=\"PT0.000S\">",
        "presentationTimeOffset=\"10000\"",
        "media=\"video-0-$Time$.m4s\">",
    };
    (void)state;
    plan.policy.by_wall = true;
    plan.cutter.wall_0_us = BEGAN_US;
    for (uint64_t first = 3; first < 6; first++) { /* servers that came at different times */
        for (uint64_t n = first; n < 7; n++)
            add_row(n, true, false, 0, 1);
        assert_int_equal(count(text_now(), "<Period "), 1);
        for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
            assert_has(wanted[i]);
        dash_rows_drop(&d);
    }
    add_row(7, true, false, 0, 1);
    add_row(8, true, true, 0, 1); /* Who has seen the break names the segment like those who have not. */
    assert_int_equal(count(text_now(), "media=\"video-0-$Time$.m4s\""), 2);
    assert_has("<Period id=\"1767225616000\" start=\"PT1767225616.000S\">");
}

static void sound_that_is_missing_once_is_a_period_without_it(void **state)
{
    (void)state;
    add_row(0, true, false, 0, 1);
    add_row(1, false, false, 0, 1);
    add_row(2, true, false, 0, 1);
    assert_int_equal(count(text_now(), "<Period "), 3);
    assert_int_equal(count(text_now(), "contentType=\"audio\""), 2);
}

static void breaks_numbers_that_miss_and_init_segments_begin_periods(void **state)
{
    (void)state;
    add_row(0, true, false, 0, 1);
    add_row(1, true, true, 0, 1);
    assert_int_equal(count(text_now(), "<Period "), 2);
    add_row(3, true, false, 0, 1);
    assert_int_equal(count(text_now(), "<Period "), 3);
    add_row(4, true, false, 0, 2);
    assert_int_equal(count(text_now(), "<Period "), 4);
    assert_has("initialization=\"init-2.mp4\"");
}

static void a_clock_that_runs_away_is_caught_by_a_period_in_time(void **state)
{
    (void)state;
    add_row(0, true, false, 0, 1);
    add_row(1, true, false, 400 * US_PER_MS, 1);
    assert_int_equal(count(text_now(), "<Period "), 1);
    add_row(2, true, false, 600 * US_PER_MS, 1);
    assert_int_equal(count(text_now(), "<Period "), 2);
    assert_has("start=\"PT1767225604.600S\"");
}

static void the_window_has_so_many_rows_or_so_much_time(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 15; n++)
        add_row(n, true, false, 0, 1);
    assert_has("<S t=\"20000\" d=\"2000\" r=\"9\"/>");
    assert_has("timeShiftBufferDepth=\"PT20.000S\"");
    vhost.dash.timeshift_us = 5 * US_PER_SECOND;
    dash_changed(&d);
    assert_has("<S t=\"34000\" d=\"2000\" r=\"2\"/>");
    assert_has("timeShiftBufferDepth=\"PT5.000S\"");
}

static void what_is_lost_on_the_disk_is_left_out_there(void **state)
{
    struct blob *text = NULL;
    (void)state;
    for (uint64_t n = 0; n < 4; n++)
        add_row(n, true, false, 0, 1);
    LIST_ENTRY(d.rows.next->next, struct dash_row, link)->is_lost = true;
    assert_null(dash_mpd_text_of_files(&d, &text));
    char *copy = mem_alloc(text->len + 1);
    memcpy(copy, text->bytes, text->len);
    copy[text->len] = '\0';
    assert_int_equal(count(copy, "<Period "), 2);
    assert_non_null(strstr(copy, "start=\"PT1767225604.000S\""));
    assert_non_null(strstr(copy, "media=\"video-$Number$.m4s\" startNumber=\"2\""));
    assert_int_equal(count(text_now(), "<Period "), 1); /* viewers get it from memory */
    mem_free(copy);
    blob_unref(&text);
}

static void no_two_texts_are_published_at_the_same_time(void **state)
{
    (void)state;
    add_row(0, true, false, 0, 1);
    (void)text_now();
    int64_t first_us = d.published_us;
    (void)text_now();
    assert_int_equal(d.published_us, first_us);
    struct blob *text = NULL;
    assert_null(dash_mpd_text_of_files(&d, &text)); /* it tells the same */
    blob_unref(&text);
    assert_int_equal(d.published_us, first_us);
    dash_changed(&d);
    (void)text_now();
    assert_true(d.published_us >= first_us + US_PER_MS);
}

static bool is_on_shelf(const char *path)
{
    return shelf_find(&vhost, path) != NULL;
}

static void a_segment_is_found_by_its_time_once_the_mpd_names_it(void **state)
{
    (void)state;
    add_row(0, true, false, 0, 1);
    assert_false(is_on_shelf("/live/s/video-1767225600000-10000.m4s"));
    (void)text_now();
    assert_true(is_on_shelf("/live/s/video-1767225600000-10000.m4s"));
    assert_true(is_on_shelf("/live/s/audio-1767225600000-10000.m4s"));
    for (size_t i = 0; i < TRACKS; i++)
        (void)open_segment(i, 1, 2 * US_PER_SECOND);
    (void)text_now();
    assert_false(is_on_shelf("/live/s/video-1767225600000-12000.m4s"));
    vhost.dash.ll = true;
    dash_changed(&d);
    (void)text_now();
    assert_true(is_on_shelf("/live/s/video-1767225600000-12000.m4s"));
    dash_rows_drop(&d);
    assert_false(is_on_shelf("/live/s/video-1767225600000-10000.m4s"));
    assert_false(is_on_shelf("/live/s/audio-1767225600000-12000.m4s"));
}

static void with_low_latency_the_open_row_is_listed_before_its_first_part(void **state)
{
    (void)state;
    add_row(0, true, false, 0, 1);
    for (size_t i = 0; i < TRACKS; i++)
        (void)open_segment(i, 1, 2 * US_PER_SECOND);
    assert_has("<S t=\"10000\" d=\"2000\"/>");
    vhost.dash.ll = true;
    dash_changed(&d);
    assert_has("<S t=\"10000\" d=\"2000\" r=\"1\"/>");
    assert_has("availabilityTimeOffset=\"1.800\" availabilityTimeComplete=\"false\"");
    fill(VIDEO, 200 * US_PER_MS, 2); /* it turns out to need another init segment */
    assert_int_equal(count(text_now(), "r=\"1\""), 0);
}

/* A key frame each 5 s makes segments longer than is configured. */
static void with_low_latency_a_long_segment_is_offered_as_early_as_a_short_one(void **state)
{
    (void)state;
    vhost.dash.ll = true;
    for (size_t i = 0; i < TRACKS; i++) {
        (void)open_segment(i, 0, 0);
        fill(i, 5 * US_PER_SECOND, 1);
        close_segment(i);
        (void)open_segment(i, 1, 5 * US_PER_SECOND);
    }
    dash_rows_complete(&d);
    assert_has("<S t=\"10000\" d=\"5000\" r=\"1\"/>");
    assert_int_equal(count(text_now(), "availabilityTimeOffset=\"4.800\""), TRACKS);
}

static void with_low_latency_a_track_without_media_does_not_hide_the_open_row(void **state)
{
    (void)state;
    vhost.dash.ll = true;
    add_row(0, false, false, 0, 1);
    for (size_t i = 0; i < TRACKS; i++)
        (void)open_segment(i, 1, 2 * US_PER_SECOND);
    assert_has("<S t=\"10000\" d=\"2000\" r=\"1\"/>");
    assert_int_equal(count(text_now(), "audio"), 0);
}

static void segments_that_leave_are_gone_from_the_shelf(void **state)
{
    (void)state;
    add_row(0, true, false, 0, 1);
    add_row(1, true, false, 0, 1);
    assert_non_null(shelf_find(&vhost, "/live/s/video-0.m4s"));
    struct dash_row *oldest = LIST_ENTRY(d.rows.next, struct dash_row, link);
    dash_rows_remove(&d.tracks[VIDEO], oldest->entries[VIDEO]->segment);
    assert_null(shelf_find(&vhost, "/live/s/video-0.m4s"));
    assert_non_null(shelf_find(&vhost, "/live/s/audio-0.m4s"));
    dash_rows_remove(&d.tracks[AUDIO], oldest->entries[AUDIO]->segment);
    assert_int_equal(dash_in_window(&d), 1);
    assert_has("<S t=\"12000\" d=\"2000\"/>");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_that_follow_each_other_are_one_period),
        TEST(by_the_wall_clock_of_the_stream_all_servers_have_the_same_first_period),
        TEST(sound_that_is_missing_once_is_a_period_without_it),
        TEST(breaks_numbers_that_miss_and_init_segments_begin_periods),
        TEST(a_clock_that_runs_away_is_caught_by_a_period_in_time),
        TEST(the_window_has_so_many_rows_or_so_much_time),
        TEST(what_is_lost_on_the_disk_is_left_out_there),
        TEST(no_two_texts_are_published_at_the_same_time),
        TEST(a_segment_is_found_by_its_time_once_the_mpd_names_it),
        TEST(with_low_latency_the_open_row_is_listed_before_its_first_part),
        TEST(with_low_latency_a_long_segment_is_offered_as_early_as_a_short_one),
        TEST(with_low_latency_a_track_without_media_does_not_hide_the_open_row),
        TEST(segments_that_leave_are_gone_from_the_shelf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
