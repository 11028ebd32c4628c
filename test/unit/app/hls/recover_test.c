/* What a former run of the server has left of a stream, and where its numbers go on. */
#include "app/hls/recover.h"

#include "app/hls/keys.h"
#include "app/hls/shown.h"
#include "core/mem.h"

#define HEAD "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-TARGETDURATION:4\n"
#define LEFT \
    HEAD "#EXT-X-DISCONTINUITY-SEQUENCE:2\n" \
         "#EXT-X-PROGRAM-DATE-TIME:2026-11-30T06:00:00.000Z\n#EXTINF:1.000, no desc\ns-7.ts\n" \
         "#EXT-X-DISCONTINUITY\n" \
         "#EXT-X-PROGRAM-DATE-TIME:2026-11-30T06:00:05.000Z\n#EXTINF:1.500, no desc\ns-8.ts\n"

static const struct segment *nth(size_t n)
{
    const struct list *it = shown_hls()->lane->segments.next;
    while (n--)
        it = it->next;
    return LIST_ENTRY(it, const struct segment, link);
}

static const struct hls_entry *entry_of(size_t n)
{
    const struct hls_entry *entry = hls_find_entry(shown_hls(), nth(n));
    assert_non_null(entry);
    return entry;
}

static uint64_t next_number(void)
{
    return shown_hls()->viewing->plan->next_number;
}

/* Publish a stream of which this playlist is left. */
static void come_back(const char *playlist, const char *directives)
{
    if (playlist)
        shown_write("live/s.m3u8", playlist);
    shown_publish(directives);
    assert_null(show_recover(shown.show));
}

static bool counts_from_clock(void)
{
    uint64_t seconds = (uint64_t)(wall_now_us() / US_PER_SECOND);
    return next_number() <= seconds && next_number() > seconds - 60;
}

/* ---- numbers ---- */

static void without_a_playlist_numbers_begin_at_0(void **state)
{
    (void)state;
    come_back(NULL, "");
    assert_int_equal(next_number(), 0);
    assert_int_equal(shown_hls()->lane->n_segments, 0);
}

static void a_playlist_goes_on(void **state)
{
    (void)state;
    come_back(LEFT, "");
    const struct plan *plan = shown_hls()->viewing->plan;
    assert_int_equal(shown_hls()->lane->n_segments, 2);
    assert_int_equal(nth(0)->number, 7);
    assert_int_equal(nth(0)->duration_us, US_PER_SECOND);
    assert_int_equal(nth(0)->discontinuities, 2);
    assert_false(nth(0)->is_discontinuous);
    assert_int_equal(nth(1)->duration_us, 1500 * US_PER_MS);
    assert_int_equal(nth(1)->discontinuities, 3);
    assert_true(nth(1)->is_discontinuous);
    assert_int_equal(nth(1)->wall_us - nth(0)->wall_us, 5 * US_PER_SECOND);
    assert_string_equal(entry_of(1)->path, "live/s-8.ts");
    assert_true(entry_of(1)->is_on_disk);
    assert_int_equal(next_number(), 9);
    assert_int_equal(shown_hls()->target_s, 4);
    assert_true(plan->has_begun && plan->breaks);

    shown_take_segment();
    assert_int_equal(nth(2)->number, 9);
    assert_true(nth(2)->is_discontinuous);
    assert_int_equal(nth(2)->discontinuities, 4);
    assert_true(nth(2)->wall_us > nth(1)->wall_us);
}

static void what_cannot_be_read_is_left_behind_by_the_clock(void **state)
{
    static const char *const left[] = { "", "this is no playlist\n", "#EXTM3U\n#EXT-X-VERS", HEAD,
                                        "#EXTM3U\n#EXTINF:99999999999,\na.ts\n" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(left); i++) {
        come_back(left[i], "");
        if (!counts_from_clock())
            fail_msg("number %d behind: %s", (int)next_number(), left[i]);
        assert_false(shown_hls()->viewing->plan->has_begun);
        shown_stop();
    }
    unlink(shown_path("live/s.m3u8"));
    assert_int_equal(mkdir(shown_path("live/s.m3u8"), 0755), 0);
    come_back(NULL, "");
    assert_true(counts_from_clock());
}

