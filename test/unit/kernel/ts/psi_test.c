#include "kernel/ts/psi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"

/* The CRC of Annex A, computed bit by bit as in the figure. Over a section with its CRC it is 0. */
static unsigned long remainder_of(const uint8_t *bytes, size_t len)
{
    unsigned long crc = 0xFFFFFFFF;
    for (size_t bit = 0; bit < len * 8; bit++) {
        unsigned long in = bytes[bit / 8] >> (7 - bit % 8) & 1, top = crc >> 31 & 1;
        crc = crc << 1 & 0xFFFFFFFF;
        if (in != top)
            crc ^= 0x04C11DB7;
    }
    return crc;
}

static void write_both(uint8_t out[TS_PSI_LEN], const struct ts_program *program, uint8_t cc[TS_TRACKS])
{
    struct wr w = wr_over(out, TS_PSI_LEN);
    ts_psi_write(&w, program, cc);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), TS_PSI_LEN);
}

static void assert_stuffed(const uint8_t *packet, size_t from)
{
    for (size_t i = from; i < TS_PACKET_LEN; i++)
        assert_int_equal(packet[i], 0xFF);
}

static void the_pat_names_one_program(void **state)
{
    (void)state;
    static const uint8_t want[] = {
        0x47, 0x40, 0x00, 0x17,                         /* PID 0, a section begins, counter 7 */
        0x00,                                           /* pointer_field */
        0x00, 0xB0, 0x0D, 0x00, 0x01, 0xC1, 0x00, 0x00, /* PAT, 13 bytes, transport stream 1, version 0 */
        0x00, 0x01, 0xF0, 0x01,                         /* program 1: its PMT on 0x1001 */
        0x2E, 0x70, 0x19, 0x05,                         /* CRC */
    };
    uint8_t           out[TS_PSI_LEN], cc[TS_TRACKS] = { 7, 15, 0, 0 };
    struct ts_program program = { .version = 3, .video = TS_STREAM_H264 };
    write_both(out, &program, cc);
    assert_memory_equal(out, want, sizeof want);
    assert_stuffed(out, sizeof want);
    assert_int_equal(cc[TS_PAT], 8);
    assert_int_equal(cc[TS_PMT], 0); /* 15, and around */
}

static void the_pmt_names_the_streams(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        struct ts_program program;
        uint8_t           section[64];
        size_t            len; /* without the CRC */
    } rows[] = {
        { { .video = TS_STREAM_H264, .audio = TS_STREAM_AAC_ADTS },
          { 0x02, 0xB0, 0x17, 0x00, 0x01, 0xC1, 0x00, 0x00, 0xE1, 0x00, 0xF0, 0x00,   /* clock on 0x100 */
            0x1B, 0xE1, 0x00, 0xF0, 0x00, 0x0F, 0xE1, 0x01, 0xF0, 0x00 }, 22 },
        { { .version = 1, .video = TS_STREAM_HEVC },
          { 0x02, 0xB0, 0x12, 0x00, 0x01, 0xC3, 0x00, 0x00, 0xE1, 0x00, 0xF0, 0x00,
            0x24, 0xE1, 0x00, 0xF0, 0x00 }, 17 },
        { { .version = 31, .audio = TS_STREAM_MPEG1_AUDIO },
          { 0x02, 0xB0, 0x12, 0x00, 0x01, 0xFF, 0x00, 0x00, 0xE1, 0x01, 0xF0, 0x00,   /* clock on 0x101 */
            0x03, 0xE1, 0x01, 0xF0, 0x00 }, 17 },
        { { .audio = TS_STREAM_PRIVATE, .registration = 0x4F707573, .opus_channels = 2 },
          { 0x02, 0xB0, 0x1C, 0x00, 0x01, 0xC1, 0x00, 0x00, 0xE1, 0x01, 0xF0, 0x00,
            0x06, 0xE1, 0x01, 0xF0, 0x0A, 0x05, 0x04, 'O', 'p', 'u', 's', 0x7F, 0x02, 0x80, 0x02 }, 27 },
        { { .video = TS_STREAM_H264, .audio = TS_STREAM_AC3, .registration = 0x41432D33 },
          { 0x02, 0xB0, 0x1D, 0x00, 0x01, 0xC1, 0x00, 0x00, 0xE1, 0x00, 0xF0, 0x00,
            0x1B, 0xE1, 0x00, 0xF0, 0x00, 0x81, 0xE1, 0x01, 0xF0, 0x06, 0x05, 0x04, 'A', 'C', '-', '3' }, 28 },
        { { .video = TS_STREAM_H264, .has_id3 = true },
          { 0x02, 0xB0, 0x37, 0x00, 0x01, 0xC1, 0x00, 0x00, 0xE1, 0x00, 0xF0, 0x11,
            0x25, 0x0F, 0xFF, 0xFF, 'I', 'D', '3', ' ', 0xFF, 'I', 'D', '3', ' ', 0x00, 0x1F, 0x00, 0x01,
            0x1B, 0xE1, 0x00, 0xF0, 0x00, 0x15, 0xE1, 0x02, 0xF0, 0x0F,
            0x26, 0x0D, 0xFF, 0xFF, 'I', 'D', '3', ' ', 0xFF, 'I', 'D', '3', ' ', 0x00, 0x0F }, 54 },
        { { .version = 2 },
          { 0x02, 0xB0, 0x0D, 0x00, 0x01, 0xC5, 0x00, 0x00, 0xFF, 0xFF, 0xF0, 0x00 }, 12 }, /* no clock */
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t out[TS_PSI_LEN], cc[TS_TRACKS] = { 0 };
        write_both(out, &rows[i].program, cc);
        const uint8_t *packet = out + TS_PACKET_LEN, *section = packet + 5;
        assert_memory_equal(packet, ((uint8_t[]){ 0x47, 0x50, 0x01, 0x10, 0x00 }), 5);
        assert_memory_equal(section, rows[i].section, rows[i].len);
        assert_int_equal(remainder_of(section, rows[i].len + 4), 0);
        assert_stuffed(packet, 5 + rows[i].len + 4);
    }
}

static void without_room_nothing_is_written(void **state)
{
    (void)state;
    uint8_t           out[TS_PSI_LEN], cc[TS_TRACKS] = { 0 };
    struct wr         w = wr_over(out, TS_PSI_LEN - 1);
    struct ts_program program = { .video = TS_STREAM_H264 };
    ts_psi_write(&w, &program, cc);
    assert_true(w.full);
    assert_int_equal(wr_len(&w), 0);
    assert_int_equal(cc[TS_PAT], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pat_names_one_program),
        cmocka_unit_test(the_pmt_names_the_streams),
        cmocka_unit_test(without_room_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
