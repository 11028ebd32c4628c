/* Which segment of a media playlist a pull takes next. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/relay/hls_next.h"
#include "core/clock.h"

enum { TEXT_CAP = 4096 };

/* A playlist of `n` segments of 2 s, the first of which has this number. */
static size_t make(char text[static TEXT_CAP], int64_t first, int n, const char *end)
{
    int len =
        snprintf(text, TEXT_CAP, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%lld\n", (long long)first);
    for (int i = 0; i < n; i++)
        len += snprintf(text + len, TEXT_CAP - (size_t)len, "#EXTINF:2.0,\n%lld.ts\n", (long long)first + i);
    len += snprintf(text + len, TEXT_CAP - (size_t)len, "%s", end);
    return (size_t)len;
}

static void find(int64_t first, int n, const char *end, int64_t from, int64_t wanted, int64_t behind)
{
    char            text[TEXT_CAP], uri[32];
    struct hls_next next;
    size_t          len = make(text, first, n, end);
    assert_true(hls_next_find(&next, text, len, from));
    assert_int_equal(next.is_ended, *end != '\0');
    assert_int_equal(next.target_us, 2 * US_PER_SECOND);
    if (wanted < 0) {
        assert_null(next.uri);
        return;
    }
    snprintf(uri, sizeof uri, "%lld.ts", (long long)wanted);
    assert_string_equal(next.uri, uri);
    assert_int_equal(next.number, wanted);
    assert_int_equal(next.n_behind, behind);
    assert_int_equal(next.duration_us, 2 * US_PER_SECOND);
}

static void a_live_stream_begins_three_segments_before_its_end(void **state)
{
    (void)state;
    for (int n = 3; n < 12; n++)
        find(100, n, "", -1, 100 + n - 3, 2);
    find(100, 2, "", -1, 100, 1);
    find(100, 1, "", -1, 100, 0);
    find(100, 0, "", -1, -1, 0);
}

static void a_complete_stream_begins_with_its_first_segment(void **state)
{
    (void)state;
    find(7, 9, "#EXT-X-ENDLIST\n", -1, 7, 8);
    find(7, 9, "#EXT-X-ENDLIST\n", 15, 15, 0);
    find(7, 9, "#EXT-X-ENDLIST\n", 16, -1, 0);
}

static void segments_follow_by_number(void **state)
{
    (void)state;
    find(10, 5, "", 12, 12, 2);
    find(10, 5, "", 14, 14, 0);
    find(10, 5, "", 15, -1, 0);
    find(10, 5, "", 3, 10, 4); /* those between have left the playlist */
}

static void what_a_segment_needs_is_told(void **state)
{
    (void)state;
    char            text[] = "#EXTM3U\n#EXT-X-TARGETDURATION:9007199254740992\n"
                             "#EXTINF:1,\na.ts\n"
                             "#EXT-X-GAP\n#EXTINF:1,\nb.ts\n"
                             "#EXT-X-MAP:URI=\"i.mp4\"\n#EXT-X-BYTERANGE:10@5\n#EXTINF:1,\nc.m4s\n"
                             "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:1,\nd.m4s\n#EXT-X-ENDLIST\n";
    struct hls_next next;
    for (int64_t n = 0; n < 4; n++) {
        char copy[sizeof text];
        memcpy(copy, text, sizeof text);
        assert_true(hls_next_find(&next, copy, sizeof text - 1, n));
        assert_int_equal(next.number, n);
        assert_int_equal(next.is_gap, n == 1);
        assert_int_equal(next.map_uri != NULL, n >= 2);
        assert_int_equal(next.key.method, n == 3 ? HLS_KEY_AES_128 : HLS_KEY_NONE);
        assert_int_equal(next.range.len, n == 2 ? 10 : 0);
        assert_int_equal(next.target_us, HLS_NEXT_TARGET_MAX_S * US_PER_SECOND);
    }
}

static void other_texts_are_no_media_playlists(void **state)
{
    (void)state;
    struct hls_next next;
    char bad[] = "#EXTM3U\na.ts\n", master[] = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n", html[] = "<html>\n";
    assert_false(hls_next_find(&next, bad, sizeof bad - 1, -1));
    assert_false(hls_next_find(&next, master, sizeof master - 1, -1));
    assert_false(hls_next_find(&next, html, sizeof html - 1, -1));
}

static void lines_are_counted_to_a_bound(void **state)
{
    (void)state;
    assert_false(hls_next_has_more_lines("", 0, 0));
    assert_true(hls_next_has_more_lines("a", 1, 0));
    assert_false(hls_next_has_more_lines("a\nb", 3, 2));
    assert_false(hls_next_has_more_lines("a\nb\n", 4, 2));
    assert_true(hls_next_has_more_lines("a\nb\nc", 5, 2));
    assert_true(hls_next_has_more_lines("\n\n\n", 3, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_live_stream_begins_three_segments_before_its_end),
        cmocka_unit_test(a_complete_stream_begins_with_its_first_segment),
        cmocka_unit_test(segments_follow_by_number),
        cmocka_unit_test(what_a_segment_needs_is_told),
        cmocka_unit_test(other_texts_are_no_media_playlists),
        cmocka_unit_test(lines_are_counted_to_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
