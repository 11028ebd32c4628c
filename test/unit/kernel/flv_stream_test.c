/* FLV in pieces: every cut gives the same tags, and data that is not FLV is refused at once. */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "kernel/flv_stream.h"

enum { LONG = 3 * FLV_STREAM_ROOM_FIRST + 7, BYTES = LONG + 1000 };

struct expected {
    uint8_t  type;
    int32_t  dts_ms;
    uint32_t len;
};

static const struct expected tags[] = {
    { FLV_SCRIPT, 0, 5 }, { FLV_VIDEO, 0, 0 }, { FLV_AUDIO, -1, 3 }, { FLV_VIDEO, 0x01000028, LONG },
    { FLV_AUDIO, 40, 1 },
};

static uint8_t bytes[BYTES];
static size_t  n_bytes;

static int setup(void **state)
{
    (void)state;
    static uint8_t body[LONG];
    struct wr      w = wr_over(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)(i * 7 + i / 251);
    flv_write_header(&w, true, true);
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        struct flv_tag tag = { tags[i].type, tags[i].dts_ms, body + i,
                               tags[i].len > LONG - i ? LONG - (uint32_t)i : tags[i].len };
        flv_write_tag(&w, &tag);
    }
    assert_false(w.full);
    n_bytes = wr_len(&w);
    return 0;
}

/* Feed the stream in pieces of `step` bytes and compare the result with `tags`. Returns the number of tags. */
static size_t run(size_t step)
{
    struct flv_stream s = { 0 };
    size_t            n = 0;
    for (size_t at = 0; at < n_bytes; at += step) {
        struct rd             in = rd_over(bytes + at, n_bytes - at < step ? n_bytes - at : step);
        struct flv_stream_tag tag;
        enum flv_stream_read  got;
        while ((got = flv_stream_read(&s, &in, &tag)) == FLV_STREAM_TAG) {
            const struct frame *f = tag.frame;
            uint32_t            len = tags[n].len > LONG - n ? LONG - (uint32_t)n : tags[n].len;
            assert_int_equal(tag.dts_ms, tags[n].dts_ms);
            assert_int_equal(f->len, len);
            assert_int_equal(f->kind, tags[n].type == FLV_AUDIO   ? FRAME_AUDIO
                                      : tags[n].type == FLV_VIDEO ? FRAME_VIDEO
                                                                  : FRAME_SCRIPT);
            for (size_t i = 0; i < len; i++)
                if (f->data[i] != (uint8_t)((i + n) * 7 + (i + n) / 251))
                    fail_msg("tag %zu, byte %zu", n, i);
            frame_unref(&tag.frame);
            n++;
        }
        assert_int_equal(got, FLV_STREAM_NEED_MORE);
        assert_int_equal(rd_left(&in), 0);
    }
    assert_true(s.has_header && s.header.has_audio && s.header.has_video);
    flv_stream_finish(&s);
    return n;
}

static void the_same_tags_come_out_however_it_is_cut(void **state)
{
    static const size_t steps[] = { 1,  2,  3,  5,   7,    10,    11,    12,     13,   14,
                                    15, 16, 17, 100, 4096, 65535, 65536, 100000, BYTES };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        assert_int_equal(run(steps[i]), ARRAY_LEN(tags));
}

static void a_tag_is_there_with_its_last_byte(void **state)
{
    static const uint8_t tag[] = { 8, 0, 0, 1, 0, 0, 40, 0, 0, 0, 0, 0xaf }; /* without its PreviousTagSize */
    (void)state;
    struct flv_stream     s = { 0 };
    struct flv_stream_tag got;
    struct rd             header = rd_over(bytes, FLV_HEADER_LEN), in = rd_over(tag, sizeof tag);
    assert_int_equal(flv_stream_read(&s, &header, &got), FLV_STREAM_NEED_MORE);
    assert_int_equal(flv_stream_read(&s, &in, &got), FLV_STREAM_TAG);
    assert_int_equal(got.dts_ms, 40);
    frame_unref(&got.frame);
    flv_stream_finish(&s);
}

