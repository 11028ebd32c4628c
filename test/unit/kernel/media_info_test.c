#include "kernel/media_info.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/flv_frame.h"

/* FLV bodies with the configurations of real encoders; see the tests of each codec */
static const uint8_t avc[] = {
    0x17, 0x00, 0x00, 0x00, 0x00, 0x01, 0x64, 0x00, 0x0C, 0xFF, 0xE1, 0x00, 0x1A, 0x67, 0x64, 0x00, 0x0C, 0xAC,
    0xD9, 0x41, 0x41, 0x9F, 0x9F, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xF1,
    0x42, 0x99, 0x60, 0x01, 0x00, 0x06, 0x68, 0xEA, 0xE3, 0xCB, 0x22, 0xC0, 0xFD, 0xF8, 0xF8, 0x00,
};
static const uint8_t hevc[] = {
    0x90, 'h',  'v',  'c',  '1',  0x01, 0x02, 0x20, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x7B, 0xF0, 0x00, 0xFC, 0xFD, 0xFA, 0xFA, 0x00, 0x00, 0x0F, 0x03, 0xA0, 0x00, 0x01, 0x00, 0x18, 0x40,
    0x01, 0x0C, 0x01, 0xFF, 0xFF, 0x02, 0x20, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00,
    0x03, 0x00, 0x7B, 0x95, 0x98, 0x09, 0xA1, 0x00, 0x01, 0x00, 0x2D, 0x42, 0x01, 0x01, 0x02, 0x20, 0x00,
    0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x7B, 0xA0, 0x03, 0xC0, 0x80, 0x10,
    0xE7, 0x54, 0xD9, 0x65, 0x66, 0x92, 0x4C, 0xAF, 0x01, 0x68, 0x08, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00,
    0x00, 0x03, 0x01, 0xE0, 0x40, 0xA2, 0x00, 0x01, 0x00, 0x07, 0x44, 0x01, 0xC1, 0x72, 0xB4, 0x62, 0x40,
};
static const uint8_t av1[] = {
    0x90, 'a',  'v',  '0',  '1',  0x81, 0x00, 0x0C, 0x00, 0x0A, 0x0B,
    0x00, 0x00, 0x00, 0x04, 0x3C, 0xFE, 0xCC, 0xDA, 0xF9, 0x00, 0x40,
};
static const uint8_t vp9[] = {
    0x90, 'v', 'p', '0', '9', 0x01, 0x00, 0x00, 0x00, 0x00, 0x0B, 0x82, 0x02, 0x02, 0x02, 0x00, 0x00,
};
static const uint8_t vp6[] = { 0x14, 0x00, 0x01 };
static const uint8_t aac[] = { 0xAF, 0x00, 0x11, 0x88, 0x56, 0xE5, 0x00 };
static const uint8_t opus[] = {
    0x90, 'O', 'p', 'u', 's', 'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 1, 0x38, 1, 0x80, 0xBB, 0, 0, 0, 0, 0,
};
static const uint8_t opus_empty[] = { 0x90, 'O', 'p', 'u', 's' };
static const uint8_t flac[] = {
    0x90, 'f',  'L',  'a',  'C',  'f',  'L',  'a',  'C',  0x00, 0x00, 0x00, 0x22, 0x12, 0x00, 0x12,
    0x00, 0x00, 0x02, 0x55, 0x00, 0x04, 0xFF, 0x0B, 0xB8, 0x00, 0xF0, 0x00, 0x00, 0xBB, 0x80, 0xBA,
    0x53, 0xAB, 0xF5, 0x6C, 0xED, 0x38, 0x1F, 0x73, 0x0B, 0x6F, 0x85, 0xC5, 0xF5, 0xE4, 0x3D,
};
static const uint8_t mp3[] = { 0x2E, 0xFF, 0xFB, 0x54, 0xC4 }; /* its FLV header says 44100, its frame 48000 */
static const uint8_t alaw[] = { 0x72, 0xC7 };

static struct frame *parsed(enum frame_kind kind, const uint8_t *bytes, size_t len)
{
    struct frame *f = frame_new(len);
    assert_non_null(f);
    f->kind = kind;
    memcpy(f->data, bytes, len);
    f->len = (uint32_t)len;
    flv_frame_parse(f);
    return f;
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
    assert_string_equal(info.profile, "High"); /* what is known all the same */
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
        { aac, sizeof aac, CODEC_AAC, "LC", 48000, 1 }, /* and not 44100/2, as the FLV header says */
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
    assert_false(media_info_audio(f, &info)); /* AAC tells by its config alone */
    frame_unref(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_a_video_is),          cmocka_unit_test(without_parse_sps_the_record_is_enough),
        cmocka_unit_test(a_picture_tells_only_its_codec), cmocka_unit_test(no_cut_is_read_past),
        cmocka_unit_test(tells_what_an_audio_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
