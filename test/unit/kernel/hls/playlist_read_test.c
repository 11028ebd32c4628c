/* What is read of a playlist: of ours, of those of SRS, and of texts that are none. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "kernel/hls/playlist_read.h"

enum { S = 1000000, TEXT_MAX = 64 << 10 };

static const char srs[] = "#EXTM3U\n"
                          "#EXT-X-VERSION:3\n"
                          "#EXT-X-MEDIA-SEQUENCE:5\n"
                          "#EXT-X-TARGETDURATION:2\n"
                          "#EXTINF:0.680, no desc\n"
                          "livestream-5.ts\n"
                          "#EXT-X-DISCONTINUITY\n"
                          "#EXT-X-KEY:METHOD=AES-128,URI=\"livestream-6.key\",IV=0x00ab000000000000000000000000001F\n"
                          "#EXTINF:2.000, no desc\n"
                          "livestream-6.ts\n"
                          "#EXTINF:2.000, no desc\n"
                          "livestream-7.ts\n";

/* Begin to read a copy of the text, of exactly its length, which the caller frees. */
static char *begin(struct hls_playlist_reader *r, const char *text, size_t len)
{
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    hls_playlist_reader_init(r, copy, len);
    return copy;
}

static void reads_a_playlist_of_srs(void **state)
{
    (void)state;
    struct hls_playlist_reader r;
    struct hls_segment         s;
    char                      *text = begin(&r, srs, strlen(srs));
    assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_SEGMENT);
    assert_int_equal(r.version, 3);
    assert_int_equal(r.media_sequence, 5);
    assert_int_equal(r.target_duration_s, 2);
    assert_int_equal(r.discontinuity_sequence, 0);
    assert_string_equal(s.uri, "livestream-5.ts");
    assert_int_equal(s.duration_us, 680 * 1000);
    assert_false(s.discontinuity);
    assert_null(s.key);
    assert_null(s.map);
    assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_SEGMENT);
    assert_string_equal(s.uri, "livestream-6.ts");
    assert_true(s.discontinuity);
    assert_non_null(s.key);
    assert_int_equal(s.key->method, HLS_KEY_AES_128);
    assert_string_equal(s.key->uri, "livestream-6.key");
    assert_true(s.key->has_iv);
    assert_int_equal(s.key->iv[1], 0xAB);
    assert_int_equal(s.key->iv[15], 0x1F);
    assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_SEGMENT);
    assert_false(s.discontinuity);
    assert_non_null(s.key);
    assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_END);
    assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_END);
    assert_int_equal(r.n_read, 3);
    free(text);
}

static void what_we_write_is_read_again(void **state)
{
    (void)state;
    const int64_t      wall_us = INT64_C(1796016751123000);
    struct hls_key     key = { .method = HLS_KEY_SAMPLE_AES, .uri = "k", .uri_kind = HLS_URI_KEY, .keyformat = "x.y" };
    struct hls_map     map = { .uri = "i,1.mp4", .range = { 10, 20 } };
    struct hls_part    part = { .uri = "p", .duration_us = S };
    struct hls_segment wrote[] = {
        { .uri = "1.m4s", .duration_us = 1001 * 1000, .map = &map, .wall_us = wall_us, .parts = &part, .n_parts = 1 },
        { .uri = "2.m4s", .duration_us = S, .key = &key, .map = &map, .gap = true, .range = { 7, 5 } },
        { .uri = "3.m4s", .duration_us = S, .map = &map, .discontinuity = true },
    };
    struct hls_playlist p = { .media_sequence = 42,
                              .discontinuity_sequence = 7,
                              .target_duration_s = 2,
                              .part_target_us = S,
                              .can_block_reload = true,
                              .independent = true,
                              .segments = wrote,
                              .n_segments = 3,
                              .end = true };
    struct hls_text     t = hls_text_up_to(TEXT_MAX);
    hls_playlist_write(&t, &p);
    struct hls_playlist_reader r;
    struct hls_segment         s;
    char                      *text = begin(&r, t.text.bytes, t.text.len);
    for (size_t i = 0; i < ARRAY_LEN(wrote); i++) {
        assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_SEGMENT);
        assert_string_equal(s.uri, wrote[i].uri);
        assert_int_equal(s.duration_us, wrote[i].duration_us);
        assert_int_equal(s.wall_us, wrote[i].wall_us);
        assert_int_equal(s.discontinuity, wrote[i].discontinuity);
        assert_int_equal(s.gap, wrote[i].gap);
        assert_int_equal(s.range.len, wrote[i].range.len);
        assert_int_equal(s.range.offset, wrote[i].range.offset);
        assert_true(hls_key_is_same(s.key, wrote[i].key));
        assert_string_equal(s.map->uri, map.uri);
        assert_int_equal(s.map->range.len, 20);
        assert_int_equal(s.map->range.offset, 10);
    }
    assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_END);
    assert_true(r.ended && r.independent);
    assert_int_equal(r.media_sequence, 42);
    assert_int_equal(r.discontinuity_sequence, 7);
    free(text);
    hls_text_finish(&t);
}

