#include "kernel/vp9.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* vpcC of libvpx: version and flags; profile 0, level 1.1, 8 bits, 4:2:0; unspecified colours; no further data */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_record_with_and_without_the_box),
        cmocka_unit_test(a_cut_is_refused),
        cmocka_unit_test(refuses_what_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
