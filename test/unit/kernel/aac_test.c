#include "kernel/aac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* clang-format off */
static const struct {
    const char *what;
    uint8_t     bytes[12];
    size_t      len;
    const char *profile;
    uint32_t    core_rate, sample_rate;
    uint8_t     channels;
    uint16_t    frame_len;
} rows[] = {
    /* configuration by ffmpeg's encoder: an SBR sync word follows, which says that there is no SBR */
    { "LC 48000 mono", { 0x11, 0x88, 0x56, 0xE5, 0x00 }, 5, "LC", 48000, 48000, 1, 1024 },
    { "LC 44100 mono", { 0x12, 0x08, 0x56, 0xE5, 0x00 }, 5, "LC", 44100, 44100, 1, 1024 },
    { "LC 48000 5.1", { 0x11, 0xB0, 0x56, 0xE5, 0x00 }, 5, "LC", 48000, 48000, 6, 1024 },
    { "LC in two bytes", { 0x12, 0x10 }, 2, "LC", 44100, 44100, 2, 1024 },
    { "LC 960", { 0x12, 0x14 }, 2, "LC", 44100, 44100, 2, 960 },
    { "Main", { 0x0A, 0x10 }, 2, "Main", 44100, 44100, 2, 1024 },
    { "SSR", { 0x1A, 0x10 }, 2, "SSR", 44100, 44100, 2, 1024 },
    { "LTP", { 0x22, 0x10 }, 2, "Other", 44100, 44100, 2, 1024 },
    { "7.1", { 0x11, 0xB8 }, 2, "LC", 48000, 48000, 8, 1024 },
    { "22.2", { 0x11, 0xE8 }, 2, "LC", 48000, 48000, 24, 1024 },
    { "HE, hierarchical", { 0x2B, 0x11, 0x88, 0x00 }, 4, "HE", 24000, 48000, 2, 1024 },
    { "HEv2, hierarchical", { 0xEB, 0x09, 0x88, 0x00 }, 4, "HEv2", 24000, 48000, 2, 1024 },
    { "HE, sync word", { 0x13, 0x10, 0x56, 0xE5, 0x98 }, 5, "HE", 24000, 48000, 2, 1024 },
    { "HEv2, sync words", { 0x13, 0x08, 0x56, 0xE5, 0x9D, 0x48, 0x80 }, 7, "HEv2", 24000, 48000, 2, 1024 },
    { "rate in full", { 0x17, 0x80, 0x5D, 0xC0, 0x10 }, 5, "LC", 48000, 48000, 2, 1024 },
    { "escaped object type 42", { 0xF9, 0x46, 0x40 }, 3, "Other", 48000, 48000, 2, 1024 },
    { "program_config_element", { 0x12, 0x00, 0x05, 0x04, 0x05, 0x00, 0x21, 0x10 }, 8, "LC", 44100, 44100, 5, 1024 },
};
/* clang-format on */

static void reads_configs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct aac_config c;
        bool              ok = aac_config_parse(rows[i].bytes, rows[i].len, &c);
        if (!ok || c.channels != rows[i].channels || c.sample_rate != rows[i].sample_rate)
            print_message("row: %s\n", rows[i].what);
        assert_true(ok);
        assert_string_equal(aac_profile_name(&c), rows[i].profile);
        assert_int_equal(c.core_rate, rows[i].core_rate);
        assert_int_equal(c.sample_rate, rows[i].sample_rate);
        assert_int_equal(c.channels, rows[i].channels);
        assert_int_equal(c.frame_len, rows[i].frame_len);
    }
}

static void no_cut_is_read_past(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t cut = 0; cut < rows[i].len; cut++) {
            uint8_t          *bytes = malloc(cut + 1);
            struct aac_config c;
            memcpy(bytes, rows[i].bytes, cut);
            if (aac_config_parse(bytes, cut, &c)) /* the sync words may be missing, the rest may not */
                assert_true(cut >= 2 && c.core_rate == rows[i].core_rate);
            free(bytes);
        }
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    /* clang-format off */
    static const uint8_t bad[][5] = {
        { 0x02, 0x10 },                   /* object type 0                        */
        { 0x16, 0x90 },                   /* rate index 13, reserved              */
        { 0x12, 0x48 },                   /* channel configuration 9, reserved    */
        { 0x17, 0x80, 0x00, 0x00, 0x10 }, /* a rate of 0                          */
        { 0x17, 0xFF, 0xFF, 0xFF, 0x90 }, /* a rate of 16 MHz                     */
        { 0x2B, 0x16, 0x88, 0x00, 0x00 }, /* SBR at a reserved rate               */
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct aac_config c;
        assert_false(aac_config_parse(bad[i], sizeof bad[i], &c));
    }
}

