/* Headers of AC-3 and E-AC-3 syncframes. */
#include "kernel/ac3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/attr.h"

static const struct {
    const char       *what;
    uint8_t           bytes[9];
    struct ac3_header want;
} rows[] = {
    /* clang-format off */
    { "AC-3, 48 kHz, 192 kbit/s, stereo", { 0x0B, 0x77, 0x12, 0x34, 0x14, 0x40, 0x40, 0x00 },
      { false, false, 2, 1536, 48000, 768, 0, 8, 2, 0, 10, false, 0 } },
    { "AC-3, 44.1 kHz, 448 kbit/s, 5.1", { 0x0B, 0x77, 0x12, 0x34, 0x5F, 0x40, 0xE1, 0x00 },
      { false, false, 6, 1536, 44100, 1952, 1, 8, 7, 0, 15, true, 0 } },
    { "AC-3, 32 kHz, 32 kbit/s, mono", { 0x0B, 0x77, 0x12, 0x34, 0x80, 0x40, 0x20, 0x00 },
      { false, false, 1, 1536, 32000, 192, 2, 8, 1, 0, 0, false, 0 } },
    { "E-AC-3, 48 kHz, 5.1, six blocks", { 0x0B, 0x77, 0x02, 0xFF, 0x3F, 0x80, 0x00, 0x00 },
      { true, false, 6, 1536, 48000, 1536, 0, 16, 7, 0, 0, true, 0 } },
    { "E-AC-3, 24 kHz, stereo", { 0x0B, 0x77, 0x00, 0x3F, 0xC4, 0x80, 0x00, 0x00 },
      { true, false, 2, 1536, 24000, 128, 3, 16, 2, 0, 0, false, 0 } },
    { "E-AC-3, a dependent substream", { 0x0B, 0x77, 0x42, 0xFF, 0x34, 0x80, 0x00, 0x00 },
      { true, true, 2, 1536, 48000, 1536, 0, 16, 2, 0, 0, false, 0 } },
    { "E-AC-3, a dependent substream of the rear", { 0x0B, 0x77, 0x42, 0xFF, 0x34, 0x80, 0x10, 0x20, 0x00 },
      { true, true, 2, 1536, 48000, 1536, 0, 16, 2, 0, 0, false, 0x0200 } },
    { "E-AC-3, a dependent substream of two mono channels, with compression",
      { 0x0B, 0x77, 0x42, 0xFF, 0x30, 0x80, 0x2A, 0xA8, 0x2A },
      { true, true, 2, 1536, 48000, 1536, 0, 16, 0, 0, 0, false, 0 } },
    /* clang-format on */
};

static void headers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ac3_header h;
        if (!ac3_header_parse(rows[i].bytes, sizeof rows[i].bytes, &h))
            fail_msg("%s: not read", rows[i].what);
        assert_int_equal(h.enhanced, rows[i].want.enhanced);
        assert_int_equal(h.is_dependent, rows[i].want.is_dependent);
        assert_int_equal(h.channels, rows[i].want.channels);
        assert_int_equal(h.samples, rows[i].want.samples);
        assert_int_equal(h.sample_rate, rows[i].want.sample_rate);
        assert_int_equal(h.frame_len, rows[i].want.frame_len);
        assert_int_equal(h.fscod, rows[i].want.fscod);
        assert_int_equal(h.bsid, rows[i].want.bsid);
        assert_int_equal(h.acmod, rows[i].want.acmod);
        assert_int_equal(h.bsmod, rows[i].want.bsmod);
        assert_int_equal(h.bit_rate_code, rows[i].want.bit_rate_code);
        assert_int_equal(h.lfeon, rows[i].want.lfeon);
        assert_int_equal(h.chanmap, rows[i].want.chanmap);
    }
}

static void what_is_cut_or_cannot_be_is_refused(void **state)
{
    static const uint8_t bad[][8] = {
        { 0x0B, 0x78, 0, 0, 0x14, 0x40, 0x40, 0 }, /* no syncword */
        { 0x0B, 0x77, 0, 0, 0xD4, 0x40, 0x40, 0 }, /* a reserved sampling rate */
        { 0x0B, 0x77, 0, 0, 0x26, 0x40, 0x40, 0 }, /* a reserved size */
        { 0x0B, 0x77, 0, 0, 0x14, 0x50, 0x40, 0 }, /* bsid 10, which is neither */
    };
    struct ac3_header h;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(ac3_header_parse(bad[i], sizeof bad[i], &h));
    for (size_t len = 0; len < 6; len++)
        assert_false(ac3_header_parse(rows[0].bytes, len, &h));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read),
        cmocka_unit_test(what_is_cut_or_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
