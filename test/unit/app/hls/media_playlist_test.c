/* From the segments of a lane to the text of a playlist, and which reloads have to wait. */
#include "app/hls/media_playlist.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/hls/dateranges.h"
#include "app/hls/hls.h"
#include "app/hls/parts.h"
#include "app/hls/playlist_text.h"
#include "app/hls/reload.h"
#include "app/segment/plan.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/mem.h"

enum { SEGMENTS_MAX = 16, PARTS_MAX = 8 };

/* A stream of which only what playlists look at is there. */
static struct conf          conf;
static struct conf_vhost    vhost;
static struct show          show;
static struct plan          plan;
static struct lane          lane;
static struct hls           h;
static struct segment       segments[SEGMENTS_MAX];
static struct hls_entry     entries[SEGMENTS_MAX];
static struct hls_part_item parts[PARTS_MAX];
static char                 paths[SEGMENTS_MAX + PARTS_MAX][32];
static size_t               n_segments, n_parts;

static int setup(void **state)
{
    (void)state;
    conf = (struct conf){ .serial = 1 };
    vhost = (struct conf_vhost){ .hls = { .fragment_us = 2 * US_PER_SECOND,
                                          .td_ratio = 1,
                                          .window_us = 10 * US_PER_SECOND,
                                          .part_us = 200 * US_PER_MS,
                                          .entry_prefix = "" } };
    show = (struct show){ .conf = &conf, .vhost = &vhost, .app = "live", .stream = "s" };
    plan = (struct plan){ .policy.part_us = 200 * US_PER_MS };
    lane = (struct lane){ .plan = &plan, .version = 1 };
    h = (struct hls){ .show = &show, .lane = &lane, .m3u8_path = "live/s.m3u8" };
    list_init(&lane.segments);
    list_init(&h.entries);
    list_init(&h.inits);
    list_init(&h.parts);
    list_init(&h.renditions);
    hls_dateranges_init(&h);
    n_segments = n_parts = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hls_playlist_text_unref(&h.media.text);
    hls_playlist_text_unref(&h.delta.text);
    return 0;
}

static struct segment *add_segment(uint64_t number, int64_t duration_us)
{
    struct segment   *s = &segments[n_segments];
    struct hls_entry *entry = &entries[n_segments];
    char             *path = paths[n_segments++];
    *s = (struct segment){ .number = number, .duration_us = duration_us, .is_complete = true, .independent = true };
    snprintf(path, sizeof paths[0], "live/s-%d.ts", (int)number);
    *entry = (struct hls_entry){ .hls = &h, .segment = s, .path = path, .is_on_disk = true };
    list_push(&lane.segments, &s->link);
    list_push(&h.entries, &entry->link);
    lane.n_segments++;
    lane.version++;
    return s;
}

static const char *text_now(void)
{
    assert_null(hls_media_playlist_render(&h));
    return h.media.text->text.text.bytes;
}

static void assert_text(const char *expected)
{
    assert_string_equal(text_now(), expected);
}

/* ---- segments ---- */

static void a_number_that_was_lost_keeps_its_place(void **state)
{
    (void)state;
    add_segment(7, 2 * US_PER_SECOND);
    add_segment(9, 2 * US_PER_SECOND);
    assert_text("#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-TARGETDURATION:2\n"
                "#EXT-X-INDEPENDENT-SEGMENTS\n"
                "#EXTINF:2.000, no desc\ns-7.ts\n"
                "#EXT-X-GAP\n#EXTINF:2.000, no desc\ngap.ts\n"
                "#EXTINF:2.000, no desc\ns-9.ts\n");
}

