/* Names of codecs in the CODECS attribute, of configurations that real encoders send. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "core/str.h"
#include "kernel/flv_bodies.h"
#include "kernel/hls/codecs.h"

static struct frame *made(enum frame_kind kind, const uint8_t *bytes, size_t len)
{
    enum flv_parse result;
    struct frame  *f = frame_of(kind, bytes, len, &result);
    assert_int_equal(result, FLV_PARSE_OK);
    return f;
}

static void every_codec_of_ts_and_mp4_has_a_name(void **state)
{
    (void)state;
    static const uint8_t ac3[] = { 0x91, 'a', 'c', '-', '3', 0x0B, 0x77 };
    static const uint8_t eac3[] = { 0x91, 'e', 'c', '-', '3', 0x0B, 0x77 };
    static const struct {
        enum frame_kind kind;
        const uint8_t  *bytes;
        size_t          len;
        const char     *name;
    } rows[] = {
        { FRAME_VIDEO, avc, sizeof avc, "avc1.64000c" },   { FRAME_VIDEO, hevc, sizeof hevc, "hvc1.2.4.L123.90" },
        { FRAME_VIDEO, av1, sizeof av1, "av01.0.00M.08" }, { FRAME_VIDEO, vp9, sizeof vp9, "vp09.00.11.08" },
        { FRAME_AUDIO, aac, sizeof aac, "mp4a.40.2" },     { FRAME_AUDIO, mp3, sizeof mp3, "mp4a.40.34" },
        { FRAME_AUDIO, opus, sizeof opus, "opus" },        { FRAME_AUDIO, flac, sizeof flac, "fLaC" },
        { FRAME_AUDIO, ac3, sizeof ac3, "ac-3" },          { FRAME_AUDIO, eac3, sizeof eac3, "ec-3" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char          text[64];
        struct str    s = str_over(text, sizeof text);
        struct frame *f = made(rows[i].kind, rows[i].bytes, rows[i].len);
        assert_true(hls_codecs_append(&s, f->codec, f));
        assert_string_equal(text, rows[i].name);
        frame_unref(&f);
    }
}

static void names_are_separated_by_commas(void **state)
{
    (void)state;
    char          text[64];
    struct str    s = str_over(text, sizeof text);
    struct frame *video = made(FRAME_VIDEO, avc, sizeof avc), *audio = made(FRAME_AUDIO, aac, sizeof aac);
    assert_true(hls_codecs_append(&s, CODEC_H264, video));
    assert_true(hls_codecs_append(&s, CODEC_AAC, audio));
    assert_string_equal(text, "avc1.64000c,mp4a.40.2");
    frame_unref(&video);
    frame_unref(&audio);
}

static void a_name_that_is_not_known_leaves_the_text_unchanged(void **state)
{
    (void)state;
    char          text[16] = "";
    struct str    s = str_over(text, sizeof text);
    struct frame *video = made(FRAME_VIDEO, avc, sizeof avc), *audio = made(FRAME_AUDIO, aac, sizeof aac);
    assert_false(hls_codecs_append(&s, CODEC_H264, NULL));
    assert_false(hls_codecs_append(&s, CODEC_AAC, video));
    assert_false(hls_codecs_append(&s, CODEC_PCMA, audio));
    assert_string_equal(text, "");
    assert_true(hls_codecs_append(&s, CODEC_H264, video));
    assert_false(hls_codecs_append(&s, CODEC_AAC, audio)); /* no room */
    assert_string_equal(text, "avc1.64000c");
    frame_unref(&video);
    frame_unref(&audio);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec_of_ts_and_mp4_has_a_name),
        cmocka_unit_test(names_are_separated_by_commas),
        cmocka_unit_test(a_name_that_is_not_known_leaves_the_text_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
