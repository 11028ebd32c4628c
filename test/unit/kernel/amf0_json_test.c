/* Values of AMF0 as JSON. */
#include <cmocka.h>
#include <string.h>

#include "kernel/amf0.h"
#include "kernel/amf0_json.h"

static void assert_json(const void *bytes, size_t len, const char *wanted)
{
    struct rd r = rd_over(bytes, len);
    struct jw j = JW_INIT;
    amf0_json_put(&j, NULL, &r);
    assert_false(r.bad);
    assert_int_equal(rd_left(&r), 0);
    assert_string_equal(j.text.bytes, wanted);
    jw_finish(&j);
}

static void values_of_each_type(void **state)
{
    static const struct {
        const char *bytes;
        size_t      len;
        const char *wanted;
    } rows[] = {
        { "\0\x40\x3e\x40\0\0\0\0\0", 9, "30.25" },
        { "\0\x7f\xf0\0\0\0\0\0\0", 9, "null" }, /* infinity */
        { "\1\1", 2, "true" },
        { "\2\0\3a\"\0", 6, "\"a\\\"\\u0000\"" },
        { "\x0c\0\0\0\2hi", 7, "\"hi\"" },
        { "\x0f\0\0\0\4<x/>", 9, "\"\\u003cx/\\u003e\"" },
        { "\5", 1, "null" },
        { "\6", 1, "null" },
        { "\7\0\1", 3, "null" },
        { "\x0b\x42\x70\0\0\0\0\0\0\0\0", 11, "1099511627776" },
        { "\3\0\1a\2\0\1b\0\0\x09", 11, "{\"a\":\"b\"}" },
        { "\x10\0\1C\0\1a\1\0\0\0\x09", 12, "{\"a\":false}" },
        { "\x08\0\0\0\1\0\1a\1\0\0\0\x09", 13, "{\"a\":false}" },
        { "\x08\0\0\0\1\0\1a\1\0", 10, "{\"a\":false}" }, /* without its end marker */
        { "\x0a\0\0\0\2\1\1\5", 8, "[true,null]" },
        { "\3\0\0\2\0\0\0\0\x09", 9, "{\"\":\"\"}" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_json(rows[i].bytes, rows[i].len, rows[i].wanted);
}

static void values_nest_as_deep_as_they_may_and_no_deeper(void **state)
{
    uint8_t bytes[6 * (AMF0_DEPTH_MAX + 1) + 1];
    (void)state;
    for (int depth = AMF0_DEPTH_MAX; depth <= AMF0_DEPTH_MAX + 1; depth++) {
        struct wr w = wr_over(bytes, sizeof bytes);
        struct jw j = JW_INIT;
        for (int i = 0; i < depth; i++)
            amf0_write_strict_array(&w, 1);
        amf0_write_null(&w);
        struct rd r = rd_over(bytes, wr_len(&w)), skipped = r;
        amf0_json_put(&j, NULL, &r);
        amf0_skip(&skipped);
        assert_int_equal(r.bad, depth > AMF0_DEPTH_MAX);
        assert_int_equal(skipped.bad, r.bad);
        jw_finish(&j);
    }
}

static void malformed_values_are_bad_at_each_cut(void **state)
{
    static const uint8_t bytes[] = { 3, 0, 1, 'a', 8, 0, 0,   0, 1, 0, 1, 'b', 0x0A, 0,
                                     0, 0, 1, 2,   0, 1, 'x', 0, 0, 9, 0, 0,   9 };
    (void)state;
    for (size_t cut = 0; cut < sizeof bytes; cut++) {
        struct rd r = rd_over(bytes, cut);
        struct jw j = JW_INIT;
        amf0_json_put(&j, NULL, &r);
        assert_true(r.bad);
        jw_finish(&j);
    }
    assert_json(bytes, sizeof bytes, "{\"a\":{\"b\":[\"x\"]}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_each_type),
        cmocka_unit_test(values_nest_as_deep_as_they_may_and_no_deeper),
        cmocka_unit_test(malformed_values_are_bad_at_each_cut),
    };
    return cmocka_run_group_tests_name("amf0_json", tests, NULL, NULL);
}
