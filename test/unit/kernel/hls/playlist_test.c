/* The text of media playlists, line by line. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "kernel/hls/playlist.h"

enum { S = 1000000, TEXT_MAX = 64 << 10 };

/* 2026-11-30T05:32:31.123Z */
static const int64_t WALL_US = INT64_C(1796016751123456);

/* Write a playlist and compare the text as a whole. */
static void assert_written(const struct hls_playlist *p, const char *expected)
{
    struct hls_text t = hls_text_up_to(TEXT_MAX);
    hls_playlist_write(&t, p);
    assert_null(hls_text_error(&t));
    assert_string_equal(t.text.bytes, expected);
    hls_text_finish(&t);
}

static void a_plain_playlist_has_the_form_of_srs(void **state)
{
    (void)state;
    struct hls_segment s[] = {
        { .uri = "livestream-5.ts", .duration_us = 680 * 1000 },
        { .uri = "livestream-6.ts", .duration_us = 2 * S, .discontinuity = true },
    };
    struct hls_playlist p = { .media_sequence = 5, .target_duration_s = 2, .segments = s, .n_segments = 2 };
    assert_written(&p, "#EXTM3U\n"
                       "#EXT-X-VERSION:3\n"
                       "#EXT-X-MEDIA-SEQUENCE:5\n"
                       "#EXT-X-TARGETDURATION:2\n"
                       "#EXTINF:0.680, no desc\n"
                       "livestream-5.ts\n"
                       "#EXT-X-DISCONTINUITY\n"
                       "#EXTINF:2.000, no desc\n"
                       "livestream-6.ts\n");
}

static void tags_of_the_whole_playlist_follow_those_of_srs(void **state)
{
    (void)state;
    struct hls_segment  s[] = { { .uri = "a.ts", .duration_us = 2 * S, .wall_us = WALL_US, .bitrate_bps = 2000400 } };
    struct hls_playlist p = { .media_sequence = 7,
                              .discontinuity_sequence = 3,
                              .target_duration_s = 2,
                              .type = HLS_PLAYLIST_VOD,
                              .independent = true,
                              .end = true,
                              .segments = s,
                              .n_segments = 1,
                              .hint = { .uri = "b.ts" } };
    assert_written(&p, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-TARGETDURATION:2\n"
                       "#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
                       "#EXT-X-INDEPENDENT-SEGMENTS\n"
                       "#EXT-X-PLAYLIST-TYPE:VOD\n"
                       "#EXT-X-PROGRAM-DATE-TIME:2026-11-30T05:32:31.123Z\n"
                       "#EXT-X-BITRATE:2000\n"
                       "#EXTINF:2.000, no desc\na.ts\n"
                       "#EXT-X-ENDLIST\n");
}

static void a_duration_is_rounded_to_the_nearest_millisecond(void **state)
{
    (void)state;
    struct hls_segment  s[] = { { .uri = "a", .duration_us = 1999499 }, { .uri = "b", .duration_us = 1999500 } };
    struct hls_playlist p = { .target_duration_s = 2, .segments = s, .n_segments = 2 };
    assert_written(&p, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:2\n"
                       "#EXTINF:1.999, no desc\na\n#EXTINF:2.000, no desc\nb\n");
}

#define KEY_HEAD "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:1\n"

