#include "kernel/media_info.h"

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/flv_bodies.h"

static const uint8_t vp6[] = { 0x14, 0x00, 0x01 };
static const uint8_t alaw[] = { 0x72, 0xC7 };

static struct frame *parsed(enum frame_kind kind, const uint8_t *bytes, size_t len)
{
    enum flv_parse result;
    return frame_of(kind, bytes, len, &result);
}

/* clang-format off */
static const struct {
    const uint8_t *bytes;
    size_t         len;
    enum codec     codec;
    const char    *profile, *level;
    uint32_t       width, height, fps; /* fps rounded down */
} videos[] = {
    { avc, sizeof avc, CODEC_H264, "High", "1.2", 320, 180, 25 },
    { hevc, sizeof hevc, CODEC_HEVC, "Main10", "4.1", 1918, 1078, 60 },
    { av1, sizeof av1, CODEC_AV1, "Main", "2.0", 320, 180, 0 },
    { vp9, sizeof vp9, CODEC_VP9, "Profile 0", "1.1", 0, 0, 0 },
    { vp6, sizeof vp6, CODEC_VP6, "Other", "Other", 0, 0, 0 },
};
/* clang-format on */

static void tells_what_a_video_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(videos); i++) {
        struct frame     *f = parsed(FRAME_VIDEO, videos[i].bytes, videos[i].len);
        struct video_info info;
        assert_true(media_info_video(f, true, &info));
        assert_int_equal(info.codec, videos[i].codec);
        assert_string_equal(info.profile, videos[i].profile);
        assert_string_equal(info.level, videos[i].level);
        assert_int_equal(info.width, videos[i].width);
        assert_int_equal(info.height, videos[i].height);
        assert_int_equal(info.fps_den ? info.fps_num / info.fps_den : 0, videos[i].fps);
        frame_unref(&f);
    }
}

static void without_parse_sps_the_record_is_enough(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(videos); i++) {
        struct frame     *f = parsed(FRAME_VIDEO, videos[i].bytes, videos[i].len);
        struct video_info info;
        assert_true(media_info_video(f, false, &info));
        assert_string_equal(info.profile, videos[i].profile);
        assert_string_equal(info.level, videos[i].level);
        assert_int_equal(info.width, 0);
        frame_unref(&f);
    }
    uint8_t broken[sizeof avc];
    memcpy(broken, avc, sizeof broken);
    memset(broken + 17, 0, 20); /* an SPS that does not parse */
    struct frame     *f = parsed(FRAME_VIDEO, broken, sizeof broken);
    struct video_info info;
    assert_false(media_info_video(f, true, &info));
    assert_string_equal(info.profile, "High"); /* known without the SPS */
    assert_true(media_info_video(f, false, &info));
    frame_unref(&f);
}

static void a_picture_tells_only_its_codec(void **state)
{
    (void)state;
    static const uint8_t picture[] = { 0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65 };
    struct frame        *f = parsed(FRAME_VIDEO, picture, sizeof picture);
    struct video_info    info;
    assert_false(media_info_video(f, true, &info));
    assert_int_equal(info.codec, CODEC_H264);
    assert_string_equal(info.profile, "Other");
    frame_unref(&f);
}

static void no_cut_is_read_past(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(videos); i++)
        for (size_t cut = 0; cut < videos[i].len; cut++) {
            struct frame     *f = parsed(FRAME_VIDEO, videos[i].bytes, cut);
            struct video_info info;
            media_info_video(f, true, &info);
            assert_non_null(info.profile);
            assert_non_null(info.level);
            frame_unref(&f);
        }
}

static void tells_what_an_audio_is(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const uint8_t *bytes;
        size_t         len;
        enum codec     codec;
        const char    *profile;
        uint32_t       rate;
        uint8_t        channels;
    } rows[] = {
        { aac, sizeof aac, CODEC_AAC, "LC", 48000, 1 }, /* the FLV header says 44100/2 */
        { opus, sizeof opus, CODEC_OPUS, "Other", 48000, 1 },
        { opus_empty, sizeof opus_empty, CODEC_OPUS, "Other", 48000, 2 },
        { flac, sizeof flac, CODEC_FLAC, "Other", 48000, 1 },
        { mp3, sizeof mp3, CODEC_MP3, "Other", 48000, 1 },
        { alaw, sizeof alaw, CODEC_PCMA, "Other", 8000, 1 },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct audio_info info;
        for (size_t cut = 0; cut < rows[i].len; cut++) {
            struct frame *f = parsed(FRAME_AUDIO, rows[i].bytes, cut);
            media_info_audio(f, &info);
            assert_non_null(info.profile);
            frame_unref(&f);
        }
        struct frame *f = parsed(FRAME_AUDIO, rows[i].bytes, rows[i].len);
        assert_true(media_info_audio(f, &info));
        assert_int_equal(info.codec, rows[i].codec);
        assert_string_equal(info.profile, rows[i].profile);
        assert_int_equal(info.sample_rate, rows[i].rate);
        assert_int_equal(info.channels, rows[i].channels);
        frame_unref(&f);
    }
    static const uint8_t raw[] = { 0xAF, 0x01, 0xDE };
    struct frame        *f = parsed(FRAME_AUDIO, raw, sizeof raw);
    struct audio_info    info;
    assert_false(media_info_audio(f, &info)); /* only the configuration of AAC tells */
    frame_unref(&f);
}

static void a_key_frame_has_the_size_that_the_configuration_of_vp9_lacks(void **state)
{
    (void)state;
    struct frame     *key = parsed(FRAME_VIDEO, vp9_key, sizeof vp9_key), *other = parsed(FRAME_VIDEO, avc, sizeof avc);
    struct video_info info = { .codec = CODEC_VP9 };
    media_info_size_of_key(other, &info);
    assert_int_equal(info.width, 0);
    media_info_size_of_key(key, &info);
    assert_int_equal(info.width, 160);
    assert_int_equal(info.height, 120);
    frame_unref(&key);
    frame_unref(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_a_video_is),
        cmocka_unit_test(without_parse_sps_the_record_is_enough),
        cmocka_unit_test(a_picture_tells_only_its_codec),
        cmocka_unit_test(no_cut_is_read_past),
        cmocka_unit_test(a_key_frame_has_the_size_that_the_configuration_of_vp9_lacks),
        cmocka_unit_test(tells_what_an_audio_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
