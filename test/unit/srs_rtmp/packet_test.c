/* What the client library tells of packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "srs_rtmp/srs_rtmp.h"

static void describes_the_packets_of_encoders(void **state)
{
    static const struct {
        const char *bytes;
        uint8_t     type;
        const char *codec;
        int         is_config, is_key, cts_ms;
        size_t      len, media_at, media_len;
    } rows[] = {
        { "\x17\0\0\0\0\1\x42", SRS_RTMP_VIDEO, "H264", 1, 0, 0, 7, 5, 2 },
        { "\x17\1\0\0\x28\0\0\0\1\x65", SRS_RTMP_VIDEO, "H264", 0, 1, 40, 10, 5, 5 },
        { "\x27\1\xff\xff\xff\0\0\0\1\x41", SRS_RTMP_VIDEO, "H264", 0, 0, -1, 10, 5, 5 },
        { "\x90hvc1\1", SRS_RTMP_VIDEO, "HEVC", 1, 0, 0, 6, 5, 1 }, /* Enhanced RTMP: key frame, SequenceStart */
        { "\xaf\0\x12\x10", SRS_RTMP_AUDIO, "AAC", 1, 0, 0, 4, 2, 2 },
        { "\xaf\1\x21", SRS_RTMP_AUDIO, "AAC", 0, 0, 0, 3, 2, 1 },
        { "\x2f\xff\xfb", SRS_RTMP_AUDIO, "MP3", 0, 0, 0, 3, 1, 2 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct srs_rtmp_packet p = { rows[i].type, 0, (const uint8_t *)rows[i].bytes, rows[i].len };
        struct srs_rtmp_media  m;
        assert_int_equal(srs_rtmp_describe(&p, &m), SRS_RTMP_OK);
        assert_string_equal(m.codec, rows[i].codec);
        assert_int_equal(m.is_config, rows[i].is_config);
        assert_int_equal(m.is_key, rows[i].is_key);
        assert_int_equal(m.cts_ms, rows[i].cts_ms);
        assert_ptr_equal(m.bytes, p.data + rows[i].media_at);
        assert_int_equal(m.len, rows[i].media_len);
    }
}

static void describes_silence(void **state)
{
    static const struct srs_rtmp_packet p = { SRS_RTMP_AUDIO, 0, NULL, 0 };
    struct srs_rtmp_media               m;
    double                              number;
    (void)state;
    assert_int_equal(srs_rtmp_describe(&p, &m), SRS_RTMP_OK);
    assert_string_equal(m.codec, "None");
    assert_null(m.bytes);
    assert_int_equal(srs_rtmp_metadata_number(&p, "width", &number), SRS_RTMP_BAD_DATA);
}

static void does_not_describe_other_bytes(void **state)
{
    static const struct srs_rtmp_packet rows[] = {
        { SRS_RTMP_VIDEO, 0, (const uint8_t *)"\x17\1", 2 },       /* cut */
        { SRS_RTMP_VIDEO, 0, (const uint8_t *)"\x1e\1\0\0\0", 5 }, /* no codec has this number */
        { SRS_RTMP_SCRIPT, 0, (const uint8_t *)"\2\0\0", 3 },
        { SRS_RTMP_AUDIO, 0, (const uint8_t *)"\xaf", 1 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct srs_rtmp_media m;
        assert_int_equal(srs_rtmp_describe(&rows[i], &m), SRS_RTMP_BAD_DATA);
        assert_non_null(m.codec);
        assert_int_equal(m.len, 0);
    }
}

static const struct srs_rtmp_property properties[] = {
    { "width", NULL, 1920 }, { "framerate", NULL, 29.97 }, { "encoder", "an encoder", 0 }, { "empty", "", 7 }
};

static void reads_the_metadata_that_it_has_written(void **state)
{
    uint8_t                body[256];
    char                   text[64], small[4];
    double                 number;
    struct srs_rtmp_packet p = { SRS_RTMP_SCRIPT, 0, body, 0 };
    (void)state;
    p.len = srs_rtmp_metadata_write(body, sizeof body, properties, ARRAY_LEN(properties));
    assert_true(p.len > 0);
    assert_int_equal(srs_rtmp_metadata_number(&p, "width", &number), SRS_RTMP_OK);
    assert_true(number == 1920);
    assert_int_equal(srs_rtmp_metadata_number(&p, "framerate", &number), SRS_RTMP_OK);
    assert_true(number == 29.97);
    assert_int_equal(srs_rtmp_metadata_text(&p, "encoder", text, sizeof text), SRS_RTMP_OK);
    assert_string_equal(text, "an encoder");
    assert_int_equal(srs_rtmp_metadata_text(&p, "encoder", small, sizeof small), SRS_RTMP_OK);
    assert_string_equal(small, "an ");
    assert_int_equal(srs_rtmp_metadata_text(&p, "empty", text, sizeof text), SRS_RTMP_OK);
    assert_string_equal(text, "");
    assert_int_equal(srs_rtmp_metadata_number(&p, "encoder", &number), SRS_RTMP_BAD_DATA);
    assert_int_equal(srs_rtmp_metadata_text(&p, "width", text, sizeof text), SRS_RTMP_BAD_DATA);
    assert_int_equal(srs_rtmp_metadata_number(&p, "height", &number), SRS_RTMP_BAD_DATA);
    for (size_t cap = 0; cap < p.len; cap++)
        assert_int_equal(srs_rtmp_metadata_write(body, cap, properties, ARRAY_LEN(properties)), 0);
}

static void finds_nothing_in_metadata_that_is_cut(void **state)
{
    uint8_t                body[256];
    double                 number;
    struct srs_rtmp_packet p = { SRS_RTMP_SCRIPT, 0, body, 0 };
    size_t                 len = srs_rtmp_metadata_write(body, sizeof body, properties, 1),
           whole = len - 3; /* without the end marker */
    (void)state;
    for (p.len = 0; p.len < len; p.len++)
        assert_int_equal(srs_rtmp_metadata_number(&p, "width", &number),
                         p.len < whole ? SRS_RTMP_BAD_DATA : SRS_RTMP_OK);
}

static void has_words_for_each_result(void **state)
{
    (void)state;
    for (int i = SRS_RTMP_OK; i <= SRS_RTMP_NO_MEMORY; i++)
        assert_string_not_equal(srs_rtmp_result_text((enum srs_rtmp_result)i), "unknown");
    assert_string_equal(srs_rtmp_result_text((enum srs_rtmp_result)(SRS_RTMP_NO_MEMORY + 1)), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes_the_packets_of_encoders),
        cmocka_unit_test(describes_silence),
        cmocka_unit_test(does_not_describe_other_bytes),
        cmocka_unit_test(reads_the_metadata_that_it_has_written),
        cmocka_unit_test(finds_nothing_in_metadata_that_is_cut),
        cmocka_unit_test(has_words_for_each_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