static void without_files_numbers_are_those_of_the_clock(void **state)
{
    (void)state;
    come_back(LEFT, "hls_storage memory;");
    assert_true(counts_from_clock());
    assert_int_equal(shown_hls()->lane->n_segments, 0);
}

static void without_recover_the_playlist_is_not_looked_at(void **state)
{
    (void)state;
    come_back(LEFT, "hls_recover off;");
    assert_int_equal(next_number(), 0);
}

static void a_playlist_torn_in_a_line_gives_the_segments_before_it(void **state)
{
    (void)state;
    come_back(LEFT "#EXTINF:1.0, no desc\ns-", "");
    assert_int_equal(shown_hls()->lane->n_segments, 2);
    assert_int_equal(next_number(), 9);
}

static void an_absurd_target_is_not_taken_over(void **state)
{
    (void)state;
    come_back("#EXTM3U\n#EXT-X-TARGETDURATION:99999\n#EXTINF:1,\ns-0.ts\n", "");
    assert_int_equal(next_number(), 1);
    assert_int_equal(shown_hls()->target_s, 0);
}

static void a_stream_that_was_shown_already_is_left_alone(void **state)
{
    (void)state;
    shown_publish("");
    shown_take_segment();
    shown_write("live/s.m3u8", LEFT);
    assert_null(hls_recover(shown_hls()));
    assert_int_equal(next_number(), 1);
}

/* ---- what is not there ---- */

static void a_segment_that_is_no_file_of_the_stream_is_a_gap(void **state)
{
    (void)state;
    come_back(HEAD
              "#EXTINF:1,\nhttp://cdn.test/s-7.ts\n#EXTINF:1,\n../../../etc/s-8.ts\n#EXT-X-GAP\n#EXTINF:1,\ns-9.ts\n",
              "");
    assert_int_equal(shown_hls()->lane->n_segments, 3);
    assert_null(hls_find_entry(shown_hls(), nth(0)));
    assert_null(hls_find_entry(shown_hls(), nth(1)));
    assert_false(entry_of(2)->is_on_disk);
    assert_int_equal(next_number(), 10);
}

static void a_prefix_is_taken_off(void **state)
{
    (void)state;
    come_back(HEAD "#EXTINF:1,\nhttp://cdn.test/live/s-7.ts\n", "hls_entry_prefix http://cdn.test;");
    assert_string_equal(entry_of(0)->path, "live/s-7.ts");
}

/* A player has seen parts of a segment that was being written, and of the open one. */
static void with_low_latency_two_numbers_are_lost(void **state)
{
    (void)state;
    come_back(LEFT, "hls_ll on; hls_part 0.2;");
    assert_int_equal(shown_hls()->lane->n_segments, 4);
    assert_int_equal(next_number(), 11);
    for (size_t n = 2; n < 4; n++) {
        assert_false(entry_of(n)->is_on_disk);
        assert_in_range(nth(n)->duration_us, 200 * US_PER_MS, US_PER_SECOND);
        assert_int_equal(nth(n)->wall_us, nth(n - 1)->wall_us + nth(n - 1)->duration_us);
    }
}

static void segments_that_a_former_run_kept_are_removed(void **state)
{
    (void)state;
    for (int cleanup = 1; cleanup >= 0; cleanup--) {
        static const char *const kept[] = { "live/s-4.ts", "live/s-5.ts", "live/s-6.ts", "live/s-7.ts" };
        for (size_t i = 0; i < ARRAY_LEN(kept); i++)
            shown_write(kept[i], "media");
        come_back(LEFT, cleanup ? "hls_cleanup on;" : "hls_cleanup off;");
        shown_take_segment(); /* its file is written behind the removals */
        shown_until(shown_exists("live/s-9.ts"));
        assert_true(shown_exists("live/s-4.ts") && shown_exists("live/s-7.ts"));
        assert_int_equal(shown_exists("live/s-5.ts"), !cleanup);
        assert_int_equal(shown_exists("live/s-6.ts"), !cleanup);
        shown_stop();
        unlink(shown_path("live/s-9.ts"));
    }
}