static void writes_an_adts_header(void **state)
{
    (void)state;
    /* sync, MPEG-4, no CRC; LC, 44100, stereo; 100 + 7 bytes; variable rate; one block */
    static const uint8_t want[] = { 0xFF, 0xF1, 0x50, 0x80, 0x0D, 0x7F, 0xFC };
    static const uint8_t lc[] = { 0x12, 0x10 };
    uint8_t              out[AAC_ADTS_HEADER_LEN];
    struct wr            w = wr_over(out, sizeof out);
    struct aac_config    c;
    assert_true(aac_config_parse(lc, sizeof lc, &c));
    assert_true(aac_write_adts(&w, &c, 100));
    assert_int_equal(wr_len(&w), sizeof want);
    assert_memory_equal(out, want, sizeof want);
    w = wr_over(out, sizeof out);
    assert_true(aac_write_adts(&w, &c, AAC_ADTS_RAW_MAX));
    w = wr_over(out, sizeof out);
    assert_false(aac_write_adts(&w, &c, AAC_ADTS_RAW_MAX + 1));
    c.channel_config = 0;
    assert_false(aac_write_adts(&w, &c, 100));
    c.channel_config = 11;
    assert_false(aac_write_adts(&w, &c, 100));
    c.channel_config = 2;
    c.object_type = 42;
    assert_false(aac_write_adts(&w, &c, 100));
    c.object_type = AAC_LC;
    c.rate_index = 15;
    assert_false(aac_write_adts(&w, &c, 100));
    assert_int_equal(wr_len(&w), 0);
}

static void an_adts_header_is_read_back_and_makes_the_configuration(void **state)
{
    (void)state;
    for (unsigned object = AAC_MAIN; object <= AAC_LTP; object++)
        for (unsigned rate = 0; rate < 13; rate++)
            for (unsigned channels = 1; channels <= 7; channels++) {
                struct aac_config c = { .object_type = (uint8_t)object }, made;
                struct aac_adts   adts;
                uint8_t           frame[AAC_ADTS_HEADER_LEN + 3] = { 0 }, record[AAC_CONFIG_LEN];
                struct wr         w = wr_over(frame, sizeof frame), out = wr_over(record, sizeof record);
                c.rate_index = (uint8_t)rate;
                c.channel_config = (uint8_t)channels;
                assert_true(aac_write_adts(&w, &c, 3));
                assert_true(aac_adts_parse(frame, sizeof frame, &adts));
                assert_int_equal(adts.frame_len, sizeof frame);
                assert_int_equal(adts.header_len, AAC_ADTS_HEADER_LEN);
                assert_true(aac_config_write(&out, &adts));
                assert_true(aac_config_parse(record, sizeof record, &made));
                assert_int_equal(made.object_type, object);
                assert_int_equal(made.core_rate, aac_rate(rate));
                assert_int_equal(made.channel_config, channels);
            }
}

static void an_adts_frame_that_is_cut_or_cannot_be_told_is_refused(void **state)
{
    (void)state;
    static const uint8_t frame[] = { 0xFF, 0xF1, 0x50, 0x80, 0x01, 0x5F, 0xFC, 0x21, 0x00, 0x49 };
    uint8_t              other[sizeof frame];
    struct aac_adts      adts;
    assert_true(aac_adts_parse(frame, sizeof frame, &adts));
    for (size_t len = 0; len < sizeof frame; len++)
        assert_false(aac_adts_parse(frame, len, &adts));
    memcpy(other, frame, sizeof frame);
    other[6] |= 1; /* two raw data blocks */
    assert_false(aac_adts_parse(other, sizeof other, &adts));
    memcpy(other, frame, sizeof frame);
    other[2] |= 0x3C; /* sampling frequency index 15 */
    assert_false(aac_adts_parse(other, sizeof other, &adts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_configs),
        cmocka_unit_test(no_cut_is_read_past),
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(writes_an_adts_header),
        cmocka_unit_test(an_adts_header_is_read_back_and_makes_the_configuration),
        cmocka_unit_test(an_adts_frame_that_is_cut_or_cannot_be_told_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
