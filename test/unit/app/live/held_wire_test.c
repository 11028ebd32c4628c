/* A held wire keeps references to the frames that it points to, and to no others. */
#include "app/live/held_wire.h"

#include "app/live/flv_wire.h"
#include "app/live/media.h"
#include "app/live/mp4_wire.h"
#include "app/live/ts_wire.h"
#include "loop.h"

static struct frame *video, *video2, *audio;

static int set_up(void **state)
{
    (void)state;
    video = media_frame(VIDEO_CONFIG, 0, 0);
    video2 = media_frame(VIDEO_CONFIG, 0, 0);
    audio = media_frame(AUDIO_CONFIG, 0, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(video->refs, 1);
    assert_int_equal(video2->refs, 1);
    assert_int_equal(audio->refs, 1);
    frame_unref(&video);
    frame_unref(&video2);
    frame_unref(&audio);
    return 0;
}

static struct wire mp4_of(struct frame *picture, struct frame *sound)
{
    struct wire w = { .format = &mp4_wire };
    assert_int_equal(mp4_mux_init(&w.mp4, picture, NULL, sound), MP4_OK);
    return w;
}

static void an_mp4_wire_holds_the_configuration_of_each_track(void **state)
{
    (void)state;
    struct held_wire h = { 0 };
    struct wire      both = mp4_of(video, audio), one = mp4_of(video2, NULL);
    held_wire_set(&h, &both);
    assert_int_equal(video->refs, 2);
    assert_int_equal(audio->refs, 2);
    held_wire_set(&h, &both);
    assert_int_equal(video->refs, 2);
    held_wire_set(&h, &one);
    assert_int_equal(video->refs, 1);
    assert_int_equal(audio->refs, 1);
    assert_int_equal(video2->refs, 2);
    held_wire_drop(&h);
}

static void a_ts_wire_that_learns_a_configuration_holds_it_once_renewed(void **state)
{
    (void)state;
    struct held_wire h = { 0 };
    struct wire      w = { .format = &ts_wire };
    ts_mux_init(&w.ts, CODEC_H264, CODEC_AAC);
    held_wire_set(&h, &w);
    wire_pass(&h.wire, video, 0);
    held_wire_renew(&h);
    assert_int_equal(video->refs, 2);
    wire_pass(&h.wire, video2, 0);
    held_wire_renew(&h);
    assert_int_equal(video->refs, 1);
    assert_int_equal(video2->refs, 2);
    held_wire_drop(&h);
}

/* The wire holds the only reference to its frame, so a copy of the wire to itself must not free the frame. */
static void a_held_wire_may_become_a_copy_of_itself(void **state)
{
    (void)state;
    struct held_wire h = { 0 };
    struct frame    *own = media_frame(VIDEO_CONFIG, 0, 0), *kept = own;
    struct wire      w = mp4_of(own, NULL);
    held_wire_set(&h, &w);
    frame_unref(&own);
    held_wire_set(&h, &h.wire);
    assert_int_equal(kept->refs, 1);
    held_wire_drop(&h);
}

static void wires_without_frames_and_none_at_all_hold_nothing(void **state)
{
    (void)state;
    struct held_wire h = { 0 };
    struct wire      w = { .format = &flv_wire };
    held_wire_drop(&h);
    held_wire_renew(&h);
    held_wire_set(&h, &w);
    assert_null(h.frames[0]);
    held_wire_drop(&h);
    assert_null(h.wire.format);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_mp4_wire_holds_the_configuration_of_each_track),
        TEST(a_ts_wire_that_learns_a_configuration_holds_it_once_renewed),
        TEST(a_held_wire_may_become_a_copy_of_itself),
        TEST(wires_without_frames_and_none_at_all_hold_nothing),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