/* ---- init segments and keys ---- */

#define MAP(name) "#EXT-X-MAP:URI=\"" name "\"\n"

static void init_segments_have_their_numbers_in_their_names(void **state)
{
    (void)state;
    come_back(HEAD MAP("s/init.mp4") "#EXTINF:1,\ns-7.m4s\n" MAP("s/init-3.mp4") "#EXTINF:1,\ns-8.m4s\n",
              "hls_use_fmp4 on;");
    assert_int_equal(nth(0)->init_number, 1);
    assert_int_equal(nth(1)->init_number, 3);
    assert_int_equal(shown_hls()->lane->init_number, 3);
    assert_string_equal(hls_find_init(shown_hls(), 3)->path, "live/s/init-3.mp4");
    shown_take_segment();
    assert_int_equal(nth(2)->init_number, 4); /* no name is used again */
}

#define KEY(name) "#EXT-X-KEY:METHOD=AES-128,URI=\"" name "\",IV=0x000102030405060708090A0B0C0D0E0F\n"

static void keys_are_read_and_lost_ones_are_told(void **state)
{
    (void)state;
    shown_write("live/s-7.key", "0123456789abcdef");
    shown_write("live/s-9.key", "short");
    come_back(HEAD KEY("s-7.key") "#EXTINF:1,\ns-7.ts\n#EXTINF:1,\ns-8.ts\n" KEY("s-9.key") "#EXTINF:1,\ns-9.ts\n" KEY(
                  "s-10.key") "#EXTINF:1,\ns-10.ts\n",
              "hls_keys on;");
    assert_true(entry_of(0)->is_on_disk && entry_of(1)->is_on_disk);
    assert_string_equal(entry_of(1)->key.uri, entry_of(0)->key.uri);
    assert_memory_equal(hls_keys_find(shown_hls()->keys, "live/s-7.key")->key, "0123456789abcdef", 16);
    assert_false(entry_of(2)->is_on_disk);
    assert_false(entry_of(3)->is_on_disk);
    assert_null(hls_keys_find(shown_hls()->keys, "live/s-9.key"));
    assert_int_equal(next_number(), 11);
}

/* ---- memory ---- */

static void without_memory_nothing_leaks(void **state)
{
    (void)state;
    bool done = false;
    for (int i = 0; i < 400 && !done; i++) {
        shown_write("live/s.m3u8", HEAD MAP("s/init-2.mp4") "#EXTINF:1,\ns-7.m4s\n#EXTINF:1,\ns-8.m4s\n");
        shown_publish("hls_use_fmp4 on;");
        mem_fail_after(i);
        struct err *e = hls_recover(shown_hls());
        done = !mem_failed();
        mem_fail_after(-1);
        assert_true(!e || err_code(e) == err_code(err_no_memory()));
        err_free(e);
        shown_stop();
    }
    assert_true(done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shown_setup, shown_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_playlist_numbers_begin_at_0),
        TEST(a_playlist_goes_on),
        TEST(what_cannot_be_read_is_left_behind_by_the_clock),
        TEST(without_files_numbers_are_those_of_the_clock),
        TEST(without_recover_the_playlist_is_not_looked_at),
        TEST(a_playlist_torn_in_a_line_gives_the_segments_before_it),
        TEST(an_absurd_target_is_not_taken_over),
        TEST(a_stream_that_was_shown_already_is_left_alone),
        TEST(a_segment_that_is_no_file_of_the_stream_is_a_gap),
        TEST(a_prefix_is_taken_off),
        TEST(with_low_latency_two_numbers_are_lost),
        TEST(segments_that_a_former_run_kept_are_removed),
        TEST(init_segments_have_their_numbers_in_their_names),
        TEST(keys_are_read_and_lost_ones_are_told),
        TEST(without_memory_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, shown_begin, shown_end);
}
