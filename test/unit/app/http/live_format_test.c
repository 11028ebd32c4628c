/* The beginning of each format, by the part of the stream that is known. */
#include "app/http/live_format.h"

#include <string.h>

#include "app/live/media.h"

static struct frame *video, *audio, *key;

static int set_up(void **state)
{
    (void)state;
    video = media_frame(VIDEO_CONFIG, 0, 0);
    audio = media_frame(AUDIO_CONFIG, 0, 0);
    key = media_frame(KEY, 100, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    frame_unref(&video);
    frame_unref(&audio);
    frame_unref(&key);
    return 0;
}

/* A stream of H.264 and AAC whose configurations have all come. */
static struct live_opening whole(void)
{
    return (struct live_opening){
        .has_audio = true,
        .has_video = true,
        .audio = CODEC_AAC,
        .video = CODEC_H264,
        .audio_config = audio,
        .video_config = video,
        .key = key,
    };
}

static enum live_open open_as(const char *ext, struct live_opening o, struct wire *wire)
{
    const struct live_format *format = live_format_find(ext);
    assert_non_null(format);
    *wire = (struct wire){ .format = format->wire };
    return format->open(&o, wire);
}

static void every_format_of_the_registry_has_its_functions_and_its_wire(void **state)
{
    (void)state;
    for (int i = 0; i < STREAM_FORMATS; i++) {
        const struct live_format *format = live_format_find(stream_formats[i].ext);
        assert_ptr_equal(format->format, &stream_formats[i]);
        assert_string_equal(format->wire->name, stream_formats[i].name);
        assert_non_null(format->open);
        assert_non_null(format->carries);
    }
    assert_null(live_format_find(".m3u8"));
}

static void headers_are_as_long_as_told(void **state)
{
    (void)state;
    static const char *const exts[] = { ".flv", ".mp4", ".mp3" };
    for (size_t i = 0; i < ARRAY_LEN(exts); i++) {
        const struct live_format *format = live_format_find(exts[i]);
        struct live_opening       o = whole();
        struct wire               wire;
        uint8_t                   bytes[4096];
        open_as(exts[i], o, &wire);
        size_t len = format->header_len(&wire);
        assert_true(len > 0 && len < sizeof bytes);
        struct wr w = wr_over(bytes, len);
        format->write_header(&o, &wire, &w);
        assert_false(w.full);
        assert_int_equal(wr_len(&w), len);
    }
}

static void each_opens_with_what_it_carries(void **state)
{
    (void)state;
    static const struct {
        const char    *ext;
        enum codec     video, audio;
        enum live_open result;
    } cases[] = {
        { ".flv", CODEC_VP6, CODEC_SPEEX, LIVE_OPENED }, { ".ts", CODEC_H264, CODEC_SPEEX, LIVE_OPENED },
        { ".ts", CODEC_AV1, CODEC_OPUS, LIVE_OPENED },   { ".ts", CODEC_AV1, CODEC_SPEEX, LIVE_NEVER },
        { ".ts", CODEC_NONE, CODEC_AAC, LIVE_OPENED },   { ".mp4", CODEC_H264, CODEC_SPEEX, LIVE_OPENED },
        { ".mp4", CODEC_NONE, CODEC_AAC, LIVE_OPENED },  { ".mp4", CODEC_VP6, CODEC_SPEEX, LIVE_NEVER },
        { ".aac", CODEC_H264, CODEC_AAC, LIVE_OPENED },  { ".aac", CODEC_H264, CODEC_MP3, LIVE_NEVER },
        { ".mp3", CODEC_H264, CODEC_MP3, LIVE_OPENED },  { ".mp3", CODEC_H264, CODEC_NONE, LIVE_NOT_YET },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct live_opening o = whole();
        struct wire         wire;
        o.video = cases[i].video;
        o.audio = cases[i].audio;
        assert_int_equal(open_as(cases[i].ext, o, &wire), cases[i].result);
    }
}

static void what_is_to_come_is_waited_for_but_not_for_ever(void **state)
{
    (void)state;
    static const char *const bare[] = { ".aac", ".mp3" };
    struct wire              wire;
    struct live_opening      o = whole();
    o.audio = CODEC_NONE;
    o.has_audio = false;
    for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
        o.is_last_call = false;
        assert_int_equal(open_as(bare[i], o, &wire), LIVE_NOT_YET); /* a microphone may be switched on later */
        o.is_last_call = true;
        assert_int_equal(open_as(bare[i], o, &wire), LIVE_NEVER);
    }
    o.video = CODEC_VP6; /* TS cannot carry VP6, but may carry the sound that the metadata announces */
    o.audio_told = true;
    o.is_last_call = false;
    assert_int_equal(open_as(".ts", o, &wire), LIVE_NOT_YET);
    o.audio_told = false;
    assert_int_equal(open_as(".ts", o, &wire), LIVE_NEVER);
}

static void mp4_waits_for_a_configuration_but_not_for_ever(void **state)
{
    (void)state;
    struct wire         wire;
    struct live_opening o = whole();
    o.audio_config = NULL;
    assert_int_equal(open_as(".mp4", o, &wire), LIVE_NOT_YET);
    o.is_last_call = true;
    assert_int_equal(open_as(".mp4", o, &wire), LIVE_OPENED);
    assert_non_null(wire.mp4.tracks[MP4_TRACK_VIDEO].entry.config);
    assert_null(wire.mp4.tracks[MP4_TRACK_AUDIO].entry.config);
    o.video_config = NULL;
    assert_int_equal(open_as(".mp4", o, &wire), LIVE_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_of_the_registry_has_its_functions_and_its_wire),
        cmocka_unit_test_setup_teardown(headers_are_as_long_as_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_opens_with_what_it_carries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_to_come_is_waited_for_but_not_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mp4_waits_for_a_configuration_but_not_for_ever, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
