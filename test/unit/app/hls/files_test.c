/* Files of HLS: what is on the disk and when, and what is told of what the disk refused. */
#include "app/hls/files.h"

#include "app/hls/keys.h"
#include "app/hls/shown.h"

static const struct hls_entry *newest(void)
{
    const struct hls_entry *entry = hls_find_entry(shown_hls(), lane_newest(shown_hls()->lane));
    assert_non_null(entry);
    return entry;
}

/* True if the file has the bytes of the newest segment. */
static bool is_newest(const char *name)
{
    const struct segment *s = newest()->segment;
    const char           *text = shown_read(name);
    bool                  same = true;
    for (size_t i = 0; i < s->n_parts; text += s->parts[i++].bytes->len)
        same &= memcmp(text, s->parts[i].bytes->bytes, s->parts[i].bytes->len) == 0;
    return same && s->bytes > 188;
}

static int n_files(const char *folder)
{
    char command[SHOWN_PATH_MAX + 64];
    int  n = -1;
    snprintf(command, sizeof command, "find '%s' -type f | wc -l", shown_path(folder));
    FILE *f = popen(command, "r");
    if (f && fscanf(f, "%d", &n) != 1)
        n = -1;
    if (f)
        pclose(f);
    return n;
}

/* ---- in order ---- */

static void a_segment_is_there_before_the_playlist_names_it(void **state)
{
    (void)state;
    shown_publish("");
    shown_take_one();
    assert_int_equal(n_files(""), 0);
    shown_take_segment();
    shown_until(newest()->is_written);
    assert_true(is_newest("live/s-0.ts"));
    assert_true(shown_tells("live/s.m3u8", "s-0.ts\n"));
    for (int n = 1; n < 6; n++) {
        shown_take_segment();
        shown_until(newest()->is_written);
        assert_true(is_newest(newest()->path));
    }
    assert_true(shown_tells("live/s.m3u8", "#EXT-X-MEDIA-SEQUENCE:3\n"));
    assert_false(shown_tells("live/s.m3u8", "GAP"));
    shown_until(!shown_exists("live/s-0.ts"));
    assert_int_equal(hls_files_lost(shown_hls()), 0);
}

static void init_segments_are_written_once_and_before(void **state)
{
    (void)state;
    shown_publish("hls_use_fmp4 on;");
    for (int n = 0; n < 2; n++) {
        shown_take_segment();
        shown_until(newest()->is_written);
        assert_true(shown_exists("live/s/init.mp4"));
        unlink(shown_path("live/s/init.mp4"));
        shown_write("live/s/init.mp4", "x");
    }
    assert_string_equal(shown_read("live/s/init.mp4"), "x");
}

static void a_key_is_there_before_its_first_segment(void **state)
{
    (void)state;
    char directives[SHOWN_PATH_MAX];
    snprintf(directives, sizeof directives, "hls_keys on; hls_fragments_per_key 2; hls_key_file_path %s/keys;",
             shown.folder);
    shown_publish(directives);
    shown_take_one();
    shown_until(shown_exists("keys/live/s-0.key"));
    assert_memory_equal(shown_read("keys/live/s-0.key"), hls_keys_newest(shown_hls()->keys)->key, 16);
    assert_false(shown_exists("live/s-0.ts"));
}

static void without_files_nothing_is_written(void **state)
{
    (void)state;
    shown_publish("hls_storage memory;");
    shown_take_segment();
    assert_null(shown_hls()->files);
    assert_int_equal(hls_files_lost(shown_hls()), 0);
    shown_stop();
    assert_int_equal(n_files(""), 0);
}

static void on_the_disk_alone_bytes_leave_memory_when_they_are_written(void **state)
{
    (void)state;
    shown_publish("hls_storage disk;");
    shown_take_segment();
    assert_true(newest()->segment->n_parts > 0);
    shown_until(newest()->is_written);
    assert_int_equal(newest()->segment->n_parts, 0);
    assert_true(shown_exists("live/s-0.ts"));
}

/* ---- what the disk refuses ---- */

static void what_is_refused_is_a_gap_and_comes_back_by_itself(void **state)
{
    (void)state;
    shown_write("live", "a file in the place of the folder");
    shown_publish("hls_window 60;");
    shown_take_segment();
    shown_until(hls_files_lost(shown_hls()) == 1);
    assert_false(newest()->is_on_disk);
    assert_true(newest()->segment->n_parts > 0); /* viewers get it from memory */
    shown_take_segment();
    shown_until(hls_files_lost(shown_hls()) == 2);
    unlink(shown_path("live"));
    shown_take_segment();
    shown_until(newest()->is_written);
    assert_int_equal(hls_files_lost(shown_hls()), 2);
    assert_true(newest()->is_on_disk);
    assert_true(shown_tells("live/s.m3u8", "#EXT-X-GAP\n#EXTINF:1.008, no desc\ns-0.ts\n"));
    assert_true(shown_tells("live/s.m3u8", "#EXT-X-GAP\n#EXTINF:1.008, no desc\ns-1.ts\n"));
    assert_true(shown_tells("live/s.m3u8", "Z\n#EXTINF:1.008, no desc\ns-2.ts\n"));
}

