#include "kernel/opus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* OpusHead of libopus: version 1, mono, pre-skip 312, 48000 Hz, no gain, family 0 */
static const uint8_t mono[] = {
    'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 0x01, 0x01, 0x38, 0x01, 0x80, 0xBB, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static void reads_the_header_of_libopus(void **state)
{
    (void)state;
    struct opus_head h;
    assert_true(opus_head_parse(mono, sizeof mono, &h));
    assert_int_equal(h.channels, 1);
    assert_int_equal(h.pre_skip, 312);
    assert_int_equal(h.input_rate, 48000);
    assert_int_equal(h.mapping_family, 0);
}

static void a_cut_is_refused(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof mono; cut++) {
        uint8_t         *bytes = malloc(cut + 1);
        struct opus_head h;
        memcpy(bytes, mono, cut);
        assert_false(opus_head_parse(bytes, cut, &h));
        free(bytes);
    }
}

static void surround_needs_its_mapping(void **state)
{
    (void)state;
    uint8_t          bytes[sizeof mono + 2 + 6] = { 0 };
    struct opus_head h;
    memcpy(bytes, mono, sizeof mono);
    bytes[9] = 6;
    assert_false(opus_head_parse(bytes, sizeof mono, &h)); /* six channels of family 0 */
    bytes[18] = 1;
    assert_false(opus_head_parse(bytes, sizeof bytes - 1, &h));
    assert_true(opus_head_parse(bytes, sizeof bytes, &h));
    assert_int_equal(h.channels, 6);
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    uint8_t          bytes[sizeof mono];
    struct opus_head h;
    memcpy(bytes, mono, sizeof bytes);
    bytes[9] = 0; /* channels */
    assert_false(opus_head_parse(bytes, sizeof bytes, &h));
    bytes[9] = 2;
    bytes[8] = 0x10; /* another major version */
    assert_false(opus_head_parse(bytes, sizeof bytes, &h));
    bytes[8] = 0x0F; /* a minor one */
    assert_true(opus_head_parse(bytes, sizeof bytes, &h));
    bytes[0] = 'o';
    assert_false(opus_head_parse(bytes, sizeof bytes, &h));
}

static void a_packet_tells_its_length(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        uint8_t  bytes[2];
        size_t   len;
        unsigned samples;
    } rows[] = {
        { { 0x78 }, 1, 960 },       /* hybrid, 20 ms            */
        { { 0x70 }, 1, 480 },       /* hybrid, 10 ms            */
        { { 0x18 }, 1, 2880 },      /* SILK, 60 ms              */
        { { 0x80 }, 1, 120 },       /* CELT, 2.5 ms             */
        { { 0xFD }, 1, 1920 },      /* CELT, two of 20 ms       */
        { { 0xFE }, 1, 1920 },      /* two of different sizes   */
        { { 0xFB, 0x83 }, 2, 2880 }, /* CELT, three of 20 ms, of different sizes */
        { { 0x1B, 0x02 }, 2, 5760 },/* SILK, two of 60 ms       */
        { { 0x1B, 0x03 }, 2, 0 },   /* longer than 120 ms       */
        { { 0xFB, 0x00 }, 2, 0 },   /* none                     */
        { { 0xFB }, 1, 0 },         /* cut                      */
        { { 0 }, 0, 0 },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(opus_packet_samples(rows[i].bytes, rows[i].len), rows[i].samples);
}

static void tells_gain_and_mapping(void **state)
{
    (void)state;
    static const uint8_t surround[] = { 'O',  'p',  'u', 's', 'H',  'e',  'a', 'd', 1, 3, 0x38, 0x01,
                                        0x80, 0xBB, 0,   0,   0xFE, 0xFF, 1,   2,   1, 0, 2,    1 };
    struct opus_head     h;
    assert_true(opus_head_parse(surround, sizeof surround, &h));
    assert_int_equal(h.gain, -2);
    assert_ptr_equal(h.mapping, surround + 19);
    assert_true(opus_head_parse(mono, sizeof mono, &h));
    assert_null(h.mapping);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_header_of_libopus), cmocka_unit_test(a_cut_is_refused),
        cmocka_unit_test(surround_needs_its_mapping),  cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(a_packet_tells_its_length),   cmocka_unit_test(tells_gain_and_mapping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