static void a_rendition_has_the_rows_of_its_stream(void **state)
{
    struct lane      own = { .plan = &plan, .version = 1 };
    struct segment   heard[2] = { { .number = 8, .is_complete = true, .independent = true },
                                  { .number = 10, .is_complete = true, .independent = true } };
    struct hls       r = { .show = &show, .lane = &own, .main = &h, .m3u8_path = "live/.audio-2/s.m3u8" };
    char             own_paths[2][32] = { "live/.audio-2/s-8.ts", "live/.audio-2/s-10.ts" };
    struct hls_entry rows[2] = { { .hls = &r, .segment = &heard[0], .path = own_paths[0], .is_on_disk = true },
                                 { .hls = &r, .segment = &heard[1], .path = own_paths[1], .is_on_disk = true } };
    static const struct lane_kind of_sound = { .has_sound = true };
    (void)state;
    own.kind = &of_sound;
    list_init(&own.segments);
    list_init(&r.entries);
    list_init(&r.inits);
    list_init(&r.parts);
    for (size_t i = 0; i < 2; i++) {
        list_push(&own.segments, &heard[i].link);
        list_push(&r.entries, &rows[i].link);
        own.n_segments++;
    }
    for (uint64_t n = 7; n <= 11; n++)
        add_segment(n, 2 * US_PER_SECOND);
    segments[2].is_discontinuous = true; /* number 9, which the track has not got */
    plan.longest_us = 3 * US_PER_SECOND;
    assert_null(hls_media_playlist_render(&r));
    assert_string_equal(r.media.text->text.text.bytes,
                        "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-MEDIA-SEQUENCE:8\n#EXT-X-TARGETDURATION:3\n"
                        "#EXT-X-INDEPENDENT-SEGMENTS\n"
                        "#EXTINF:2.000, no desc\ns-8.ts\n"
                        "#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n#EXTINF:2.000, no desc\ngap.ts\n"
                        "#EXTINF:2.000, no desc\ns-10.ts\n"
                        "#EXT-X-GAP\n#EXTINF:2.000, no desc\ngap.ts\n");
    hls_playlist_text_unref(&r.media.text);
}

static void the_target_never_falls(void **state)
{
    (void)state;
    add_segment(0, 5 * US_PER_SECOND);
    assert_non_null(strstr(text_now(), "#EXT-X-TARGETDURATION:5\n"));
    for (uint64_t n = 1; n < 8; n++)
        add_segment(n, 2 * US_PER_SECOND);
    assert_null(strstr(text_now(), "s-0.ts"));
    assert_non_null(strstr(text_now(), "#EXT-X-TARGETDURATION:5\n"));
}

static void discontinuities_that_have_left_are_counted(void **state)
{
    (void)state;
    struct segment *s = add_segment(3, 2 * US_PER_SECOND);
    s->is_discontinuous = true;
    s->discontinuities = 4;
    add_segment(4, 2 * US_PER_SECOND)->discontinuities = 4;
    assert_non_null(strstr(text_now(), "#EXT-X-DISCONTINUITY-SEQUENCE:3\n"));
    assert_non_null(strstr(text_now(), "#EXT-X-DISCONTINUITY\n#EXTINF:2.000, no desc\ns-3.ts\n"));
    for (uint64_t n = 5; n < 9; n++)
        add_segment(n, 2 * US_PER_SECOND)->discontinuities = 4;
    assert_non_null(strstr(text_now(), "#EXT-X-DISCONTINUITY-SEQUENCE:4\n"));
    assert_null(strstr(text_now(), "#EXT-X-DISCONTINUITY\n"));
}

static void files_that_are_missing_are_gaps_beside_the_files_alone(void **state)
{
    (void)state;
    struct hls_text t;
    add_segment(0, 2 * US_PER_SECOND);
    add_segment(1, 2 * US_PER_SECOND);
    entries[0].is_on_disk = false;
    segments[0].n_parts = 1; /* It is in memory. */
    assert_null(hls_media_playlist_of_files(&h, &t));
    assert_non_null(strstr(t.text.bytes, "#EXT-X-GAP\n#EXTINF:2.000, no desc\ns-0.ts\n#EXTINF"));
    assert_null(strstr(text_now(), "GAP"));
    hls_text_finish(&t);
    segments[0].n_parts = 0;
    lane.version++;
    h.show->conf->serial++;
    assert_non_null(strstr(text_now(), "GAP")); /* It is nowhere. */
}