static void a_key_stands_before_the_first_segment_and_wherever_it_changes(void **state)
{
    (void)state;
    struct hls_key k1 = { .method = HLS_KEY_AES_128, .uri = "a-0.key", .has_iv = true, .iv = { 0, 0xAB, [15] = 0x1F } };
    struct hls_key same = k1, other = k1;
    other.iv[15]++;
    struct hls_segment s[] = {
        { .uri = "1", .duration_us = S, .key = &k1 },
        { .uri = "2", .duration_us = S, .key = &same },
        { .uri = "3", .duration_us = S, .key = &other },
        { .uri = "4", .duration_us = S },
        { .uri = "5", .duration_us = S },
    };
    struct hls_playlist p = { .target_duration_s = 1, .segments = s, .n_segments = ARRAY_LEN(s) };
    assert_written(&p, KEY_HEAD "#EXT-X-KEY:METHOD=AES-128,URI=\"a-0.key\",IV=0x00AB000000000000000000000000001F\n"
                                "#EXTINF:1.000, no desc\n1\n#EXTINF:1.000, no desc\n2\n"
                                "#EXT-X-KEY:METHOD=AES-128,URI=\"a-0.key\",IV=0x00AB0000000000000000000000000020\n"
                                "#EXTINF:1.000, no desc\n3\n"
                                "#EXT-X-KEY:METHOD=NONE\n"
                                "#EXTINF:1.000, no desc\n4\n#EXTINF:1.000, no desc\n5\n");
    p.segments++; /* The segment that brought the key has left the window: the key stands before the next. */
    p.n_segments = 1;
    assert_written(&p, KEY_HEAD "#EXT-X-KEY:METHOD=AES-128,URI=\"a-0.key\",IV=0x00AB000000000000000000000000001F\n"
                                "#EXTINF:1.000, no desc\n2\n");
}

static void a_key_does_not_apply_to_the_initialization_section(void **state)
{
    (void)state;
    struct hls_key     k = { .method = HLS_KEY_AES_128, .uri = "k" };
    struct hls_map     m1 = { .uri = "init-1.mp4" }, m2 = { .uri = "init-2.mp4", .range = { 10, 20 } };
    struct hls_segment s[] = {
        { .uri = "1", .duration_us = S, .key = &k, .map = &m1 },
        { .uri = "2", .duration_us = S, .key = &k, .map = &m1 },
        { .uri = "3", .duration_us = S, .key = &k, .map = &m2, .discontinuity = true },
    };
    struct hls_playlist p = { .target_duration_s = 1, .segments = s, .n_segments = ARRAY_LEN(s) };
    assert_written(&p, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:1\n"
                       "#EXT-X-MAP:URI=\"init-1.mp4\"\n"
                       "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n"
                       "#EXTINF:1.000, no desc\n1\n#EXTINF:1.000, no desc\n2\n"
                       "#EXT-X-DISCONTINUITY\n"
                       "#EXT-X-KEY:METHOD=NONE\n"
                       "#EXT-X-MAP:URI=\"init-2.mp4\",BYTERANGE=\"20@10\"\n"
                       "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n"
                       "#EXTINF:1.000, no desc\n3\n");
}

static void the_version_is_the_least_that_allows_the_content(void **state)
{
    (void)state;
    struct hls_key      aes = { .method = HLS_KEY_AES_128, .uri = "k", .has_iv = true };
    struct hls_key      sample = { .method = HLS_KEY_SAMPLE_AES, .uri = "k" };
    struct hls_key      format = { .method = HLS_KEY_AES_128, .uri = "k", .keyformat = "com.example" };
    struct hls_map      map = { .uri = "init.mp4" };
    struct hls_segment  s = { .uri = "a", .duration_us = S };
    struct hls_playlist p = { .segments = &s, .n_segments = 1 };
    assert_int_equal(hls_playlist_version(&p), 3);
    s.key = &aes;
    assert_int_equal(hls_playlist_version(&p), 3);
    s.range.len = 10;
    assert_int_equal(hls_playlist_version(&p), 4);
    s.key = &sample;
    assert_int_equal(hls_playlist_version(&p), 5);
    s.key = &format;
    assert_int_equal(hls_playlist_version(&p), 5);
    s.map = &map;
    assert_int_equal(hls_playlist_version(&p), 6);
    p.skip = 1;
    assert_int_equal(hls_playlist_version(&p), 9);
    p.skip_dateranges = true;
    assert_int_equal(hls_playlist_version(&p), 10);
    struct hls_segment  open = { .map = &map };
    struct hls_playlist young = { .open = &open };
    assert_int_equal(hls_playlist_version(&young), 6);
}

