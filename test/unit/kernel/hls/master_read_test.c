/* Which variant is chosen of a master playlist, and what is none. */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"
#include "kernel/hls/master_read.h"

/* Choose in a copy of the text, of exactly its length, and compare the URI; NULL: nothing is chosen. */
static struct hls_choice choose(const char *text, size_t len, const char *wanted)
{
    struct hls_choice c;
    char             *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    bool chosen = hls_master_choose(&c, copy, len);
    assert_int_equal(chosen, wanted != NULL);
    if (wanted)
        assert_string_equal(c.uri, wanted);
    c.uri = NULL;
    free(copy);
    return c;
}

static const char two[] = "#EXTM3U\n"
                          "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",URI=\"a.m3u8\"\r\n"
                          "#EXT-X-STREAM-INF:BANDWIDTH=100,CODECS=\"avc1.42e00a,mp4a.40.2\"\r\n"
                          "low.m3u8\r\n"
                          "#EXT-X-STREAM-INF:CODECS=\"a,BANDWIDTH=9999,b\",AUDIO=\"a\",BANDWIDTH=2000\n"
                          "\n"
                          "# a comment\n"
                          "high.m3u8?k=v\n"
                          "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,URI=\"i.m3u8\"\n"
                          "#EXT-X-STREAM-INF:BANDWIDTH=2000\n"
                          "same.m3u8\n";

static void the_highest_bandwidth_is_chosen(void **state)
{
    (void)state;
    struct hls_choice c = choose(two, strlen(two), "high.m3u8?k=v");
    assert_int_equal(c.bandwidth_bps, 2000);
    assert_true(c.has_audio_elsewhere);
    assert_true(hls_is_master(two, strlen(two)));
}

static void a_cut_text_gives_the_variants_before_the_cut(void **state)
{
    (void)state;
    size_t first = (size_t)(strstr(two, "low.m3u8\r\n") - two) + strlen("low.m3u8\r\n");
    size_t second = (size_t)(strstr(two, "high.m3u8?k=v\n") - two) + strlen("high.m3u8?k=v\n");
    for (size_t len = 0; len <= strlen(two); len++)
        choose(two, len, len < first ? NULL : len < second ? "low.m3u8" : "high.m3u8?k=v");
}

static void what_cannot_be_read_is_skipped(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "BANDWIDTH",
                                       "BANDWIDTH=",
                                       "BANDWIDTH=0",
                                       "BANDWIDTH=-5",
                                       "BANDWIDTH=5x",
                                       "BANDWIDTH=99999999999999999999999999",
                                       "BANDWIDTH=5,CODECS=\"a",
                                       "RESOLUTION=1x1" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char text[256];
        strcpy(text, "#EXTM3U\n#EXT-X-STREAM-INF:");
        strcat(text, bad[i]);
        strcat(text, "\nbad.m3u8\n");
        choose(text, strlen(text), NULL);
        strcat(text, "#EXT-X-STREAM-INF:BANDWIDTH=1\ngood.m3u8\n");
        choose(text, strlen(text), "good.m3u8");
    }
}

static void other_texts_are_no_master_playlists(void **state)
{
    (void)state;
    static const char media[] = "#EXTM3U\n#EXTINF:2,#EXT-X-STREAM-INF:BANDWIDTH=1\na.ts\n";
    static const char no_tag[] = "#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n", late_tag[] = "a.m3u8\n#EXTM3U\n";
    static const char with_nul[] = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\0.m3u8\n";
    choose(media, strlen(media), NULL);
    assert_false(hls_is_master(media, strlen(media)));
    assert_false(hls_is_master("", 0));
    choose(with_nul, sizeof with_nul - 1, NULL);
    choose(no_tag, sizeof no_tag - 1, NULL);
    choose(late_tag, sizeof late_tag - 1, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_bandwidth_is_chosen),
        cmocka_unit_test(a_cut_text_gives_the_variants_before_the_cut),
        cmocka_unit_test(what_cannot_be_read_is_skipped),
        cmocka_unit_test(other_texts_are_no_master_playlists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
