/* The writer of JSON. */
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "core/jw.h"
#include "core/mem.h"

static void assert_text(struct jw *j, const char *wanted)
{
    assert_int_equal(j->text.fault, BUF_SOUND);
    assert_int_equal(j->text.len, strlen(wanted));
    assert_memory_equal(j->text.bytes, wanted, j->text.len);
    jw_finish(j);
}

static void objects_and_arrays_nest_with_commas_between(void **state)
{
    struct jw j = JW_INIT;
    (void)state;
    jw_object(&j, NULL);
    jw_int(&j, "code", 0);
    jw_array(&j, "list");
    jw_object(&j, NULL);
    jw_object_end(&j);
    jw_int(&j, NULL, 1);
    jw_array(&j, NULL);
    jw_array_end(&j);
    jw_array_end(&j);
    jw_null(&j, "video");
    jw_bool(&j, "yes", true);
    jw_bool(&j, "no", false);
    jw_object_end(&j);
    assert_text(&j, "{\"code\":0,\"list\":[{},1,[]],\"video\":null,\"yes\":true,\"no\":false}");
}

static void whole_numbers_have_their_whole_range(void **state)
{
    struct jw j = JW_INIT;
    (void)state;
    jw_array(&j, NULL);
    jw_int(&j, NULL, 0);
    jw_int(&j, NULL, -7);
    jw_int(&j, NULL, INT64_MAX);
    jw_int(&j, NULL, INT64_MIN);
    jw_array_end(&j);
    assert_text(&j, "[0,-7,9223372036854775807,-9223372036854775808]");
}

static void floats_have_two_decimals_always(void **state)
{
    static const double values[] = { 0, 0.02, 2, 1354.75, 0.005, 0.004, 0.999, -1.5, -0.001, 1e300, -1e300 };
    struct jw           j = JW_INIT;
    (void)state;
    jw_array(&j, NULL);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        jw_fixed(&j, NULL, values[i]);
    jw_fixed(&j, NULL, NAN);
    jw_fixed(&j, NULL, INFINITY);
    jw_array_end(&j);
    assert_text(&j, "[0.00,0.02,2.00,1354.75,0.01,0.00,1.00,-1.50,0.00,1000000000000000.00,-1000000000000000.00,0.00,"
                    "1000000000000000.00]");
}

struct text_row {
    const char *in, *out;
};

static void assert_rows(const struct text_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct jw j = JW_INIT;
        jw_string(&j, NULL, rows[i].in);
        assert_text(&j, rows[i].out);
    }
}

static void text_is_escaped_where_json_asks_for_it(void **state)
{
    static const struct text_row rows[] = {
        { "", "\"\"" },
        { NULL, "\"\"" },
        { "live/cam1?a=1&b='2'", "\"live/cam1?a=1&b='2'\"" },
        { "a\"b\\c", "\"a\\\"b\\\\c\"" },
        { "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
        { "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
        { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xa5", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xa5\"" },
    };
    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void text_cannot_end_a_script_element_or_a_line_of_javascript(void **state)
{
    static const struct text_row rows[] = {
        { "</script><script>alert(1)", "\"\\u003c/script\\u003e\\u003cscript\\u003ealert(1)\"" },
        { "a\xe2\x80\xa8"
          "b\xe2\x80\xa9",
          "\"a\\u2028b\\u2029\"" },
    };
    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void bytes_that_are_no_utf8_become_replacement_characters(void **state)
{
#define FFFD "\xef\xbf\xbd"
    static const struct text_row rows[] = {
        { "a\xff"
          "b",
          "\"a" FFFD "b\"" },
        { "\x80", "\"" FFFD "\"" },                            /* a continuation byte alone */
        { "\xc3", "\"" FFFD "\"" },                            /* cut short, at each length */
        { "\xe2\x82", "\"" FFFD FFFD "\"" },                   /* */
        { "\xf0\x9f\x8e", "\"" FFFD FFFD FFFD "\"" },          /* */
        { "\xc0\xaf", "\"" FFFD FFFD "\"" },                   /* longer than needed */
        { "\xe0\x80\xaf", "\"" FFFD FFFD FFFD "\"" },          /* */
        { "\xed\xa0\x80", "\"" FFFD FFFD FFFD "\"" },          /* a surrogate */
        { "\xf4\x90\x80\x80", "\"" FFFD FFFD FFFD FFFD "\"" }, /* above U+10FFFF */
        { "\xc3\"", "\"" FFFD "\\\"\"" },                      /* the quote after it is not swallowed */
        { "\xe2\x80\"", "\"" FFFD FFFD "\\\"\"" },
    };
    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void numbers_have_the_digits_that_they_need(void **state)
{
    static const double values[] = {
        0, 0.1, 30, -2.5, 1e21, 1.0 / 3, 12345678901234, 5e-324, NAN, INFINITY, -INFINITY
    };
    struct jw j = JW_INIT;
    (void)state;
    jw_array(&j, NULL);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        jw_number(&j, NULL, values[i]);
    jw_array_end(&j);
    assert_text(&j, "[0,0.1,30,-2.5,1e+21,0.33333333333333331,12345678901234,4.94065645841247e-324,null,null,null]");
}

static void a_text_may_have_any_length_and_bytes(void **state)
{
    static const char text[] = { 'a', 0, (char)0xe2, (char)0x80, (char)0xa8, (char)0xe2, (char)0x80 };
    struct jw         j = JW_INIT;
    (void)state;
    jw_array(&j, NULL);
    jw_text(&j, NULL, text, sizeof text);
    jw_text(&j, NULL, text, 0);
    jw_array_end(&j);
    assert_text(&j, "[\"a\\u0000\\u2028" FFFD FFFD "\",\"\"]");
}

static void keys_are_escaped_too(void **state)
{
    struct jw j = JW_INIT;
    (void)state;
    jw_object(&j, NULL);
    jw_string(&j, "X\"-\xff", "v");
    jw_object_end(&j);
    assert_text(&j, "{\"X\\\"-" FFFD "\":\"v\"}");
}

static void a_text_that_was_sent_in_part_goes_on(void **state)
{
    struct jw j = JW_INIT;
    (void)state;
    jw_array(&j, NULL);
    jw_int(&j, NULL, 1);
    jw_flushed(&j);
    jw_int(&j, NULL, 2);
    jw_array_end(&j);
    assert_text(&j, ",2]");
}

static void memory_that_runs_out_sticks(void **state)
{
    (void)state;
    for (int n = 0;; n++) {
        struct jw j = JW_INIT;
        mem_fail_after(n);
        for (int i = 0; i < 3000; i++)
            jw_string(&j, NULL, "twelve bytes");
        bool failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(j.text.fault, failed ? BUF_NO_MEMORY : BUF_SOUND);
        jw_finish(&j);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_and_arrays_nest_with_commas_between),
        cmocka_unit_test(whole_numbers_have_their_whole_range),
        cmocka_unit_test(floats_have_two_decimals_always),
        cmocka_unit_test(text_is_escaped_where_json_asks_for_it),
        cmocka_unit_test(text_cannot_end_a_script_element_or_a_line_of_javascript),
        cmocka_unit_test(bytes_that_are_no_utf8_become_replacement_characters),
        cmocka_unit_test(numbers_have_the_digits_that_they_need),
        cmocka_unit_test(a_text_may_have_any_length_and_bytes),
        cmocka_unit_test(keys_are_escaped_too),
        cmocka_unit_test(a_text_that_was_sent_in_part_goes_on),
        cmocka_unit_test(memory_that_runs_out_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