static void low_latency_tags(void **state)
{
    (void)state;
    struct hls_part parts[] = {
        { .uri = "s-8.0.m4s", .duration_us = 200 * 1000, .independent = true },
        { .uri = "s-8.1.m4s", .duration_us = 199977 },
        { .uri = "s-8.m4s", .duration_us = 200 * 1000, .range = { 1000, 500 }, .gap = true },
    };
    struct hls_segment  s[] = { { .uri = "s-7.m4s", .duration_us = S, .parts = parts, .n_parts = 1 } };
    struct hls_segment  open = { .parts = parts, .n_parts = 3, .wall_us = WALL_US, .discontinuity = true };
    struct hls_report   reports[] = { { .uri = "b.m3u8", .last_msn = 8, .last_part = 2 },
                                      { .uri = "c.m3u8", .last_msn = 7, .last_part = -1 } };
    struct hls_playlist p = { .media_sequence = 7,
                              .target_duration_s = 1,
                              .can_block_reload = true,
                              .can_skip_dateranges = true,
                              .part_target_us = 200 * 1000,
                              .part_hold_back_us = 600 * 1000,
                              .hold_back_us = 3 * S,
                              .can_skip_until_us = 6 * S,
                              .segments = s,
                              .n_segments = 1,
                              .open = &open,
                              .hint = { .uri = "s-8.3.m4s" },
                              .reports = reports,
                              .n_reports = 2 };
    assert_written(&p, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-TARGETDURATION:1\n"
                       "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6.000,CAN-SKIP-DATERANGES=YES,"
                       "HOLD-BACK=3.000,PART-HOLD-BACK=0.600\n"
                       "#EXT-X-PART-INF:PART-TARGET=0.200\n"
                       "#EXT-X-PART:DURATION=0.200,URI=\"s-8.0.m4s\",INDEPENDENT=YES\n"
                       "#EXTINF:1.000, no desc\ns-7.m4s\n"
                       "#EXT-X-DISCONTINUITY\n"
                       "#EXT-X-PROGRAM-DATE-TIME:2026-11-30T05:32:31.123Z\n"
                       "#EXT-X-PART:DURATION=0.200,URI=\"s-8.0.m4s\",INDEPENDENT=YES\n"
                       "#EXT-X-PART:DURATION=0.199977,URI=\"s-8.1.m4s\"\n"
                       "#EXT-X-PART:DURATION=0.200,URI=\"s-8.m4s\",BYTERANGE=\"500@1000\",GAP=YES\n"
                       "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"s-8.3.m4s\"\n"
                       "#EXT-X-RENDITION-REPORT:URI=\"b.m3u8\",LAST-MSN=8,LAST-PART=2\n"
                       "#EXT-X-RENDITION-REPORT:URI=\"c.m3u8\",LAST-MSN=7\n");
}

static void a_low_latency_playlist_without_an_open_segment_does_not_end_in_a_uri(void **state)
{
    (void)state;
    struct hls_segment  s[] = { { .uri = "s-7.m4s", .duration_us = S } };
    struct hls_playlist p = {
        .media_sequence = 7, .target_duration_s = 1, .part_target_us = 200 * 1000, .segments = s, .n_segments = 1
    };
    assert_written(&p, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-TARGETDURATION:1\n"
                       "#EXT-X-PART-INF:PART-TARGET=0.200\n"
                       "#EXTINF:1.000, no desc\ns-7.m4s\n"
                       "# no segment is open\n");
}

static void a_hint_may_be_a_byte_range_whose_end_is_open(void **state)
{
    (void)state;
    struct hls_playlist p = {
        .target_duration_s = 1,
        .hint = { .uri = "s.m4s", .offset = 500 },
        .hint_map = { .uri = "i.mp4", .offset = 0, .len = 9 },
    };
    assert_written(&p, KEY_HEAD "#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"i.mp4\",BYTERANGE-START=0,BYTERANGE-LENGTH=9\n"
                                "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"s.m4s\",BYTERANGE-START=500\n");
}

static void parts_are_listed_up_to_three_target_durations_from_the_end(void **state)
{
    (void)state;
    struct hls_part     part = { .uri = "p", .duration_us = S };
    struct hls_segment  s[] = { { .uri = "1", .duration_us = S, .parts = &part, .n_parts = 1 },
                                { .uri = "2", .duration_us = S, .parts = &part, .n_parts = 1 },
                                { .uri = "3", .duration_us = S, .parts = &part, .n_parts = 1 },
                                { .uri = "4", .duration_us = S, .parts = &part, .n_parts = 1 } };
    struct hls_playlist p = { .target_duration_s = 1, .segments = s, .n_segments = 4 };
    assert_written(&p, KEY_HEAD "#EXTINF:1.000, no desc\n1\n"
                                "#EXT-X-PART:DURATION=1.000,URI=\"p\"\n#EXTINF:1.000, no desc\n2\n"
                                "#EXT-X-PART:DURATION=1.000,URI=\"p\"\n#EXTINF:1.000, no desc\n3\n"
                                "#EXT-X-PART:DURATION=1.000,URI=\"p\"\n#EXTINF:1.000, no desc\n4\n");
}

