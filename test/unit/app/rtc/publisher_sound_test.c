/* Opus of a publisher becomes AAC in the log, until another publisher has the stream. */
#include "app/rtc/publisher_sound.h"

#include "app/sound/converter.h"
#include "app/source/fixture.h"
#include "core/mem.h"
#include "protocol/offload.h"

enum { FRAME_US = 20000, PACKETS = 20, PATIENCE_US = 60 * US_PER_SECOND };

static int group_begin(void **state)
{
    return loop_begin(state) || code_of(offload_init()) ? -1 : 0;
}

static int group_end(void **state)
{
    offload_shutdown(PATIENCE_US);
    return loop_end(state);
}

/* Not end(): the coroutine of the threads stays. */
static void end_stream(struct fixture *fx)
{
    source_unpublish(fx->source, &fx->publisher);
    source_release(fx->source);
    map_finish(&fx->all.by_key);
    conf_unref(&fx->conf);
}

static void out_of_memory_at_the_beginning_leaves_nothing(void **state)
{
    (void)state;
    struct fixture         fx;
    struct feed            feed;
    struct publisher_sound sound;
    bool                   is_whole = false;
    begin(&fx, "min_latency on;");
    feed_init(&feed, fx.source);
    for (int n = 0; !is_whole; n++) {
        mem_fail_after(n);
        struct err *e = publisher_sound_begin(&sound, &feed, &fx.publisher);
        mem_fail_after(-1);
        is_whole = !e;
        err_free(e);
        assert_true(is_whole || (!sound.converter && !sound.originals));
    }
    publisher_sound_end(&sound);
    feed_finish(&feed);
    end_stream(&fx);
}

#ifdef WITH_SOUND

/* A packet of silence, as encoders send it. */
static void take_silence(struct publisher_sound *s, int64_t us)
{
    static const uint8_t bytes[] = { 0xfc, 0xff, 0xfe };
    struct frame_unit    unit = { .codec = CODEC_OPUS,
                                  .form = UNIT_STORED,
                                  .channels = 2,
                                  .dts_us = us,
                                  .pts_us = us,
                                  .bytes = rd_over(bytes, sizeof bytes) };
    assert_null(publisher_sound_take(s, &unit));
}

/* A batch that is not full waits for the next packet. */
static bool is_converted(const struct publisher_sound *s, int64_t n)
{
    return sound_converter_counts(s->converter).n_frames + sound_converter_dropped(s->converter) > n - SOUND_BATCH;
}

static void nothing_is_appended_after_a_takeover(void **state)
{
    (void)state;
    struct fixture         fx;
    struct feed            feed;
    struct publisher_sound sound;
    int64_t                deadline = a_while(), us = 0;
    begin(&fx, "min_latency on;");
    feed_init(&feed, fx.source);
    assert_null(publisher_sound_begin(&sound, &feed, &fx.publisher));
    while (fx.source->ring.head == 0 && now_us() < deadline) {
        take_silence(&sound, us);
        us += FRAME_US;
        code_of(co_sleep(1000));
    }
    assert_true(fx.source->ring.head > 0);
    fx.publisher.taken_over = true;
    uint64_t head = fx.source->ring.head;
    for (int i = 0; i < PACKETS; i++, us += FRAME_US)
        take_silence(&sound, us);
    while (!is_converted(&sound, us / FRAME_US) && now_us() < deadline)
        code_of(co_sleep(1000));
    assert_true(is_converted(&sound, us / FRAME_US));
    assert_int_equal(fx.source->ring.head, head);
    publisher_sound_end(&sound);
    feed_finish(&feed);
    end_stream(&fx);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_memory_at_the_beginning_leaves_nothing),
#ifdef WITH_SOUND
        cmocka_unit_test(nothing_is_appended_after_a_takeover),
#endif
    };
    return cmocka_run_group_tests(tests, group_begin, group_end);
}
