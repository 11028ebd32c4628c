#include "kernel/vp9.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A vpcC by libvpx: version and flags; profile 0, level 1.1, 8 bits, 4:2:0; unspecified colours; no further data. */
static const uint8_t box[] = { 0x01, 0x00, 0x00, 0x00, 0x00, 0x0B, 0x82, 0x02, 0x02, 0x02, 0x00, 0x00 };

static void reads_the_record_with_and_without_the_box(void **state)
{
    (void)state;
    for (size_t skip = 0; skip <= 4; skip += 4) {
        struct vp9_config config;
        assert_true(vp9_config_parse(box + skip, sizeof box - skip, &config));
        assert_string_equal(vp9_profile_name(config.profile), "Profile 0");
        assert_string_equal(vp9_level_name(config.level), "1.1");
        assert_int_equal(config.bit_depth, 8);
        assert_int_equal(config.chroma_subsampling, 1);
        assert_false(config.full_range);
        assert_true(config.primaries == 2 && config.transfer == 2 && config.matrix == 2);
    }
}

static void a_cut_is_refused(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof box; cut++) {
        uint8_t          *bytes = malloc(cut + 1);
        struct vp9_config config;
        memcpy(bytes, box, cut);
        assert_false(vp9_config_parse(bytes, cut, &config));
        free(bytes);
    }
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    /* clang-format off */
    static const uint8_t rows[][8] = {
        { 4, 11, 0x82, 2, 2, 2, 0, 0 }, /* profile 4                    */
        { 0, 11, 0x92, 2, 2, 2, 0, 0 }, /* 9 bits                       */
        { 0, 11, 0x82, 2, 2, 2, 0, 1 }, /* data that is not there       */
        { 1, 0, 0, 0, 0, 11, 0x82, 2 }, /* the box, cut                 */
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct vp9_config config;
        assert_false(vp9_config_parse(rows[i], sizeof rows[i], &config));
    }
    assert_string_equal(vp9_profile_name(4), "Other");
    assert_string_equal(vp9_level_name(0), "Other");
    assert_string_equal(vp9_level_name(62), "6.2");
    assert_string_equal(vp9_level_name(255), "Other");
}

static void a_key_frame_tells_the_size(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        uint8_t  bytes[12];
        size_t   len;
        uint32_t width, height;
    } rows[] = {
        { { 0x82, 0x49, 0x83, 0x42, 0x40, 0x09, 0xF0, 0x07, 0x70 }, 9, 160, 120 }, /* profile 0, as libvpx writes it */
        { { 0xA2, 0x49, 0x83, 0x42, 0x40, 0x02, 0x7E, 0x01, 0x66 }, 9, 320, 180 }, /* profile 1, 4:4:4 */
        { { 0x92, 0x49, 0x83, 0x42, 0x20, 0x04, 0xF8, 0x03, 0xB8 }, 9, 160, 120 }, /* profile 2, 10 bits */
        { { 0xB1, 0x24, 0xC1, 0xA1, 0x10, 0x00, 0x9F, 0x80, 0x59, 0x80 }, 10, 320, 180 }, /* profile 3, 10 bits */
        { { 0xA2, 0x49, 0x83, 0x42, 0xE0, 0x4F, 0xC0, 0x2C, 0xC0 }, 9, 1277, 717 }, /* profile 1, RGB */
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t width = 0, height = 0;
        assert_true(vp9_key_frame_size(rows[i].bytes, rows[i].len, &width, &height));
        assert_int_equal(width, rows[i].width);
        assert_int_equal(height, rows[i].height);
        for (size_t cut = 0; cut < rows[i].len; cut++)
            assert_false(vp9_key_frame_size(rows[i].bytes, cut, &width, &height));
    }
}

static void other_frames_tell_no_size(void **state)
{
    (void)state;
    /* clang-format off */
    static const uint8_t rows[][9] = {
        { 0x86, 0x49, 0x83, 0x42, 0x00, 0x09, 0xF0, 0x07, 0x76 }, /* no key frame            */
        { 0x88, 0x49, 0x83, 0x42, 0x00, 0x09, 0xF0, 0x07, 0x76 }, /* shows an existing frame */
        { 0x42, 0x49, 0x83, 0x42, 0x00, 0x09, 0xF0, 0x07, 0x76 }, /* no frame marker         */
        { 0x82, 0x49, 0x83, 0x43, 0x00, 0x09, 0xF0, 0x07, 0x76 }, /* no sync code            */
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t width, height;
        assert_false(vp9_key_frame_size(rows[i], sizeof rows[i], &width, &height));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_record_with_and_without_the_box),
        cmocka_unit_test(a_cut_is_refused),
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(a_key_frame_tells_the_size),
        cmocka_unit_test(other_frames_tell_no_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