static void a_delta_update_leaves_out_old_segments_and_restates_what_applies(void **state)
{
    (void)state;
    struct hls_key       k = { .method = HLS_KEY_SAMPLE_AES, .uri = "k" };
    struct hls_map       m = { .uri = "i.mp4" };
    struct hls_segment   s[9];
    struct hls_daterange ranges[] = {
        { .id = "old", .start_wall_us = WALL_US, .duration_us = -1, .planned_duration_us = -1, .old = true },
        { .id = "new", .start_wall_us = WALL_US, .duration_us = -1, .planned_duration_us = -1 },
    };
    const char *const removed[] = { "gone\t1", "gone \"2\"" };
    for (size_t i = 0; i < ARRAY_LEN(s); i++)
        s[i] = (struct hls_segment){ .uri = "s.m4s", .duration_us = S, .key = &k, .map = &m };
    struct hls_playlist p = { .target_duration_s = 1,
                              .can_skip_until_us = 6 * S,
                              .segments = s,
                              .n_segments = ARRAY_LEN(s),
                              .dateranges = ranges,
                              .n_dateranges = 2,
                              .skip_dateranges = true,
                              .removed_dateranges = removed,
                              .n_removed_dateranges = 2 };
    assert_int_equal(hls_playlist_skippable(&p), 3);
    p.skip = 8;
    assert_written(&p, "#EXTM3U\n#EXT-X-VERSION:10\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:1\n"
                       "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=6.000\n"
                       "#EXT-X-SKIP:SKIPPED-SEGMENTS=8,RECENTLY-REMOVED-DATERANGES=\"gone1\tgone '2'\"\n"
                       "#EXT-X-DATERANGE:ID=\"new\",START-DATE=\"2026-11-30T05:32:31.123Z\"\n"
                       "#EXT-X-MAP:URI=\"i.mp4\"\n"
                       "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n"
                       "#EXTINF:1.000, no desc\ns.m4s\n");
    p.n_removed_dateranges = p.n_dateranges = 0; /* The attribute says that none was removed. */
    assert_written(&p, "#EXTM3U\n#EXT-X-VERSION:10\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:1\n"
                       "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=6.000\n"
                       "#EXT-X-SKIP:SKIPPED-SEGMENTS=8,RECENTLY-REMOVED-DATERANGES=\"\"\n"
                       "#EXT-X-MAP:URI=\"i.mp4\"\n"
                       "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n"
                       "#EXTINF:1.000, no desc\ns.m4s\n");
}

static void the_skip_boundary_counts_from_the_last_part(void **state)
{
    (void)state;
    struct hls_part     part = { .uri = "p", .duration_us = S / 2 };
    struct hls_segment  s[] = { { .duration_us = S }, { .duration_us = S }, { .duration_us = S } };
    struct hls_segment  open = { .parts = &part, .n_parts = 1 };
    struct hls_playlist p = { .can_skip_until_us = 2 * S + S / 2, .segments = s, .n_segments = 3 };
    assert_int_equal(hls_playlist_skippable(&p), 0);
    p.open = &open;
    assert_int_equal(hls_playlist_skippable(&p), 1);
    p.can_skip_until_us = 0;
    assert_int_equal(hls_playlist_skippable(&p), 0);
}

