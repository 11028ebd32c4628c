#include "kernel/flv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"

/* clang-format off */
static const uint8_t tag_bytes[] = {
    0x09, 0x00, 0x00, 0x05,                               /* video, DataSize 5                */
    0x00, 0x00, 0x28, 0x01, 0x00, 0x00, 0x00,             /* 40 ms, extended by 1; StreamID 0 */
    0x17, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, /* AVC sequence header; size 11 + 5 */
};
/* clang-format on */

/* clang-format off */
static const uint8_t header_bytes[] = {
    'F', 'L', 'V', 0x01, 0x05, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, /* audio and video; 9; 0 */
};
/* clang-format on */

static void reads_a_tag(void **state)
{
    (void)state;
    struct rd      in = rd_over(tag_bytes, sizeof tag_bytes);
    struct flv_tag tag;
    assert_int_equal(flv_read_tag(&in, &tag), FLV_GOT);
    assert_int_equal(tag.type, FLV_VIDEO);
    assert_int_equal(tag.dts_ms, 0x01000028);
    assert_int_equal(tag.len, 5);
    assert_ptr_equal(tag.body, tag_bytes + 11);
    assert_int_equal(rd_left(&in), 0);
}

static void reads_the_header_of_a_tag_whose_body_is_elsewhere(void **state)
{
    (void)state;
    struct flv_tag tag;
    struct rd      in = rd_over(tag_bytes, FLV_TAG_HEADER_LEN - 1);
    assert_int_equal(flv_read_tag_header(&in, &tag), FLV_NEED_MORE);
    assert_ptr_equal(in.p, tag_bytes);
    in = rd_over(tag_bytes, FLV_TAG_HEADER_LEN);
    assert_int_equal(flv_read_tag_header(&in, &tag), FLV_GOT);
    assert_int_equal(tag.type, FLV_VIDEO);
    assert_int_equal(tag.dts_ms, 0x01000028);
    assert_int_equal(tag.len, 5);
    assert_null(tag.body);
    assert_int_equal(rd_left(&in), 0);
}

static void asks_for_more_at_every_cut(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof tag_bytes; cut++) {
        struct rd      in = rd_over(tag_bytes, cut);
        struct flv_tag tag;
        assert_int_equal(flv_read_tag(&in, &tag), FLV_NEED_MORE);
        assert_ptr_equal(in.p, tag_bytes); /* nothing consumed */
        assert_false(in.bad);
    }
    for (size_t cut = 0; cut < sizeof header_bytes; cut++) {
        struct rd         in = rd_over(header_bytes, cut);
        struct flv_header header;
        assert_int_equal(flv_read_header(&in, &header), FLV_NEED_MORE);
        assert_ptr_equal(in.p, header_bytes);
    }
}

static void refuses_an_unknown_tag_before_its_body(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x0A, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0 };
    struct rd            in = rd_over(bytes, sizeof bytes);
    struct flv_tag       tag;
    assert_int_equal(flv_read_tag(&in, &tag), FLV_BAD);
    assert_ptr_equal(in.p, bytes);
}

static void reads_the_header_and_what_a_later_version_adds(void **state)
{
    (void)state;
    struct flv_header header;
    struct rd         in = rd_over(header_bytes, sizeof header_bytes);
    assert_int_equal(flv_read_header(&in, &header), FLV_GOT);
    assert_int_equal(header.version, 1);
    assert_true(header.has_audio && header.has_video);
    assert_int_equal(rd_left(&in), 0);

    static const uint8_t longer[] = { 'F', 'L', 'V', 2, 0x01, 0, 0, 0, 11, 0xAA, 0xBB, 0, 0, 0, 0 };
    in = rd_over(longer, sizeof longer);
    assert_int_equal(flv_read_header(&in, &header), FLV_GOT);
    assert_true(!header.has_audio && header.has_video);
    assert_int_equal(rd_left(&in), 0);
}

static void refuses_what_is_no_flv_at_its_first_wrong_byte(void **state)
{
    (void)state;
    struct flv_header header;
    struct rd         in = rd_over("FLX", 3);
    assert_int_equal(flv_read_header(&in, &header), FLV_BAD);
    in = rd_over("G", 1);
    assert_int_equal(flv_read_header(&in, &header), FLV_BAD);
    static const uint8_t offsets[][13] = { { 'F', 'L', 'V', 1, 5, 0, 0, 0, 8 }, { 'F', 'L', 'V', 1, 5, 1, 0, 0, 9 } };
    for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
        in = rd_over(offsets[i], sizeof offsets[i]);
        assert_int_equal(flv_read_header(&in, &header), FLV_BAD);
    }
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    uint8_t   out[64];
    struct wr w = wr_over(out, sizeof out);
    flv_write_header(&w, true, true);
    assert_int_equal(wr_len(&w), FLV_HEADER_LEN);
    assert_memory_equal(out, header_bytes, sizeof header_bytes);
    w = wr_over(out, sizeof out);
    flv_write_tag(&w, &(struct flv_tag){ FLV_VIDEO, 0x01000028, tag_bytes + 11, 5 });
    assert_int_equal(wr_len(&w), sizeof tag_bytes);
    assert_memory_equal(out, tag_bytes, sizeof tag_bytes);
    static const int32_t times[] = { 0, 1, 0xFFFFFF, 0x1000000, INT32_MAX, -1, INT32_MIN };
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        w = wr_over(out, sizeof out);
        flv_write_tag(&w, &(struct flv_tag){ FLV_AUDIO, times[i], tag_bytes, 3 });
        struct rd      in = rd_over(out, wr_len(&w));
        struct flv_tag tag;
        assert_int_equal(flv_read_tag(&in, &tag), FLV_GOT);
        assert_int_equal(tag.dts_ms, times[i]);
    }
    w = wr_over(out, sizeof out);
    flv_write_tag_header(&w, FLV_VIDEO, FLV_BODY_MAX + 1, 0);
    assert_true(w.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_tag),
        cmocka_unit_test(reads_the_header_of_a_tag_whose_body_is_elsewhere),
        cmocka_unit_test(asks_for_more_at_every_cut),
        cmocka_unit_test(refuses_an_unknown_tag_before_its_body),
        cmocka_unit_test(reads_the_header_and_what_a_later_version_adds),
        cmocka_unit_test(refuses_what_is_no_flv_at_its_first_wrong_byte),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
