/* FLV bodies on their way into a source: appended and dropped frames, and the effect of metadata. */
#include "app/source/feed.h"
#include "app/source/fixture.h"

static struct fixture fx;
static struct feed    feed;

static int setup(void **state)
{
    (void)state;
    begin(&fx, "");
    feed_init(&feed, fx.source);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    feed_finish(&feed);
    end(&fx);
    return 0;
}

static struct frame *body_of(enum frame_kind kind, const void *bytes, size_t len)
{
    struct frame *f = frame_new(len);
    assert_non_null(f);
    f->kind = kind;
    f->len = (uint32_t)len;
    memcpy(f->data, bytes, len);
    return f;
}

static void give(enum frame_kind kind, const void *bytes, size_t len, uint32_t ts_ms)
{
    struct frame *f = body_of(kind, bytes, len);
    assert_null(feed_body(&feed, &f, ts_ms));
    frame_unref(&f);
}

static const struct frame *newest(void)
{
    assert_true(fx.source->ring.head > fx.source->ring.tail);
    return ring_at(&fx.source->ring, fx.source->ring.head - 1);
}

static const uint8_t aac_config[] = { 0xAF, 0x00, 0x11, 0x88, 0x56, 0xE5, 0x00 };
static const uint8_t aac_frame[] = { 0xAF, 0x01, 0x21, 0x00, 0x49 };

static void a_configuration_tells_the_source_its_codec(void **state)
{
    (void)state;
    give(FRAME_AUDIO, aac_config, sizeof aac_config, 0);
    assert_int_equal(source_codec(fx.source, FRAME_AUDIO), CODEC_AAC);
    assert_int_equal(fx.source->audio.sample_rate, 48000);
    assert_true(newest()->config);
}

static void a_frame_gets_the_time_of_its_body(void **state)
{
    (void)state;
    give(FRAME_AUDIO, aac_config, sizeof aac_config, 1000);
    give(FRAME_AUDIO, aac_frame, sizeof aac_frame, 1000);
    give(FRAME_AUDIO, aac_frame, sizeof aac_frame, 1023);
    assert_int_equal(newest()->dts_us, 1023 * US_PER_MS);
    assert_int_equal(newest()->media_len, 3);
}

static void an_unknown_body_is_dropped_and_counted(void **state)
{
    static const uint8_t unknown[] = { 0x90, 'x', 'x', 'x', 'x', 1, 2, 3 };
    (void)state;
    give(FRAME_VIDEO, unknown, sizeof unknown, 0);
    assert_int_equal(feed.n_dropped, 1);
    assert_int_equal(fx.source->ring.head, fx.source->ring.tail);
}

static void an_empty_body_is_no_news(void **state)
{
    (void)state;
    give(FRAME_AUDIO, "", 0, 0);
    assert_int_equal(feed.n_dropped, 0);
    assert_int_equal(fx.source->ring.head, fx.source->ring.tail);
}

/* "onMetaData", an ECMA array of one property, videocodecid 7. */
static const uint8_t metadata[] = {
    2,   0,   10,  'o', 'n', 'M', 'e', 't', 'a', 'D', 'a', 't',  'a',  8, 0, 0, 0, 1, 0, 12, 'v', 'i',
    'd', 'e', 'o', 'c', 'o', 'd', 'e', 'c', 'i', 'd', 0,   0x40, 0x1C, 0, 0, 0, 0, 0, 0, 0,  0,   9,
};

static void metadata_promises_a_kind_that_has_not_come(void **state)
{
    (void)state;
    give(FRAME_SCRIPT, metadata, sizeof metadata, 0);
    assert_true(fx.source->video_told);
    assert_false(fx.source->audio_told);
    assert_int_equal(feed.n_metadata, 1);
    assert_true(newest()->config);
}

static void a_data_message_that_is_malformed_is_dropped_and_counted(void **state)
{
    (void)state;
    give(FRAME_SCRIPT, metadata, sizeof metadata - 8, 0);
    assert_int_equal(feed.n_dropped, 1);
    assert_false(fx.source->video_told);
}

static void feed_adts(const uint8_t *bytes, size_t len, int64_t dts_us)
{
    struct frame_unit u = { .codec = CODEC_AAC, .dts_us = dts_us, .pts_us = dts_us, .bytes = rd_over(bytes, len) };
    assert_null(feed_unit(&feed, &u));
}

static const uint8_t adts[] = { 0xFF, 0xF1, 0x50, 0x80, 0x01, 0x5F, 0xFC, 0x21, 0x00, 0x49 };

static void a_unit_brings_its_configuration_and_a_time_in_microseconds(void **state)
{
    (void)state;
    feed_adts(adts, sizeof adts, 1000333);
    assert_int_equal(source_codec(fx.source, FRAME_AUDIO), CODEC_AAC);
    assert_int_equal(fx.source->audio.sample_rate, 44100);
    assert_int_equal(newest()->dts_us, 1000333);
    assert_int_equal(newest()->media_len, 3);
    feed_adts(adts, sizeof adts, 1023553);
    assert_int_equal(newest()->dts_us, 1023553);
    assert_int_equal(fx.source->ring.head, 3); /* one configuration */
}

static void what_is_added_to_an_encoders_times_is_whole_milliseconds(void **state)
{
    (void)state;
    feed_adts(adts, sizeof adts, 1000333);
    feed_adts(adts, sizeof adts, 3600000777); /* an hour's jump that nothing explains */
    assert_int_equal(fx.source->clock.n_breaks, 1);
    assert_true(newest()->dts_us > 1000333 && newest()->dts_us < 1000333 + US_PER_SECOND);
    assert_int_equal(newest()->shift_us % US_PER_MS, 0);
}

static void a_unit_that_cannot_be_read_is_dropped_and_counted(void **state)
{
    (void)state;
    feed_adts(adts + 1, sizeof adts - 1, 0);
    assert_int_equal(feed.n_dropped, 1);
    assert_int_equal(fx.source->ring.head, fx.source->ring.tail);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_configuration_tells_the_source_its_codec),
        TEST(a_frame_gets_the_time_of_its_body),
        TEST(an_unknown_body_is_dropped_and_counted),
        TEST(an_empty_body_is_no_news),
        TEST(metadata_promises_a_kind_that_has_not_come),
        TEST(a_data_message_that_is_malformed_is_dropped_and_counted),
        TEST(a_unit_brings_its_configuration_and_a_time_in_microseconds),
        TEST(what_is_added_to_an_encoders_times_is_whole_milliseconds),
        TEST(a_unit_that_cannot_be_read_is_dropped_and_counted),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