static void a_prefix_stands_before_each_segment(void **state)
{
    (void)state;
    add_segment(0, 2 * US_PER_SECOND);
    vhost.hls.entry_prefix = "http://cdn.example";
    assert_non_null(strstr(text_now(), "\nhttp://cdn.example/live/s-0.ts\n"));
}

static void the_text_is_rendered_again_for_a_new_segment_or_configuration(void **state)
{
    (void)state;
    add_segment(0, 2 * US_PER_SECOND);
    const char *text = text_now();
    lane.version++; /* a part, of which nobody hears without low latency */
    assert_ptr_equal(text_now(), text);
    add_segment(1, 2 * US_PER_SECOND);
    assert_non_null(strstr(text_now(), "s-1.ts"));
    vhost.hls.entry_prefix = "http://cdn.example/";
    conf.serial++;
    assert_non_null(strstr(text_now(), "\nhttp://cdn.example/s-1.ts\n"));
}

static void memory_that_runs_out_is_an_error_and_nothing_leaks(void **state)
{
    (void)state;
    vhost.hls.ll = true;
    add_segment(0, 2 * US_PER_SECOND);
    for (int n = 0;; n++) {
        mem_fail_after(n);
        struct err *e = hls_media_playlist_render(&h);
        mem_fail_after(-1);
        if (!e)
            break;
        assert_int_equal(err_code(e), E_NO_MEMORY);
        err_free(e);
        assert_null(h.media.text);
    }
    assert_non_null(h.media.text);
}

/* ---- parts ---- */

static struct segment_part made[PARTS_MAX];

/* The open segment, with parts of these durations, and the next one announced. */
static void open_with(uint64_t number, const int64_t *durations_us, size_t n)
{
    struct segment *s = &segments[n_segments++];
    vhost.hls.ll = true;
    *s = (struct segment){ .number = number, .independent = true, .parts = made, .n_parts = n };
    lane.open = s;
    for (size_t i = 0; i <= n; i++) {
        char *path = paths[SEGMENTS_MAX + i];
        snprintf(path, sizeof paths[0], "live/s-%d-part-%d.ts", (int)number, (int)i);
        if (i < n)
            made[i] = (struct segment_part){ .duration_us = durations_us[i], .independent = i == 0 };
        parts[i] = (struct hls_part_item){ .hls = &h, .segment = s, .index = i, .path = path };
        list_push(&h.parts, &parts[i].link);
    }
}

static void parts_are_listed_and_the_next_one_is_hinted(void **state)
{
    (void)state;
    static const int64_t durations_us[] = { 200 * US_PER_MS, 202 * US_PER_MS, 900 * US_PER_MS };
    add_segment(4, 2 * US_PER_SECOND);
    open_with(5, durations_us, 3);
    assert_text("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:4\n#EXT-X-TARGETDURATION:2\n"
                "#EXT-X-INDEPENDENT-SEGMENTS\n"
                "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000,CAN-SKIP-DATERANGES=YES,PART-HOLD-"
                "BACK=0.606\n"
                "#EXT-X-PART-INF:PART-TARGET=0.202\n"
                "#EXTINF:2.000, no desc\ns-4.ts\n"
                "#EXT-X-PART:DURATION=0.200,URI=\"s-5-part-0.ts\",INDEPENDENT=YES\n"
                "#EXT-X-PART:DURATION=0.202,URI=\"s-5-part-1.ts\"\n"
                "#EXT-X-PART:DURATION=0.202,URI=\"s-5-part-2.ts\"\n" /* the frame behind it was late */
                "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"s-5-part-3.ts\"\n");
}

