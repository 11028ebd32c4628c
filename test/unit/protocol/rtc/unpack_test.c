#include "protocol/rtc/unpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"

/* The frames that came out, with copies of their bytes. */
struct seen {
    struct rtp_frame frames[16];
    uint8_t          bytes[16][256];
    size_t           n;
};

struct feed {
    struct rtp_unpacker u;
    struct seen         seen;
};

static struct feed *feed_new(enum codec codec)
{
    struct feed *f = calloc(1, sizeof *f);
    rtp_unpacker_init(&f->u, codec);
    return f;
}

static void feed_free(struct feed *f)
{
    rtp_unpacker_finish(&f->u);
    free(f);
}

/* The payload is copied into memory of its own size, so that a read behind it is found. */
static void put(struct feed *f, uint32_t ts, bool marker, const void *payload, size_t len)
{
    uint8_t         *bytes = malloc(len + !len);
    struct rtp_frame frame;
    memcpy(bytes, payload, len);
    struct rtp_part part = { .packet = { .ts = ts, .marker = marker, .payload = bytes, .len = len } };
    while (rtp_unpack(&f->u, &part, &frame)) {
        assert_true(f->seen.n < 16 && frame.len <= 256);
        if (frame.len)
            memcpy(f->seen.bytes[f->seen.n], frame.bytes, frame.len);
        f->seen.frames[f->seen.n++] = frame;
    }
    free(bytes);
}

#define PUT(f, ts, marker, ...) \
    do { \
        static const uint8_t payload_[] = { __VA_ARGS__ }; \
        put((f), (ts), (marker), payload_, sizeof payload_); \
    } while (0)

#define assert_frame(f, i, is_key_, ...) \
    do { \
        static const uint8_t expected_[] = { __VA_ARGS__ }; \
        assert_true((f)->seen.n > (i)); \
        assert_int_equal((f)->seen.frames[i].len, sizeof expected_); \
        assert_memory_equal((f)->seen.bytes[i], expected_, sizeof expected_); \
        assert_int_equal((f)->seen.frames[i].is_key, (is_key_)); \
        assert_false((f)->seen.frames[i].is_broken); \
    } while (0)

/* ---- H.264 ---- */

static void avc_sets_and_slices_become_one_picture(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_H264);
    PUT(f, 9, false, 0x78, 0, 3, 0x67, 1, 2, 0, 2, 0x68, 3); /* STAP-A: SPS, PPS */
    PUT(f, 9, false, 0x7c, 0x85, 0xA0, 0xA1);                /* FU-A, start, IDR */
    PUT(f, 9, false, 0x7c, 0x05, 0xA2);
    PUT(f, 9, true, 0x7c, 0x45, 0xA3); /* end */
    assert_int_equal(f->seen.n, 1);
    assert_frame(f, 0, true, 0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 0xA0, 0xA1, 0xA2, 0xA3);
    PUT(f, 10, true, 0x41, 0x9A);
    assert_frame(f, 1, false, 0, 0, 0, 1, 0x41, 0x9A);
    assert_int_equal(f->seen.frames[1].ts, 10);
    feed_free(f);
}

static void a_frame_without_marker_ends_before_the_next_time(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_H264);
    PUT(f, 0xffffffff, false, 0x65, 0x80);
    PUT(f, 3, false, 0x41, 0x80);
    assert_int_equal(f->seen.n, 1);
    assert_frame(f, 0, true, 0, 0, 0, 1, 0x65, 0x80);
    assert_int_equal(f->seen.frames[0].ts, 0xffffffff);
    PUT(f, 3, true, 0x41, 0x40);
    assert_frame(f, 1, false, 0, 0, 0, 1, 0x41, 0x80, 0, 0, 0, 1, 0x41, 0x40);
    feed_free(f);
}

static void a_gap_in_a_frame_breaks_it(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_H264);
    PUT(f, 1, false, 0x7c, 0x85, 0xA0);
    rtp_unpack_gap(&f->u);
    PUT(f, 1, true, 0x7c, 0x45, 0xA3);
    assert_int_equal(f->seen.n, 1);
    assert_true(f->seen.frames[0].is_broken);
    PUT(f, 2, true, 0x41, 0x80);
    assert_false(f->seen.frames[1].is_broken);
    assert_true(f->seen.frames[1].follows_gap);
    PUT(f, 3, true, 0x41, 0x80);
    assert_false(f->seen.frames[2].follows_gap);
    feed_free(f);
}

