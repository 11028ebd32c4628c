#include "kernel/ts/restamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/ts/mux.h"
#include "kernel/ts/ts_frames.h"

enum { ROOM = 1 << 20, FRAMES_MAX = 64 };

/* A release: frames in a row. */
struct release {
    struct frame *frames[FRAMES_MAX];
    size_t        n;
};

static struct release audio_and_video(unsigned seed)
{
    struct release r = { .n = FRAMES_MAX };
    for (size_t i = 0; i < r.n; i++) {
        int64_t ms = (int64_t)i * 13;
        size_t  len = 1 + (i * 7919 + seed) % 700;
        r.frames[i] = i % 3 ? ts_sound(ms, len, seed) : ts_picture(ms, 80 * (i % 2), i == 30, len * 5, seed);
    }
    return r;
}

static struct release audio_alone(unsigned seed)
{
    struct release r = { .n = FRAMES_MAX };
    for (size_t i = 0; i < r.n; i++)
        r.frames[i] = ts_sound((int64_t)i * 23, 1 + (i * 7919 + seed) % 700, seed);
    return r;
}

static void release_finish(struct release *r)
{
    for (size_t i = 0; i < r->n; i++)
        frame_unref(&r->frames[i]);
}

static size_t mux(struct ts_mux *m, const struct release *r, uint8_t *out, int64_t offset_90k)
{
    struct wr w = wr_over(out, ROOM);
    for (size_t i = 0; i < r->n; i++)
        assert_int_equal(ts_mux_frame(m, &w, r->frames[i], r->frames[i]->dts_us * 9 / 100 + offset_90k),
                         TS_MUX_WRITTEN);
    return wr_len(&w);
}

static void feed(struct ts_mux *m, struct frame *f)
{
    uint8_t   out[8 * TS_PACKET_LEN];
    struct wr w = wr_over(out, sizeof out);
    assert_int_not_equal(ts_mux_frame(m, &w, f, 0), TS_MUX_FULL);
}

/* Two players of a stream; `b` has been here longer, so its counters differ. */
static void two_players(struct ts_mux *a, struct ts_mux *b, struct frame *video, struct frame *audio)
{
    struct frame *sound = ts_sound(0, 700, 3), *picture = ts_picture(0, 0, 1, 300, 4);
    ts_mux_init(a, video ? CODEC_H264 : CODEC_NONE, CODEC_AAC);
    if (video)
        feed(a, video);
    feed(a, audio);
    *b = *a;
    for (int i = 0; i < 11; i++) {
        feed(a, sound);
        for (int again = 0; again < 3; again++)
            feed(b, sound);
        if (video) {
            feed(a, picture);
            feed(b, picture);
            feed(b, picture);
        }
    }
    frame_unref(&sound);
    frame_unref(&picture);
}

/* Assert that the release muxed for one player and shifted equals the other player's own, and that both go on alike. */
static void check_release(const struct release *r, struct frame *video, struct frame *audio, int64_t from_90k,
                          int64_t to_90k)
{
    uint8_t        *shared = malloc(ROOM), *own = malloc(ROOM);
    struct ts_mux   a, b;
    struct ts_shift shift;
    two_players(&a, &b, video, audio);
    struct ts_mux before = a, followed = b;
    assert_true(ts_mux_shift(&shift, &a, &b));
    shift.delta_90k = to_90k - from_90k;
    size_t len = mux(&a, r, shared, from_90k);
    assert_int_equal(mux(&b, r, own, to_90k), len);
    assert_memory_not_equal(own, shared, len);
    ts_restamp(shared, len, &shift);
    assert_memory_equal(own, shared, len);
    ts_mux_follow(&followed, &before, &a);
    assert_true(ts_mux_shift(&shift, &followed, &b));
    assert_memory_equal(followed.cc, b.cc, sizeof b.cc);
    free(shared);
    free(own);
}

static void it_equals_muxing_for_the_other(void **state)
{
    (void)state;
    static const int64_t times[][2] = {
        { 0, 0 },
        { 0, 90000 },
        { 90000, 0 },
        { 0, 0x1FFFFFFFF },
        { 0x1FFFFFFFF - 5000, 12345 },
        { 5, 0x200000007 },
        { 0x1FFFF0000, 0xFFFF },
        { 0, -1234567890 },
        { -45000, 45000 },
    };
    struct frame  *video = TS_VIDEO_FRAME(0, TS_AVC_CONFIG), *audio = TS_AUDIO_FRAME(0, TS_AAC_CONFIG);
    struct release both = audio_and_video(1), alone = audio_alone(2);
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        check_release(&both, video, audio, times[i][0], times[i][1]);
        check_release(&alone, NULL, audio, times[i][0], times[i][1]);
    }
    release_finish(&both);
    release_finish(&alone);
    frame_unref(&video);
    frame_unref(&audio);
}