static void a_text_that_was_cut_gives_the_segments_before_the_cut(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(srs); len++) {
        struct hls_playlist_reader r;
        struct hls_segment         s;
        char                      *text = begin(&r, srs, len);
        int                        n = 0, expected = 0;
        for (const char *end = srs; (end = strstr(end, ".ts\n")) && end + 4 <= srs + len; end++)
            expected++;
        enum hls_read result;
        while ((result = hls_playlist_read(&r, &s)) == HLS_READ_SEGMENT)
            n++;
        assert_int_equal(n, expected);
        assert_int_equal(result, len < strlen("#EXTM3U\n") ? HLS_READ_BAD : HLS_READ_END);
        free(text);
    }
}

static void lines_may_end_as_on_windows_and_unknown_tags_are_skipped(void **state)
{
    (void)state;
    static const char          crlf[] = "#EXTM3U\r\n\r\n# comment\r\n#EXT-X-FOO:BAR\r\n#EXTINF:3,\r\na.ts\r\n";
    struct hls_playlist_reader r;
    struct hls_segment         s;
    char                      *text = begin(&r, crlf, strlen(crlf));
    assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_SEGMENT);
    assert_string_equal(s.uri, "a.ts");
    assert_int_equal(s.duration_us, 3 * S);
    assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_END);
    free(text);
}

/* Read the first segment of a playlist with these lines in front of its EXTINF. */
static enum hls_read read_with(const char *lines, struct hls_segment *s)
{
    static char                       text[1000];
    static struct hls_playlist_reader r;
    int                               len = snprintf(text, sizeof text, "#EXTM3U\n%s\n#EXTINF:1.0,\na.ts\n", lines);
    assert_true(len > 0 && (size_t)len < sizeof text);
    hls_playlist_reader_init(&r, text, (size_t)len);
    return hls_playlist_read(&r, s);
}

static void dates_of_other_zones(void **state)
{
    (void)state;
    static const char *const same[] = { "2026-11-30T05:32:31.123Z", "2026-11-30T07:32:31.123+02:00",
                                        "2026-11-30T00:02:31.123000-0530" };
    struct hls_segment       s;
    char                     line[100];
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        snprintf(line, sizeof line, "#EXT-X-PROGRAM-DATE-TIME:%s", same[i]);
        assert_int_equal(read_with(line, &s), HLS_READ_SEGMENT);
        assert_int_equal(s.wall_us, INT64_C(1796016751123000));
    }
    assert_int_equal(read_with("#EXT-X-PROGRAM-DATE-TIME:yesterday", &s), HLS_READ_SEGMENT);
    assert_int_equal(s.wall_us, 0);
}

static void byte_ranges_follow_one_another(void **state)
{
    (void)state;
    static const char          ranges[] = "#EXTM3U\n#EXT-X-BYTERANGE:100@50\n#EXTINF:1,\na.ts\n"
                                          "#EXT-X-BYTERANGE:30\n#EXTINF:1,\na.ts\n";
    struct hls_playlist_reader r;
    struct hls_segment         s;
    char                      *text = begin(&r, ranges, strlen(ranges));
    assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_SEGMENT);
    assert_int_equal(s.range.offset, 50);
    assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_SEGMENT);
    assert_int_equal(s.range.offset, 150);
    assert_int_equal(s.range.len, 30);
    free(text);
}

static void what_cannot_be_read_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "#EXT-X-MEDIA-SEQUENCE:-1",
        "#EXT-X-MEDIA-SEQUENCE:",
        "#EXT-X-MEDIA-SEQUENCE:9007199254740993",
        "#EXT-X-MEDIA-SEQUENCE:99999999999999999999999999",
        "#EXT-X-MEDIA-SEQUENCE:1x",
        "#EXT-X-DISCONTINUITY-SEQUENCE:x",
        "#EXT-X-TARGETDURATION:2.5",
        "#EXT-X-STREAM-INF:BANDWIDTH=1",
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=3",
        "#EXTINF:x,",
        "#EXTINF:1e3,",
        "#EXTINF:86401,",
        "#EXTINF:86400.1,",
        "a-uri-without-a-duration.ts",
        "#EXT-X-KEY:METHOD=AES-128",
        "#EXT-X-KEY:URI=\"k\"",
        "#EXT-X-KEY:METHOD=ROT13,URI=\"k\"",
        "#EXT-X-KEY:METHOD=AES-128,URI=\"k",
        "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"x",
        "#EXT-X-KEY:METHOD=AES-128,URI",
        "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x12",
        "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x0000000000000000000000000000000g",
        "#EXT-X-MAP:BYTERANGE=\"1@2\"",
        "#EXT-X-MAP:URI=\"i\",BYTERANGE=\"x\"",
        "#EXT-X-BYTERANGE:0@1",
        "#EXT-X-BYTERANGE:1@x",
        "#EXT-X-BYTERANGE:9007199254740992@1",
    };
    struct hls_segment s;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (read_with(bad[i], &s) != HLS_READ_BAD)
            fail_msg("%s is taken", bad[i]);
}