static void a_frame_after_a_gap_is_whole_if_it_shows_its_beginning(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_H264);
    rtp_unpack_gap(&f->u);
    PUT(f, 1, true, 0x41, 0x40); /* first_mb_in_slice is not 0: an earlier slice is missing */
    rtp_unpack_gap(&f->u);
    PUT(f, 2, true, 0x41, 0x80);
    rtp_unpack_gap(&f->u);
    PUT(f, 3, false, 0x7c, 0x05, 0xA0); /* the middle of a fragmented unit */
    PUT(f, 3, true, 0x7c, 0x45, 0xA0);
    rtp_unpack_gap(&f->u);
    PUT(f, 4, false, 0x67, 1);
    PUT(f, 4, true, 0x65, 0x80);
    assert_int_equal(f->seen.n, 4);
    static const bool broken[] = { true, false, true, false };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(f->seen.frames[i].is_broken, broken[i]);
        assert_true(f->seen.frames[i].follows_gap);
    }
    feed_free(f);
}

static void malformed_avc_payloads_break_their_frame_alone(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_H264);
    PUT(f, 1, true, 0x7c);                 /* FU-A without its head */
    PUT(f, 2, true, 0x78, 0, 9, 0x67);     /* STAP-A with a length behind the end */
    PUT(f, 3, true, 0x79, 0, 0, 0, 1, 65); /* STAP-B */
    PUT(f, 4, true, 0x7c, 0x45, 1);        /* an end without a start */
    PUT(f, 5, true, 0x7c, 0x85, 1);        /* a start without an end */
    PUT(f, 6, false, 0x7c, 0x85, 1);       /* the same, and another unit */
    PUT(f, 6, true, 0x41, 0x80);
    assert_int_equal(f->seen.n, 6);
    for (size_t i = 0; i < 6; i++)
        assert_true(f->seen.frames[i].is_broken);
    PUT(f, 7, true, 0x41, 0x80);
    assert_frame(f, 6, false, 0, 0, 0, 1, 0x41, 0x80);
    feed_free(f);
}

static void padding_opens_no_frame(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_H264);
    PUT(f, 1, true, 0x41, 0x80);
    put(f, 1, false, "", 0);
    PUT(f, 2, true, 0x41, 0x80);
    assert_int_equal(f->seen.n, 2);
    feed_free(f);
}

static void a_frame_beyond_the_bound_is_broken(void **state)
{
    (void)state;
    enum { LEN = 60000 };
    struct rtp_unpacker u;
    struct rtp_frame    frame = { .len = 0 };
    uint8_t            *payload = calloc(1, LEN);
    bool                given = false;
    payload[0] = 0x41;
    rtp_unpacker_init(&u, CODEC_H264);
    for (size_t i = 0; i <= RTP_FRAME_MAX / LEN + 1; i++) {
        struct rtp_part part = { .packet = { .ts = 1, .payload = payload, .len = LEN } };
        given |= rtp_unpack(&u, &part, &frame);
        assert_true(u.bytes.len <= RTP_FRAME_MAX);
    }
    assert_false(given);
    struct rtp_part last = { .packet = { .ts = 1, .marker = true, .payload = payload, .len = 2 } };
    assert_true(rtp_unpack(&u, &last, &frame));
    assert_true(frame.is_broken);
    struct rtp_part next = { .packet = { .ts = 2, .marker = true, .payload = payload, .len = 2 } };
    assert_true(rtp_unpack(&u, &next, &frame));
    assert_false(frame.is_broken);
    assert_true(u.bytes.cap < 1000); /* The large buffer was given back. */
    rtp_unpacker_finish(&u);
    free(payload);
}

static void memory_that_is_out_breaks_the_frame(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_H264);
    mem_fail_after(0);
    PUT(f, 1, true, 0x41, 0x80);
    mem_fail_after(-1);
    assert_int_equal(f->seen.n, 1);
    assert_true(f->seen.frames[0].is_broken);
    PUT(f, 2, true, 0x41, 0x80);
    assert_frame(f, 1, false, 0, 0, 0, 1, 0x41, 0x80);
    feed_free(f);
}