static void a_shift_and_back_is_nothing(void **state)
{
    (void)state;
    struct frame   *video = TS_VIDEO_FRAME(0, TS_AVC_CONFIG), *audio = TS_AUDIO_FRAME(0, TS_AAC_CONFIG);
    struct release  r = audio_and_video(5);
    uint8_t        *bytes = malloc(ROOM), *kept = malloc(ROOM);
    struct ts_shift there = { 0x1ABCDEF01, { 1, 7, 15, 8 } }, back = { -0x1ABCDEF01, { 15, 9, 1, 8 } };
    struct ts_mux   a, b;
    two_players(&a, &b, video, audio);
    size_t len = mux(&a, &r, bytes, 0);
    memcpy(kept, bytes, len);
    ts_restamp(bytes, len, &there);
    assert_memory_not_equal(bytes, kept, len);
    ts_restamp(bytes, len, &back);
    assert_memory_equal(bytes, kept, len);
    free(bytes);
    free(kept);
    release_finish(&r);
    frame_unref(&video);
    frame_unref(&audio);
}

static void players_that_have_seen_other_frames_are_not_alike(void **state)
{
    (void)state;
    struct frame   *video = TS_VIDEO_FRAME(0, TS_AVC_CONFIG), *audio = TS_AUDIO_FRAME(0, TS_AAC_CONFIG);
    struct frame   *other = TS_VIDEO_FRAME(0, TS_AVC_CONFIG), *mono = TS_AUDIO_FRAME(0, 0xAF, 0, 0x12, 0x08);
    struct frame   *sound = ts_sound(0, 10, 0), *later = ts_sound(1000, 10, 0), *picture = ts_picture(900, 0, 1, 10, 0);
    struct ts_mux   a, b, c;
    struct ts_shift shift;
    two_players(&a, &b, video, audio);
    c = b;
    assert_true(ts_mux_shift(&shift, &a, &c));
    feed(&c, other); /* another configuration frame */
    assert_false(ts_mux_shift(&shift, &a, &c));
    c = b;
    feed(&c, mono);
    assert_false(ts_mux_shift(&shift, &a, &c));
    c = b;
    c.version = 1;
    assert_false(ts_mux_shift(&shift, &a, &c));
    ts_mux_init(&c, CODEC_H264, CODEC_AAC); /* a player that has not begun */
    feed(&c, video);
    feed(&c, audio);
    assert_false(ts_mux_shift(&shift, &a, &c));
    feed(&c, sound);
    assert_false(ts_mux_shift(&shift, &a, &c)); /* the last picture tells when the next one may be decoded */
    feed(&a, picture);
    feed(&c, picture);
    assert_true(ts_mux_shift(&shift, &a, &c));
    ts_mux_expect_early(&c, 40000);
    assert_false(ts_mux_shift(&shift, &a, &c));
    two_players(&a, &b, NULL, audio); /* without video, and in another second */
    feed(&b, later);
    assert_false(ts_mux_shift(&shift, &a, &b));
    struct frame *all[] = { video, audio, other, mono, sound, later, picture };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        frame_unref(&all[i]);
}

static void any_bytes_are_safe(void **state)
{
    (void)state;
    unsigned        rng = 7;
    struct ts_shift shift = { 1, { 1, 1, 1, 1 } };
    for (int round = 0; round < 20000; round++) {
        size_t   len = (size_t)(round % 3) * TS_PACKET_LEN + (size_t)round % 100;
        uint8_t *bytes = malloc(len + 1);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)((rng = rng * 1103515245 + 12345) >> 16);
        for (size_t at = 0; at + TS_PACKET_LEN <= len;
             at += TS_PACKET_LEN) { /* valid headers, so that the parser goes deep */
            memcpy(bytes + at, (uint8_t[]){ 0x47, 0x41, round & 1, 0x30 }, 4);
            if (round % 4 == 0)
                bytes[at + 4] = (uint8_t)(150 + rng % 40);
        }
        ts_restamp(bytes, len, &shift);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_equals_muxing_for_the_other),
        cmocka_unit_test(a_shift_and_back_is_nothing),
        cmocka_unit_test(players_that_have_seen_other_frames_are_not_alike),
        cmocka_unit_test(any_bytes_are_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
