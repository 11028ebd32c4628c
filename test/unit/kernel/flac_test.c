#include "kernel/flac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A header by ffmpeg: the mark, block header (STREAMINFO, 34 bytes), 4608 samples a block, 48000 Hz, mono, 16 bits. */
static const uint8_t stream[] = {
    'f',  'L',  'a',  'C',  0x00, 0x00, 0x00, 0x22, 0x12, 0x00, 0x12, 0x00, 0x00, 0x02,
    0x55, 0x00, 0x04, 0xFF, 0x0B, 0xB8, 0x00, 0xF0, 0x00, 0x00, 0xBB, 0x80, 0xBA, 0x53,
    0xAB, 0xF5, 0x6C, 0xED, 0x38, 0x1F, 0x73, 0x0B, 0x6F, 0x85, 0xC5, 0xF5, 0xE4, 0x3D,
};

static void reads_all_three_forms(void **state)
{
    (void)state;
    for (size_t skip = 0; skip <= 8; skip += 4) {
        struct flac_info info;
        assert_true(flac_info_parse(stream + skip, sizeof stream - skip, &info));
        assert_ptr_equal(info.streaminfo, stream + 8);
        assert_int_equal(info.sample_rate, 48000);
        assert_int_equal(info.channels, 1);
        assert_int_equal(info.sample_bits, 16);
        assert_int_equal(info.block_max, 4608);
    }
}

static void a_cut_is_refused(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof stream; cut++) {
        uint8_t         *bytes = malloc(cut + 1);
        struct flac_info info;
        memcpy(bytes, stream, cut);
        assert_false(flac_info_parse(bytes, cut, &info));
        free(bytes);
    }
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    uint8_t          bytes[sizeof stream];
    struct flac_info info;
    memcpy(bytes, stream, sizeof bytes);
    bytes[4] = 0x84; /* a comment block */
    assert_false(flac_info_parse(bytes, sizeof bytes, &info));
    bytes[4] = 0x80; /* the last block */
    assert_true(flac_info_parse(bytes, sizeof bytes, &info));
    bytes[18] = bytes[19] = bytes[20] = 0; /* a rate of 0 */
    assert_false(flac_info_parse(bytes, sizeof bytes, &info));
}

/* Frames up to and with their block size: sync and numbering, block size and rate, channels and bits, number, rest of the size. */
static void frames_tell_their_length(void **state)
{
    (void)state;
    static const struct {
        uint8_t  bytes[16];
        size_t   len;
        uint32_t samples;
    } rows[] = {
        { { 0xff, 0xf8, 0x5a, 0x08, 0x00 }, 5, 4608 },
        { { 0xff, 0xf8, 0x1a, 0x08, 0x7f }, 5, 192 },
        { { 0xff, 0xf8, 0x2a, 0x08, 0x00 }, 5, 576 },
        { { 0xff, 0xf8, 0x8a, 0x08, 0x00 }, 5, 256 },
        { { 0xff, 0xf8, 0xfa, 0x08, 0x00 }, 5, 32768 },
        { { 0xff, 0xf8, 0x6a, 0x08, 0x05, 0x0f }, 6, 16 },
        { { 0xff, 0xf8, 0x7a, 0x08, 0x05, 0x0b, 0xb7 }, 7, 3000 },
        { { 0xff, 0xf9, 0x7a, 0x08, 0xc2, 0x80, 0x0b, 0xb7 }, 8, 3000 },                                /* varying */
        { { 0xff, 0xf9, 0x7a, 0x08, 0xfe, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x0b, 0xb7 }, 13, 3000 }, /* 36 bits */
        { { 0xff, 0xf8, 0x0a, 0x08, 0x00 }, 5, 0 },             /* a reserved size */
        { { 0xff, 0xf8, 0x7a, 0x08, 0x00, 0xff, 0xff }, 7, 0 }, /* 65536 is not allowed */
        { { 0xff, 0xf8, 0x5a, 0x08, 0x80 }, 5, 0 },             /* no number begins so */
        { { 0xff, 0xf8, 0x5a, 0x08, 0xff }, 5, 0 },
        { { 0xff, 0xf2, 0x5a, 0x08, 0x00 }, 5, 0 }, /* no sync */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t cut = 0; cut < rows[i].len; cut++) {
            uint8_t *bytes = malloc(cut + 1);
            memcpy(bytes, rows[i].bytes, cut);
            assert_int_equal(flac_frame_samples(bytes, cut), 0);
            free(bytes);
        }
        assert_int_equal(flac_frame_samples(rows[i].bytes, rows[i].len), rows[i].samples);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_three_forms),
        cmocka_unit_test(a_cut_is_refused),
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(frames_tell_their_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
