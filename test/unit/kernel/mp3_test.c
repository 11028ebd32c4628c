#include "kernel/mp3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reads_headers(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        uint8_t  bytes[4];
        uint8_t  layer;
        uint32_t rate, bitrate, frame_len;
        uint8_t  channels;
        uint16_t samples;
    } rows[] = {
        { { 0xFF, 0xFB, 0x54, 0xC4 }, 3, 48000, 64000, 192, 1, 1152 },  /* made by lame, mono               */
        { { 0xFF, 0xF3, 0x70, 0xC0 }, 3, 22050, 56000, 182, 1, 576 },   /* made by lame, MPEG-2             */
        { { 0xFF, 0xFB, 0x92, 0x64 }, 3, 44100, 128000, 418, 2, 1152 }, /* padded, joint stereo             */
        { { 0xFF, 0xE3, 0x18, 0xC0 }, 3, 8000, 8000, 72, 1, 576 },      /* MPEG-2.5                         */
        { { 0xFF, 0xFD, 0x84, 0x00 }, 2, 48000, 128000, 384, 2, 1152 }, /* layer II                         */
        { { 0xFF, 0xFF, 0x40, 0x00 }, 1, 44100, 128000, 136, 2, 384 },  /* layer I counts slots of four     */
        { { 0xFF, 0xFB, 0x00, 0x00 }, 3, 44100, 0, 0, 2, 1152 },        /* free format                      */
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct mp3_header h;
        assert_true(mp3_header_parse(rows[i].bytes, 4, &h));
        assert_int_equal(h.layer, rows[i].layer);
        assert_int_equal(h.sample_rate, rows[i].rate);
        assert_int_equal(h.bitrate, rows[i].bitrate);
        assert_int_equal(h.frame_len, rows[i].frame_len);
        assert_int_equal(h.channels, rows[i].channels);
        assert_int_equal(h.samples, rows[i].samples);
        for (size_t cut = 0; cut < 4; cut++)
            assert_false(mp3_header_parse(rows[i].bytes, cut, &h));
    }
}

static void refuses_what_is_none(void **state)
{
    (void)state;
    /* clang-format off */
    static const uint8_t rows[][4] = {
        { 0xFF, 0xDB, 0x54, 0xC4 }, /* no sync word      */
        { 0xFF, 0xEB, 0x54, 0xC4 }, /* reserved version  */
        { 0xFF, 0xF9, 0x54, 0xC4 }, /* reserved layer: ADTS */
        { 0xFF, 0xFB, 0xF4, 0xC4 }, /* bitrate 15        */
        { 0xFF, 0xFB, 0x5C, 0xC4 }, /* rate 3            */
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct mp3_header h;
        assert_false(mp3_header_parse(rows[i], 4, &h));
    }
}

static void an_empty_tag_opens_a_stream(void **state)
{
    (void)state;
    static const uint8_t want[] = { 'I', 'D', '3', 3, 0, 0, 0, 0, 0, 0 }; /* 2.3.0, no flags, size 0 */
    uint8_t              out[MP3_ID3_LEN];
    struct wr            w = wr_over(out, sizeof out);
    mp3_write_id3(&w);
    assert_int_equal(wr_len(&w), sizeof want);
    assert_memory_equal(out, want, sizeof want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_headers),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(an_empty_tag_opens_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