/* One that was lost may be an init segment. */
static void init_segments_are_written_again_after_a_loss(void **state)
{
    (void)state;
    shown_publish("hls_use_fmp4 on; hls_window 60;");
    shown_take_segment();
    shown_until(newest()->is_written);
    shown_write("live/s-1.m4s/x", "a folder in the place of the file");
    unlink(shown_path("live/s/init.mp4"));
    shown_take_segment();
    shown_until(hls_files_lost(shown_hls()) == 1);
    shown_take_segment();
    shown_until(newest()->is_written);
    assert_true(shown_exists("live/s/init.mp4"));
    assert_true(shown_tells("live/s.m3u8", "s-2.m4s\n"));
    assert_true(shown_tells("live/s.m3u8", "#EXT-X-GAP\n"));
}

static void a_key_that_was_lost_is_written_again(void **state)
{
    (void)state;
    shown_write("live", "a file in the place of the folder");
    shown_publish("hls_keys on; hls_fragments_per_key 2;");
    shown_take_segment();
    shown_until(hls_files_lost(shown_hls()) == 1 && !hls_keys_newest(shown_hls()->keys)->is_on_disk);
    unlink(shown_path("live"));
    shown_take_segment();
    shown_until(newest()->is_written);
    assert_true(shown_exists("live/s-0.key"));
}

static void the_view_ends_where_files_are_all_that_counts(void **state)
{
    (void)state;
    shown_write("live", "a file in the place of the folder");
    shown_publish("hls_on_error ignore;");
    shown_take_segment();
    shown_until(hls_files_lost(shown_hls()) == 1);
    assert_true(shown_hls()->viewing->has_failed);
}

/* ---- the end ---- */

static void a_server_that_stops_leaves_the_files_and_a_mark(void **state)
{
    (void)state;
    shown_publish("");
    shown_take_segment();
    shown_until(newest()->is_written);
    shown_stop();
    assert_true(shown_exists("live/s.m3u8") && shown_exists("live/s-0.ts"));
    assert_true(n_files(".hls/streams") > 0);
}

static void without_dispose_there_is_no_mark(void **state)
{
    (void)state;
    shown_publish("hls_dispose 0;");
    shown_take_segment();
    shown_until(newest()->is_written);
    assert_false(shown_exists(".hls"));
}

static void what_is_disposed_of_leaves_nothing(void **state)
{
    (void)state;
    shown_publish("hls_use_fmp4 on; hls_keys on;");
    for (int n = 0; n < 7; n++)
        shown_take_segment();
    shown_until(newest()->is_written);
    hls_files_dispose(shown_hls());
    shown_until(!shown_exists("live/s.m3u8"));
    show_over(shown.show);
    struct viewing *v = shown_hls()->viewing;
    v->by->end(v, VIEW_NOT_WANTED);
    *v = (struct viewing){ 0 };
    assert_true(file_writers_finish(a_while()));
    assert_int_equal(n_files(""), 0);
}

static void other_files_of_the_stream_are_appended_to(void **state)
{
    (void)state;
    char path[SHOWN_PATH_MAX];
    shown_publish("");
    snprintf(path, sizeof path, "%s", shown_path("notes/lines"));
    assert_true(hls_files_append(shown_hls(), path, "one\n", 4));
    assert_true(hls_files_append(shown_hls(), path, "two\n", 4));
    shown_stop();
    assert_string_equal(shown_read("notes/lines"), "one\ntwo\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shown_setup, shown_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_segment_is_there_before_the_playlist_names_it),
        TEST(init_segments_are_written_once_and_before),
        TEST(a_key_is_there_before_its_first_segment),
        TEST(without_files_nothing_is_written),
        TEST(on_the_disk_alone_bytes_leave_memory_when_they_are_written),
        TEST(what_is_refused_is_a_gap_and_comes_back_by_itself),
        TEST(init_segments_are_written_again_after_a_loss),
        TEST(a_key_that_was_lost_is_written_again),
        TEST(the_view_ends_where_files_are_all_that_counts),
        TEST(a_server_that_stops_leaves_the_files_and_a_mark),
        TEST(without_dispose_there_is_no_mark),
        TEST(what_is_disposed_of_leaves_nothing),
        TEST(other_files_of_the_stream_are_appended_to),
    };
    return cmocka_run_group_tests(tests, shown_begin, shown_end);
}
