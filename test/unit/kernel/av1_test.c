#include "kernel/av1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* av1C of libaom, 320x180: marker and version; Main, 2.0; 8 bits 4:2:0; an OBU of type 1 with its size */
static const uint8_t record[] = {
    0x81, 0x00, 0x0C, 0x00, 0x0A, 0x0B, 0x00, 0x00, 0x00, 0x04, 0x3C, 0xFE, 0xCC, 0xDA, 0xF9, 0x00, 0x40,
};

static void reads_the_record_of_libaom(void **state)
{
    (void)state;
    struct av1_config   config;
    struct av1_sequence s;
    assert_true(av1_config_parse(record, sizeof record, &config));
    assert_int_equal(config.bit_depth, 8);
    assert_string_equal(av1_profile_name(config.profile), "Main");
    assert_string_equal(av1_level_name(config.level_idx), "2.0");
    assert_true(av1_sequence_parse(config.obus, &s));
    assert_int_equal(s.width, 320);
    assert_int_equal(s.height, 180);
    assert_int_equal(s.profile, 0);
    assert_int_equal(s.fps_num, 0);
}

static void a_cut_is_refused(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof record; cut++) {
        uint8_t *bytes = malloc(cut + 1);
        memcpy(bytes, record, cut);
        struct av1_config   config;
        struct av1_sequence s;
        assert_int_equal(av1_config_parse(bytes, cut, &config), cut >= 4);
        assert_false(av1_sequence_parse(rd_over(bytes + (cut < 4 ? cut : 4), cut < 4 ? 0 : cut - 4), &s));
        free(bytes);
    }
}

static void refuses_other_versions(void **state)
{
    (void)state;
    uint8_t           bytes[sizeof record];
    struct av1_config config;
    memcpy(bytes, record, sizeof bytes);
    bytes[0] = 0x82;
    assert_false(av1_config_parse(bytes, sizeof bytes, &config));
    bytes[0] = 0x01;
    assert_false(av1_config_parse(bytes, sizeof bytes, &config));
    static const uint8_t descriptor[] = { 0x80, 0x04, 0x81, 0x00, 0x0C, 0x00 }; /* AV1VideoDescriptor of MPEG-TS */
    assert_false(av1_config_parse(descriptor, sizeof descriptor, &config));
}

static void reads_bit_depths(void **state)
{
    (void)state;
    struct av1_config    config;
    static const uint8_t ten[] = { 0x81, 0x0D, 0x4C, 0 }, twelve[] = { 0x81, 0x4D, 0xE8, 0 };
    assert_true(av1_config_parse(ten, sizeof ten, &config));
    assert_int_equal(config.bit_depth, 10);
    assert_string_equal(av1_level_name(config.level_idx), "5.1");
    assert_true(av1_config_parse(twelve, sizeof twelve, &config));
    assert_int_equal(config.bit_depth, 12);
    assert_int_equal(config.tier, 1);
    assert_string_equal(av1_profile_name(config.profile), "Professional");
}

static void walks_obus(void **state)
{
    (void)state;
    /* clang-format off */
    static const uint8_t unit[] = {
        0x12, 0x00,                   /* temporal delimiter, empty               */
        0x36, 0x08, 0x02, 0xAA, 0xBB, /* frame with an extension byte and a size */
        0x30, 0x01, 0x02,             /* frame without size: to the end          */
    };
    /* clang-format on */
    struct rd      r = rd_over(unit, sizeof unit);
    struct av1_obu obu;
    assert_true(av1_next_obu(&r, &obu));
    assert_int_equal(obu.type, AV1_OBU_TEMPORAL_DELIMITER);
    assert_int_equal(obu.len, 0);
    assert_true(av1_next_obu(&r, &obu));
    assert_int_equal(obu.type, AV1_OBU_FRAME);
    assert_ptr_equal(obu.payload, unit + 5);
    assert_int_equal(obu.len, 2);
    assert_true(av1_next_obu(&r, &obu));
    assert_int_equal(obu.len, 2);
    assert_false(av1_next_obu(&r, &obu));
    assert_false(r.bad);
}

static void refuses_obus_that_cannot_be(void **state)
{
    (void)state;
    /* clang-format off */
    static const uint8_t rows[][11] = {
        { 0x92, 0x00 },                                                       /* forbidden bit          */
        { 0x12, 0x7F },                                                       /* longer than the bytes  */
        { 0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, /* leb128 without end     */
        { 0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F },             /* 2^56 - 1               */
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rd      r = rd_over(rows[i], sizeof rows[i]);
        struct av1_obu obu;
        assert_false(av1_next_obu(&r, &obu));
        assert_true(r.bad);
    }
}

static void reads_timing_and_operating_points(void **state)
{
    (void)state;
    /* Profile 1; timing: tick 1001 of 60000, pictures two ticks apart; a decoder model with delays of 4 bits;
     * two operating points, level 9 with tier and delays, level 4 without; 640x360 in 10 and 9 bits. */
    /* clang-format off */
    static const uint8_t sequence[] = {
        0x0A, 26,                                                       /* sequence header of 26 bytes */
        0x24, 0x00, 0x00, 0x0F, 0xA4, 0x00, 0x03, 0xA9, 0x82, 0xA3, 0x00, 0x00, 0x00,
        0x20, 0x00, 0x01, 0x00, 0x04, 0xF4, 0xB0, 0x00, 0x22, 0x62, 0x7F, 0xB3, 0x80,
    };
    /* clang-format on */
    struct av1_sequence s;
    assert_true(av1_sequence_parse(rd_over(sequence, sizeof sequence), &s));
    assert_int_equal(s.profile, 1);
    assert_int_equal(s.level_idx, 9);
    assert_int_equal(s.tier, 1);
    assert_int_equal(s.fps_num, 60000);
    assert_int_equal(s.fps_den, 2002);
    assert_int_equal(s.width, 640);
    assert_int_equal(s.height, 360);
    for (size_t cut = 0; cut < sizeof sequence; cut++)
        assert_false(av1_sequence_parse(rd_over(sequence, cut), &s));
}

static void a_still_picture_has_a_short_header(void **state)
{
    (void)state;
    /* 000 profile, 1 still, 1 reduced, 00101 level 5, 0111 0110: 8 and 7 bits, 0x63 0x31 */
    static const uint8_t sequence[] = { 0x0A, 0x05, 0x19, 0x5D, 0x98, 0xD8, 0x80 };
    struct av1_sequence  s;
    assert_true(av1_sequence_parse(rd_over(sequence, sizeof sequence), &s));
    assert_int_equal(s.level_idx, 5);
    assert_int_equal(s.width, 0x63 + 1);
    assert_int_equal(s.height, 0x31 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_record_of_libaom),
        cmocka_unit_test(a_cut_is_refused),
        cmocka_unit_test(refuses_other_versions),
        cmocka_unit_test(reads_bit_depths),
        cmocka_unit_test(walks_obus),
        cmocka_unit_test(refuses_obus_that_cannot_be),
        cmocka_unit_test(reads_timing_and_operating_points),
        cmocka_unit_test(a_still_picture_has_a_short_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