static void date_ranges_with_all_their_attributes(void **state)
{
    (void)state;
    static const uint8_t       cue[] = { 0xFC, 0x30 };
    const struct hls_attribute attributes[] = { { "X-TITLE", "say \"hi\"\nnow" },
                                                { "DURATION", "1" },
                                                { "X-low", "1" } };
    struct hls_daterange       d = { .id = "cue-1",
                                     .class_name = "org.example",
                                     .start_wall_us = WALL_US,
                                     .duration_us = 30 * S,
                                     .planned_duration_us = 30 * S + 500 * 1000,
                                     .scte35_cmd = cue,
                                     .scte35_cmd_len = 1,
                                     .scte35_out = cue,
                                     .scte35_out_len = 2,
                                     .scte35_in = cue,
                                     .scte35_in_len = 2,
                                     .attributes = attributes,
                                     .n_attributes = 3 };
    struct hls_playlist        p = { .target_duration_s = 1, .dateranges = &d, .n_dateranges = 1 };
    assert_written(&p, KEY_HEAD "#EXT-X-DATERANGE:ID=\"cue-1\",CLASS=\"org.example\","
                                "START-DATE=\"2026-11-30T05:32:31.123Z\",DURATION=30.000,PLANNED-DURATION=30.500,"
                                "SCTE35-CMD=0xFC,SCTE35-OUT=0xFC30,SCTE35-IN=0xFC30,X-TITLE=\"say 'hi' now\"\n");
}

static void gaps_and_byte_ranges_of_segments(void **state)
{
    (void)state;
    struct hls_segment  s = { .uri = "a.ts", .duration_us = S, .gap = true, .range = { 100, 50 } };
    struct hls_playlist p = { .target_duration_s = 1, .segments = &s, .n_segments = 1 };
    assert_written(&p, "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:1\n"
                       "#EXT-X-GAP\n#EXT-X-BYTERANGE:50@100\n#EXTINF:1.000, no desc\na.ts\n");
}

static void the_target_duration_fits_rounded_segments(void **state)
{
    (void)state;
    struct hls_segment s[] = { { .duration_us = 2 * S + 2000 }, { .duration_us = 2 * S + 499499 } };
    assert_int_equal(hls_playlist_target_s(s, 1, 0), 2);
    assert_int_equal(hls_playlist_target_s(s, 2, 0), 2);
    s[1].duration_us++; /* EXTINF says 2.500 */
    assert_int_equal(hls_playlist_target_s(s, 2, 0), 3);
    assert_int_equal(hls_playlist_target_s(s, 2, 3 * S), 3);
    assert_int_equal(hls_playlist_target_s(s, 2, 3 * S + 1), 4);
    assert_int_equal(hls_playlist_target_s(s, 0, 0), 1);
}

static void too_long_a_playlist_is_an_error(void **state)
{
    (void)state;
    struct hls_segment  s = { .uri = "a.ts", .duration_us = S };
    struct hls_playlist p = { .target_duration_s = 1, .segments = &s, .n_segments = 1 };
    struct hls_text     t = hls_text_up_to(60);
    hls_playlist_write(&t, &p);
    struct err *e = hls_text_error(&t);
    assert_int_equal(err_code(e), E_LIMIT);
    err_free(e);
    hls_text_finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_playlist_has_the_form_of_srs),
        cmocka_unit_test(tags_of_the_whole_playlist_follow_those_of_srs),
        cmocka_unit_test(a_duration_is_rounded_to_the_nearest_millisecond),
        cmocka_unit_test(a_key_stands_before_the_first_segment_and_wherever_it_changes),
        cmocka_unit_test(a_key_does_not_apply_to_the_initialization_section),
        cmocka_unit_test(the_version_is_the_least_that_allows_the_content),
        cmocka_unit_test(low_latency_tags),
        cmocka_unit_test(a_low_latency_playlist_without_an_open_segment_does_not_end_in_a_uri),
        cmocka_unit_test(a_hint_may_be_a_byte_range_whose_end_is_open),
        cmocka_unit_test(parts_are_listed_up_to_three_target_durations_from_the_end),
        cmocka_unit_test(a_delta_update_leaves_out_old_segments_and_restates_what_applies),
        cmocka_unit_test(the_skip_boundary_counts_from_the_last_part),
        cmocka_unit_test(date_ranges_with_all_their_attributes),
        cmocka_unit_test(gaps_and_byte_ranges_of_segments),
        cmocka_unit_test(the_target_duration_fits_rounded_segments),
        cmocka_unit_test(too_long_a_playlist_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