/* ---- HEVC ---- */

static void hevc_aggregates_and_fragments_become_a_picture(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_HEVC);
    PUT(f, 1, false, 0x60, 1, 0, 3, 0x40, 1, 7, 0, 3, 0x42, 1, 8); /* AP: VPS, SPS */
    PUT(f, 1, false, 0x44, 1, 9);                                  /* PPS */
    PUT(f, 1, false, 0x62, 1, 0x93, 0xA0);                         /* FU: start, type 19 */
    PUT(f, 1, true, 0x62, 1, 0x53, 0xA1);
    assert_frame(f, 0, true, 0, 0, 0, 1, 0x40, 1, 7, 0, 0, 0, 1, 0x42, 1, 8, 0, 0, 0, 1, 0x44, 1, 9, 0, 0, 0, 1, 0x26,
                 1, 0xA0, 0xA1);
    PUT(f, 2, true, 0x02, 1, 0x80);
    assert_frame(f, 1, false, 0, 0, 0, 1, 0x02, 1, 0x80);
    rtp_unpack_gap(&f->u);
    PUT(f, 3, true, 0x02, 1, 0x40); /* no first_slice_segment_in_pic_flag */
    assert_true(f->seen.frames[2].is_broken);
    PUT(f, 4, true, 0x02); /* cut */
    assert_true(f->seen.frames[3].is_broken);
    feed_free(f);
}

/* ---- VP8, VP9 ---- */

static void vp8_partitions_become_a_frame(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_VP8);
    PUT(f, 1, false, 0x90, 0xF0, 0x81, 0x02, 0x03, 0x04, 0x10,
        0xA0); /* all extensions, PictureID of 15 bits; a key frame */
    PUT(f, 1, true, 0x00, 0xA1);
    assert_frame(f, 0, true, 0x10, 0xA0, 0xA1);
    PUT(f, 2, true, 0x10, 0x11, 0xA2);
    assert_frame(f, 1, false, 0x11, 0xA2);
    PUT(f, 3, true, 0x01, 0x11); /* a partition that is not the first */
    assert_true(f->seen.frames[2].is_broken);
    rtp_unpack_gap(&f->u);
    PUT(f, 4, true, 0x10, 0x10);
    assert_false(f->seen.frames[3].is_broken);
    PUT(f, 5, true, 0x90, 0x80);
    assert_true(f->seen.frames[4].is_broken);
    feed_free(f);
}

static void vp9_descriptors_are_taken_off(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_VP9);
    /* A key frame: flexible, 15 bits of id, layers, structure of one layer with its size and one picture with one reference. Frame marker
     * 2, profile 0, key, sync code, color space 1, 16 x 16. */
    PUT(f, 1, false, 0xba, 0x81, 0x02, 0x00, 0x18, 0, 16, 0, 16, 1, 0x04, 0x01, 0x82, 0x49, 0x83, 0x42, 0x20, 0x00,
        0xf0);
    PUT(f, 1, true, 0xa4, 0x02, 0x00, 0x00, 0xf0, 0x00);
    assert_frame(f, 0, true, 0x82, 0x49, 0x83, 0x42, 0x20, 0x00, 0xf0, 0xf0, 0x00);
    PUT(f, 2, true, 0xdc, 0x03, 0x03, 0x04, 0x86, 0x00); /* inter, two references */
    assert_frame(f, 1, false, 0x86, 0x00);
    rtp_unpack_gap(&f->u);
    PUT(f, 3, true, 0x84, 0x04, 0x86); /* no start */
    assert_true(f->seen.frames[2].is_broken);
    PUT(f, 4, true, 0xa8, 0x04); /* cut in the layers */
    assert_true(f->seen.frames[3].is_broken);
    feed_free(f);
}

/* ---- AV1 ---- */