static void the_part_target_is_what_the_cutter_has_learnt_and_stays(void **state)
{
    (void)state;
    static const int64_t durations_us[] = { 167 * US_PER_MS };
    add_segment(4, 2 * US_PER_SECOND);
    open_with(5, durations_us, 1);
    plan.cutter.taught_cap_us = 168 * US_PER_MS;
    assert_non_null(strstr(text_now(), "PART-TARGET=0.168\n"));
    plan.cutter.taught_cap_us = 300 * US_PER_MS;
    lane.version++;
    assert_non_null(strstr(text_now(), "PART-TARGET=0.168\n"));
}

/* ---- reloads ---- */

static enum hls_reload_state look(int64_t msn, int64_t part)
{
    struct hls_reload r = { .msn = msn, .part = part };
    return hls_reload_look(&r, &h);
}

static void a_reload_waits_for_what_comes_next_only(void **state)
{
    (void)state;
    static const int64_t durations_us[] = { 200 * US_PER_MS, 200 * US_PER_MS };
    add_segment(7, 2 * US_PER_SECOND)->n_parts = 10;
    open_with(8, durations_us, 2);
    assert_int_equal(look(-1, -1), HLS_RELOAD_READY);
    assert_int_equal(look(7, -1), HLS_RELOAD_READY);
    assert_int_equal(look(7, 9), HLS_RELOAD_READY);
    assert_int_equal(look(0, 99999), HLS_RELOAD_READY);
    assert_int_equal(look(7, 10), HLS_RELOAD_READY); /* stands for the first part of 8, which is there */
    assert_int_equal(look(8, 1), HLS_RELOAD_READY);
    assert_int_equal(look(8, 2), HLS_RELOAD_WAITS);
    assert_int_equal(look(8, -1), HLS_RELOAD_WAITS);
    assert_int_equal(look(9, 0), HLS_RELOAD_WAITS);
    assert_int_equal(look(9, -1), HLS_RELOAD_WAITS);
    lane.open->n_parts = 0;
    assert_int_equal(look(7, 10), HLS_RELOAD_WAITS);
    assert_int_equal(look(8, 0), HLS_RELOAD_WAITS);
}

static void a_reload_of_the_far_future_is_absurd(void **state)
{
    (void)state;
    static const int64_t durations_us[] = { 200 * US_PER_MS };
    add_segment(7, 2 * US_PER_SECOND);
    open_with(8, durations_us, 1);
    h.part_target_us = 200 * US_PER_MS; /* so that 15 parts are three seconds */
    assert_int_equal(look(8, 15), HLS_RELOAD_WAITS);
    assert_int_equal(look(8, 16), HLS_RELOAD_ABSURD);
    assert_int_equal(look(9, 15), HLS_RELOAD_ABSURD);
    assert_int_equal(look(10, -1), HLS_RELOAD_ABSURD);
    assert_int_equal(look(999999999999999, -1), HLS_RELOAD_ABSURD);
    h.part_target_us = 0;
    assert_int_equal(look(8, 3), HLS_RELOAD_WAITS);
    assert_int_equal(look(8, 4), HLS_RELOAD_ABSURD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_number_that_was_lost_keeps_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rendition_has_the_rows_of_its_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(the_target_never_falls, setup, teardown),
        cmocka_unit_test_setup_teardown(discontinuities_that_have_left_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(files_that_are_missing_are_gaps_beside_the_files_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_prefix_stands_before_each_segment, setup, teardown),
        cmocka_unit_test_setup_teardown(the_text_is_rendered_again_for_a_new_segment_or_configuration, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_that_runs_out_is_an_error_and_nothing_leaks, setup, teardown),
        cmocka_unit_test_setup_teardown(parts_are_listed_and_the_next_one_is_hinted, setup, teardown),
        cmocka_unit_test_setup_teardown(the_part_target_is_what_the_cutter_has_learnt_and_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reload_waits_for_what_comes_next_only, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reload_of_the_far_future_is_absurd, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