static void a_text_with_a_zero_byte_or_another_head_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t      len;
    } rows[] = { { "", 0 }, { "#EXTM3U", 7 }, { "#EXTM3U8\n", 9 }, { "<html>\n", 7 }, { "#EXTM3U\n\0\n", 10 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct hls_playlist_reader r;
        struct hls_segment         s;
        char                      *text = begin(&r, rows[i].text, rows[i].len);
        assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_BAD);
        assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_BAD);
        free(text);
    }
}

/* Writes what is told again, so that the texts show it. */
static void write_range(void *arg, const struct hls_daterange *d)
{
    struct hls_segment  s = { .uri = "s.ts", .duration_us = S };
    struct hls_playlist p = {
        .target_duration_s = 1, .segments = &s, .n_segments = 1, .dateranges = d, .n_dateranges = 1
    };
    hls_text_clear(arg);
    hls_playlist_write(arg, &p);
}

static void date_ranges_are_told(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "ID=\"a\",CLASS=\"ad\",START-DATE=\"2026-11-30T05:32:31.123Z\",DURATION=30.500,X-TYPE=\"event\",X-N=\"1, 2\"",
        "ID=\"splice-1\",START-DATE=\"2026-11-30T05:32:31.123Z\",PLANNED-DURATION=30.000,SCTE35-OUT=0xFC3011",
        "ID=\"splice-1\",START-DATE=\"2026-11-30T05:32:31.123Z\",DURATION=29.960001,SCTE35-IN=0xFC00",
        "ID=\"\",START-DATE=\"2026-11-30T05:32:31.123Z\",SCTE35-CMD=0x00",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct hls_playlist_reader r;
        struct hls_segment         s;
        struct hls_text            t = hls_text_up_to(TEXT_MAX);
        char                       playlist[512], want[512];
        int len = snprintf(playlist, sizeof playlist, "#EXTM3U\n#EXT-X-DATERANGE:%s\n#EXTINF:1,\ns.ts\n", rows[i]);
        snprintf(want, sizeof want, "\n#EXT-X-DATERANGE:%s\n", rows[i]);
        char *text = begin(&r, playlist, (size_t)len);
        r.on_daterange = write_range;
        r.arg = &t;
        assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_SEGMENT);
        assert_non_null(strstr(t.text.bytes, want));
        hls_text_finish(&t);
        free(text);
    }
}

static void count_range(void *arg, const struct hls_daterange *d)
{
    (void)d;
    ++*(int *)arg;
}

static void date_ranges_that_say_nothing_are_skipped(void **state)
{
    (void)state;
    static const char text[] =
        "#EXTM3U\n"
        "#EXT-X-DATERANGE:ID=\"a\"\n"
        "#EXT-X-DATERANGE:START-DATE=\"2026-11-30T05:32:31.123Z\"\n"
        "#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"yesterday\"\n"
        "#EXT-X-DATERANGE:ID=\"a,START-DATE=2026-11-30T05:32:31.123Z\n"
        "#EXT-X-DATERANGE:\n"
        "#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"2026-11-30T05:32:31.123Z\",SCTE35-OUT=0xF,DURATION=x\n"
        "#EXTINF:1,\ns.ts\n";
    struct hls_playlist_reader r;
    struct hls_segment         s;
    int                        n = 0;
    char                      *copy = begin(&r, text, strlen(text));
    r.on_daterange = count_range;
    r.arg = &n;
    assert_int_equal(hls_playlist_read(&r, &s), HLS_READ_SEGMENT);
    assert_int_equal(n, 1); /* the last one, without what cannot be read */
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_playlist_of_srs),
        cmocka_unit_test(what_we_write_is_read_again),
        cmocka_unit_test(a_text_that_was_cut_gives_the_segments_before_the_cut),
        cmocka_unit_test(lines_may_end_as_on_windows_and_unknown_tags_are_skipped),
        cmocka_unit_test(dates_of_other_zones),
        cmocka_unit_test(byte_ranges_follow_one_another),
        cmocka_unit_test(what_cannot_be_read_is_refused),
        cmocka_unit_test(a_text_with_a_zero_byte_or_another_head_is_none),
        cmocka_unit_test(date_ranges_are_told),
        cmocka_unit_test(date_ranges_that_say_nothing_are_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