static void a_longer_header_is_skipped(void **state)
{
    static const uint8_t flv[] = { 'F', 'L', 'V', 2, 1, 0, 0, 0, 11, 'x', 'y', 0, 0,  0,
                                   0,   9,   0,   0, 1, 0, 0, 0, 0,  0,   0,   0, 'z' };
    (void)state;
    for (size_t step = 1; step <= sizeof flv; step++) {
        struct flv_stream     s = { 0 };
        struct flv_stream_tag tag = { 0 };
        for (size_t at = 0; at < sizeof flv; at += step) {
            struct rd in = rd_over(flv + at, sizeof flv - at < step ? sizeof flv - at : step);
            flv_stream_read(&s, &in, &tag);
        }
        assert_non_null(tag.frame);
        assert_int_equal(tag.frame->data[0], 'z');
        assert_false(s.header.has_audio);
        frame_unref(&tag.frame);
        flv_stream_finish(&s);
    }
}

static void what_is_no_flv_is_told_at_its_first_wrong_byte(void **state)
{
    static const struct {
        uint8_t bytes[32];
        size_t  len;
    } rows[] = {
        { "<", 1 },
        { "FLX", 3 },
        { { 'F', 'L', 'V', 1, 5, 0, 0, 0, 8 }, 9 }, /* DataOffset shorter than the header */
        { { 'F', 'L', 'V', 1, 5, 0, 0, 4, 1 }, 9 }, /* DataOffset beyond the bound */
        { { 'F', 'L', 'V', 1, 5, 0xff, 0xff, 0xff, 0xff }, 9 },
        { { 'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 24 }, /* TagType 7 */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct flv_stream     s = { 0 };
        struct flv_stream_tag tag;
        for (size_t at = 0; at < rows[i].len; at++) {
            struct rd in = rd_over(rows[i].bytes + at, 1);
            assert_int_equal(flv_stream_read(&s, &in, &tag),
                             at + 1 < rows[i].len ? FLV_STREAM_NEED_MORE : FLV_STREAM_BAD);
        }
        flv_stream_finish(&s);
    }
}

static void a_long_tag_does_not_choose_how_much_is_allocated(void **state)
{
    static const uint8_t head[] = { 9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 'x' };
    (void)state;
    struct flv_stream     s = { 0 };
    struct flv_stream_tag tag;
    struct rd             header = rd_over(bytes, FLV_HEADER_LEN), in = rd_over(head, sizeof head);
    assert_int_equal(flv_stream_read(&s, &header, &tag), FLV_STREAM_NEED_MORE);
    assert_int_equal(flv_stream_read(&s, &in, &tag), FLV_STREAM_NEED_MORE);
    assert_int_equal(s.frame->cap, FLV_STREAM_ROOM_FIRST);
    flv_stream_finish(&s);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    size_t n_tags = 0;
    for (int64_t n = 0; n_tags < ARRAY_LEN(tags); n++) {
        struct flv_stream     s = { 0 };
        struct flv_stream_tag tag;
        struct rd             in = rd_over(bytes, n_bytes);
        enum flv_stream_read  got;
        n_tags = 0;
        mem_fail_after(n);
        while ((got = flv_stream_read(&s, &in, &tag)) == FLV_STREAM_TAG) {
            frame_unref(&tag.frame);
            n_tags++;
        }
        assert_int_equal(got, mem_failed() ? FLV_STREAM_NO_MEMORY : FLV_STREAM_NEED_MORE);
        mem_fail_after(-1);
        flv_stream_finish(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests_of_it[] = {
        cmocka_unit_test(the_same_tags_come_out_however_it_is_cut),
        cmocka_unit_test(a_tag_is_there_with_its_last_byte),
        cmocka_unit_test(a_longer_header_is_skipped),
        cmocka_unit_test(what_is_no_flv_is_told_at_its_first_wrong_byte),
        cmocka_unit_test(a_long_tag_does_not_choose_how_much_is_allocated),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests_of_it, setup, NULL);
}
