/* Splice information: the way out, the way back, and everything that is neither. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "kernel/crc32.h"
#include "kernel/scte35.h"

enum { S = 1000000 };

static const struct row {
    const char      *text;
    enum scte35_kind kind;
    uint32_t         event_id;
    int64_t          duration_us;
} rows[] = {
    /* splice_insert(): out for 30 s, in, cancelled */
    { "fc302500000000000000fff01405000012347feffe000003e8fe002932e0000100000000778c43ff", SCTE35_OUT, 0x1234, 30 * S },
    { "fc302000000000000000fff00f05000012347f4ffe000003e80001000000001d9afbd4", SCTE35_IN, 0x1234, -1 },
    { "fc301600000000000000fff0050500001234ff00001945ff60", SCTE35_CANCEL, 0x1234, -1 },
    /* time_signal(): program start, then a provider's opportunity of 20 s; its end; a program start alone */
    { "fc303d00000000000000fff00506fe000013880027020f43554549000000077fbf0000100101021443554549000000087fff00001b774000"
      "003401"
      "01579bf2dd",
      SCTE35_OUT, 8, 20 * S },
    { "fc302700000000000000fff00506fe000013880011020f43554549000000087fbf000035010178bcf40d", SCTE35_IN, 8, -1 },
    { "fc302300000000000000fff001067f0011020f43554549000000097fbf0000100101af23a094", SCTE35_OTHER, 0, -1 },
    /* splice_null(); an encrypted splice_insert() */
    { "fc301100000000000000fff0000000007a4fbfff", SCTE35_OTHER, 0, -1 },
    { "fc302000800000000000fff00f05000012347fcffe000003e800010000000069706f7b", SCTE35_OTHER, 0, -1 },
    /* in base64, as encoders send it */
    { "/DAlAAAAAAAAAP/wFAUAAAQCf+//KRjAfP4AKTLgAAAAAAAAVYsh2w==", SCTE35_OUT, 0x402, 30 * S },
    { "/DAvAAAAAAAA///wBQb+dGKQoAAZAhdDVUVJSAAAjn+fCAgAAAAALKChijUCAKnMZ1g=", SCTE35_IN, 0x4800008e, -1 },
};

static void sections_tell_the_way_out_and_the_way_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t       section[SCTE35_LEN_MAX];
        struct scte35 s;
        assert_true(scte35_decode(rows[i].text, strlen(rows[i].text), section, &s) > 0);
        assert_int_equal(s.kind, rows[i].kind);
        assert_int_equal(s.event_id, rows[i].event_id);
        assert_int_equal(s.duration_us, rows[i].duration_us);
    }
}

static void hexadecimal_may_have_capitals_and_a_prefix(void **state)
{
    static const char text[] = "0xFC301100000000000000FFF0000000007A4FBFFF";
    uint8_t           section[SCTE35_LEN_MAX];
    struct scte35     s;
    (void)state;
    assert_int_equal(scte35_decode(text, strlen(text), section, &s), 20);
    assert_int_equal(section[0], 0xFC);
    assert_int_equal(section[19], 0xFF);
}

static void texts_without_a_whole_section_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "SpliceOut",
        "0x",
        "fc",
        "/DA",
        "/D",
        "fc301100000000000000fff0000000007a4fbffe",   /* a wrong checksum */
        "fc301100000000000000fff0000000007a4fbfff00", /* a byte too many */
        "fc301200000000000000fff0000000007a4fbfff",   /* a wrong length */
        "/DAgAAAAAAAAAP/wDwUAAAABf0/+AAAAAAABAAAAAA==",
    };
    uint8_t       section[SCTE35_LEN_MAX];
    struct scte35 s;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(scte35_decode(texts[i], strlen(texts[i]), section, &s), 0);
}

/* Give a section that was cut its length and checksum again, so that only its contents are wrong. */
static size_t seal(uint8_t *section, size_t len)
{
    size_t rest = len + 4 - 3;
    section[1] = (uint8_t)(0x30 | rest >> 8);
    section[2] = (uint8_t)rest;
    uint32_t crc = crc32_mpeg(section, len);
    for (int i = 0; i < 4; i++)
        section[len + i] = (uint8_t)(crc >> (24 - 8 * i));
    return len + 4;
}

static void a_section_that_ends_inside_its_command_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        uint8_t       section[SCTE35_LEN_MAX + 4];
        struct scte35 s;
        size_t        len = scte35_decode(rows[i].text, strlen(rows[i].text), section, &s) - 4;
        assert_true(scte35_read(section, seal(section, len), &s));
        assert_int_equal(s.kind, rows[i].kind);
        for (size_t cut = 3; cut < len - 2; cut++) { /* without the length of the descriptors nothing is missed */
            uint8_t shorter[SCTE35_LEN_MAX + 4];
            memcpy(shorter, section, cut);
            assert_false(scte35_read(shorter, seal(shorter, cut), &s) && s.kind == rows[i].kind &&
                         s.duration_us != rows[i].duration_us);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_tell_the_way_out_and_the_way_back),
        cmocka_unit_test(hexadecimal_may_have_capitals_and_a_prefix),
        cmocka_unit_test(texts_without_a_whole_section_are_refused),
        cmocka_unit_test(a_section_that_ends_inside_its_command_is_refused),
    };
    return cmocka_run_group_tests_name("scte35", tests, NULL, NULL);
}
