/* The text of master playlists, line by line. */
#include <cmocka.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "kernel/hls/master.h"

enum { TEXT_MAX = 16 << 10 };

/* Write a playlist, and compare the text for a viewer with a query as a whole. */
static void assert_written(const struct hls_master *m, const char *query, const char *expected)
{
    struct hls_text t = hls_text_up_to(TEXT_MAX);
    struct buf      out = buf_up_to(TEXT_MAX);
    hls_master_write(&t, m);
    assert_null(hls_text_error(&t));
    hls_text_expand(&out, &t, HLS_URI_PLAYLIST, query);
    assert_string_equal(out.bytes, expected);
    buf_finish(&out);
    hls_text_finish(&t);
}

static void one_variant_with_the_session_of_its_viewer(void **state)
{
    (void)state;
    struct hls_variant v = { .uri = "/live/livestream.m3u8",
                             .bandwidth_bps = 2176000,
                             .average_bps = 2001000,
                             .codecs = "avc1.64001f,mp4a.40.2",
                             .width = 1280,
                             .height = 720,
                             .fps_thousandths = 29970 };
    struct hls_master  m = { .independent = true, .variants = &v, .n_variants = 1 };
    assert_written(&m, "hls_ctx=767f54e9&token=xyz",
                   "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n"
                   "#EXT-X-STREAM-INF:BANDWIDTH=2176000,AVERAGE-BANDWIDTH=2001000,"
                   "CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=29.970\n"
                   "/live/livestream.m3u8?hls_ctx=767f54e9&token=xyz\n");
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    struct hls_variant v = { .uri = "a.m3u8", .codecs = "", .width = 640 };
    struct hls_master  m = { .variants = &v, .n_variants = 1 };
    assert_written(&m, "", "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n");
}

static void audio_renditions_and_closed_captions(void **state)
{
    (void)state;
    struct hls_rendition r[] = {
        { .type = HLS_RENDITION_AUDIO,
          .group = "aac",
          .name = "Deutsch",
          .language = "de",
          .channels = 2,
          .is_default = true },
        { .type = HLS_RENDITION_AUDIO, .group = "aac", .name = "say \"b\"", .uri = "b.m3u8?x", .autoselect = true },
        { .type = HLS_RENDITION_CLOSED_CAPTIONS,
          .group = "cc",
          .name = "English",
          .language = "en",
          .instream_id = "CC1" },
    };
    struct hls_variant v[] = {
        { .uri = "a.m3u8", .bandwidth_bps = 100, .audio = "aac", .captions = "cc" },
        { .uri = "c.m3u8", .bandwidth_bps = 50, .audio = "aac", .captions = "NONE" },
    };
    struct hls_master m = { .renditions = r, .n_renditions = 3, .variants = v, .n_variants = 2 };
    assert_written(&m, "s=1",
                   "#EXTM3U\n#EXT-X-VERSION:3\n"
                   "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",LANGUAGE=\"de\",NAME=\"Deutsch\",DEFAULT=YES,"
                   "AUTOSELECT=YES,CHANNELS=\"2\"\n"
                   "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"say 'b'\",DEFAULT=NO,AUTOSELECT=YES,"
                   "URI=\"b.m3u8?s=1&x\"\n"
                   "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",LANGUAGE=\"en\",NAME=\"English\",DEFAULT=NO,"
                   "AUTOSELECT=NO,INSTREAM-ID=\"CC1\"\n"
                   "#EXT-X-STREAM-INF:BANDWIDTH=100,AUDIO=\"aac\",CLOSED-CAPTIONS=\"cc\"\na.m3u8?s=1\n"
                   "#EXT-X-STREAM-INF:BANDWIDTH=50,AUDIO=\"aac\",CLOSED-CAPTIONS=NONE\nc.m3u8?s=1\n");
    r[2].instream_id = "SERVICE3";
    m.n_variants = 0;
    m.renditions += 2;
    m.n_renditions = 1;
    assert_written(&m, "",
                   "#EXTM3U\n#EXT-X-VERSION:7\n"
                   "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",LANGUAGE=\"en\",NAME=\"English\",DEFAULT=NO,"
                   "AUTOSELECT=NO,INSTREAM-ID=\"SERVICE3\"\n");
}

static void session_keys_name_what_the_segments_use(void **state)
{
    (void)state;
    struct hls_key        key = { .method = HLS_KEY_SAMPLE_AES, .uri = "https://keys/1", .keyformat = "com.example" };
    const struct hls_key *keys[] = { &key };
    struct hls_master     m = { .session_keys = keys, .n_session_keys = 1 };
    assert_written(&m, "s=1",
                   "#EXTM3U\n#EXT-X-VERSION:5\n"
                   "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"https://keys/1\",KEYFORMAT=\"com.example\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_variant_with_the_session_of_its_viewer),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(audio_renditions_and_closed_captions),
        cmocka_unit_test(session_keys_name_what_the_segments_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