static void av1_elements_get_their_sizes(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_AV1);
    PUT(f, 1, false, 0x68, 2, 0x08, 0x55, 0x30, 0xA0); /* Y, W 2, N: a sequence header, and the start of a frame */
    PUT(f, 1, false, 0xd0, 0xA1);                      /* Z, Y, W 1 */
    PUT(f, 1, true, 0x80, 1, 0xA2);                    /* Z, W 0 */
    assert_frame(f, 0, false, 0x0a, 0x81, 0x80, 0x80, 0, 0x55, 0x32, 0x83, 0x80, 0x80, 0, 0xA0, 0xA1, 0xA2);
    PUT(f, 2, true, 0x10, 0x32, 0x01, 0xA0); /* with a size of its own */
    assert_frame(f, 1, false, 0x32, 0x01, 0xA0);
    PUT(f, 3, true, 0x10, 0x34, 0x28, 0xA0); /* with an extension */
    assert_frame(f, 2, false, 0x36, 0x28, 0x81, 0x80, 0x80, 0, 0xA0);
    feed_free(f);
}

static void av1_parts_that_do_not_fit_break_the_frame(void **state)
{
    (void)state;
    struct feed *f = feed_new(CODEC_AV1);
    PUT(f, 1, true, 0x90, 0xA0);             /* goes on with nothing */
    PUT(f, 2, true, 0x50, 0x30, 0xA0);       /* ends in the middle */
    PUT(f, 3, true, 0x00, 9, 0x30);          /* cut */
    PUT(f, 4, true, 0x10);                   /* nothing */
    PUT(f, 5, true, 0x10, 0x32, 0x07, 0xA0); /* a size that is not that of the element */
    PUT(f, 6, true, 0x10, 0x34);             /* cut in the header */
    rtp_unpack_gap(&f->u);
    PUT(f, 7, true, 0x10, 0x30, 0xA0); /* Who knows what came before? */
    rtp_unpack_gap(&f->u);
    PUT(f, 8, true, 0x18, 0x30, 0xA0); /* a new sequence */
    assert_int_equal(f->seen.n, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(f->seen.frames[i].is_broken, i < 7);
    feed_free(f);
}

/* ---- sound ---- */

static void each_packet_of_sound_is_a_frame(void **state)
{
    (void)state;
    static const enum codec codecs[] = { CODEC_OPUS, CODEC_PCMA, CODEC_PCMU };
    for (size_t i = 0; i < 3; i++) {
        struct feed *f = feed_new(codecs[i]);
        PUT(f, 960, true, 0xfc, 1, 2);
        PUT(f, 1920, false, 0xf8); /* DTX: one byte */
        put(f, 2880, false, "", 0);
        rtp_unpack_gap(&f->u);
        PUT(f, 3840, false, 0xfc, 3);
        assert_int_equal(f->seen.n, 3);
        assert_frame(f, 0, true, 0xfc, 1, 2);
        assert_frame(f, 1, true, 0xf8);
        assert_frame(f, 2, true, 0xfc, 3);
        assert_int_equal(f->seen.frames[2].ts, 3840);
        assert_true(f->seen.frames[2].follows_gap);
        feed_free(f);
    }
}

static void tells_the_form_of_a_codec(void **state)
{
    (void)state;
    assert_int_equal(rtp_unpack_form(CODEC_HEVC), UNIT_STREAM);
    assert_int_equal(rtp_unpack_form(CODEC_AV1), UNIT_STORED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(avc_sets_and_slices_become_one_picture),
        cmocka_unit_test(a_frame_without_marker_ends_before_the_next_time),
        cmocka_unit_test(a_gap_in_a_frame_breaks_it),
        cmocka_unit_test(a_frame_after_a_gap_is_whole_if_it_shows_its_beginning),
        cmocka_unit_test(malformed_avc_payloads_break_their_frame_alone),
        cmocka_unit_test(padding_opens_no_frame),
        cmocka_unit_test(a_frame_beyond_the_bound_is_broken),
        cmocka_unit_test(memory_that_is_out_breaks_the_frame),
        cmocka_unit_test(hevc_aggregates_and_fragments_become_a_picture),
        cmocka_unit_test(vp8_partitions_become_a_frame),
        cmocka_unit_test(vp9_descriptors_are_taken_off),
        cmocka_unit_test(av1_elements_get_their_sizes),
        cmocka_unit_test(av1_parts_that_do_not_fit_break_the_frame),
        cmocka_unit_test(each_packet_of_sound_is_a_frame),
        cmocka_unit_test(tells_the_form_of_a_codec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
