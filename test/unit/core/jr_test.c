/* The reader of JSON: what is a text and what is none, members, integers. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "core/jr.h"

static bool is_json(const char *text)
{
    struct jr_value v;
    return jr_parse(text, strlen(text), &v);
}

static void values_are_read(void **state)
{
    static const struct {
        const char  *text;
        enum jr_kind kind;
        const char  *value;
    } rows[] = {
        { "{}", JR_OBJECT, "{}" },
        { " \t\r\n{ } \n", JR_OBJECT, "{ }" },
        { "[]", JR_ARRAY, "[]" },
        { "[1,[2,{\"a\":[]}],{}]", JR_ARRAY, "[1,[2,{\"a\":[]}],{}]" },
        { "{\"a\":1,\"b\":{\"c\":null}}", JR_OBJECT, "{\"a\":1,\"b\":{\"c\":null}}" },
        { "\"\"", JR_STRING, "\"\"" },
        { "\"a\\n\\u00e9\\ud83d\\ude00\\\"\"", JR_STRING, "\"a\\n\\u00e9\\ud83d\\ude00\\\"\"" },
        { "0", JR_NUMBER, "0" },
        { " -12.50e+3 ", JR_NUMBER, "-12.50e+3" },
        { "true", JR_TRUE, "true" },
        { "false", JR_FALSE, "false" },
        { "null", JR_NULL, "null" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct jr_value v;
        if (!jr_parse(rows[i].text, strlen(rows[i].text), &v))
            fail_msg("%s", rows[i].text);
        assert_int_equal(v.kind, rows[i].kind);
        assert_int_equal(v.len, strlen(rows[i].value));
        assert_memory_equal(v.at, rows[i].value, v.len);
    }
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const rows[] = {
        "",         " ",          "{",           "}",           "[1,]",        "[,1]",     "{\"a\"}",
        "{\"a\":}", "{\"a\":1,}", "{a:1}",       "{1:2}",       "[1 2]",       "{} {}",    "01",
        "-",        "1.",         ".5",          "1e",          "+1",          "0x1",      "nul",
        "True",     "\"",         "\"\\\"",      "\"\\x\"",     "\"\\u12g4\"", "\"a\nb\"", "'a'",
        "[1}",      "{\"a\":1]",  "\"\\ud800\"", "\"\\udc00\"", "\"\xff\"",    "\"\xc3\"", "\"\\ud800\\u0041\"",
        "//x\n1",   "{\"a\":1}x", "ok",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (is_json(rows[i]))
            fail_msg("%s", rows[i]);
}

static void a_zero_byte_ends_no_text(void **state)
{
    struct jr_value v;
    (void)state;
    assert_false(jr_parse("1\0", 2, &v));
    assert_false(jr_parse("\"a\0b\"", 5, &v));
}

static void a_text_that_is_cut_is_none(void **state)
{
    static const char text[] = "{\"code\":0,\"data\":{\"urls\":[\"rtmp://h/a\\u0041\",true],\"n\":[-1.5e3,null]}}";
    (void)state;
    assert_true(is_json(text));
    for (size_t cut = 0; cut < sizeof text - 1; cut++) {
        struct jr_value v;
        assert_false(jr_parse(text, cut, &v));
    }
}

static void nesting_has_a_bound(void **state)
{
    char text[4 * JR_DEPTH_MAX] = "";
    (void)state;
    for (int i = 0; i < JR_DEPTH_MAX; i++) {
        text[i] = '[';
        text[2 * JR_DEPTH_MAX - 1 - i] = ']';
    }
    assert_true(is_json(text));
    memset(text, '[', JR_DEPTH_MAX + 1);
    memset(text + JR_DEPTH_MAX + 1, ']', JR_DEPTH_MAX + 1);
    assert_false(is_json(text));
}

/* The integer of the member `code`; -1: there is none. */
static int64_t code_of_text(const char *text)
{
    struct jr_value v, code;
    int64_t         n;
    if (!jr_parse(text, strlen(text), &v))
        fail_msg("%s", text);
    return jr_member(&v, "code", &code) && jr_int(&code, &n) ? n : -1;
}

static void members_are_found_by_name(void **state)
{
    (void)state;
    assert_int_equal(code_of_text("{\"code\":7}"), 7);
    assert_int_equal(code_of_text("{ \"a\" : [ 1 , {} ] , \"code\" : 7 , \"z\" : {\"code\":8} }"), 7);
    assert_int_equal(code_of_text("{\"c\\u006fde\":7}"), 7);
    assert_int_equal(code_of_text("{\"code\":1,\"code\":7}"), 7);
    assert_int_equal(code_of_text("{\"data\":{\"code\":7}}"), -1);
    assert_int_equal(code_of_text("{\"cod\":7,\"codes\":7,\"\":7}"), -1);
    assert_int_equal(code_of_text("[{\"code\":7}]"), -1);
    assert_int_equal(code_of_text("{}"), -1);
}

static void integers_are_exact(void **state)
{
    (void)state;
    assert_int_equal(code_of_text("{\"code\":9223372036854775807}"), INT64_MAX);
    assert_true(code_of_text("{\"code\":-9223372036854775808}") == INT64_MIN);
    assert_int_equal(code_of_text("{\"code\":-0}"), 0);
    assert_int_equal(code_of_text("{\"code\":9223372036854775808}"), -1);
    assert_int_equal(code_of_text("{\"code\":-9223372036854775809}"), -1);
    assert_int_equal(code_of_text("{\"code\":7.0}"), -1);
    assert_int_equal(code_of_text("{\"code\":7e0}"), -1);
    assert_int_equal(code_of_text("{\"code\":\"7\"}"), -1);
    assert_int_equal(code_of_text("{\"code\":true}"), -1);
}

/* The text of the member `s`; NULL: jr_string() takes it for none. */
static const char *text_of(const char *json, char *buf, size_t cap)
{
    struct jr_value v, s;
    memset(buf, 'x', cap);
    if (!jr_parse(json, strlen(json), &v) || !jr_member(&v, "s", &s))
        fail_msg("%s", json);
    bool found = jr_string(&s, buf, cap);
    assert_true(found || buf[0] == '\0');
    return found ? buf : NULL;
}

static void texts_are_unescaped(void **state)
{
    char buf[16];
    (void)state;
    assert_string_equal(text_of("{\"s\":\"\"}", buf, 1), "");
    assert_string_equal(text_of("{\"s\":\"a\\n\\\"\\/\\u00e9\"}", buf, sizeof buf), "a\n\"/\xc3\xa9");
    assert_string_equal(text_of("{\"s\":\"\\ud83d\\ude00\"}", buf, 5), "\xf0\x9f\x98\x80");
    assert_null(text_of("{\"s\":\"\\ud83d\\ude00\"}", buf, 4));
    assert_string_equal(text_of("{\"s\":\"abc\"}", buf, 4), "abc");
    assert_null(text_of("{\"s\":\"abc\"}", buf, 3));
    assert_null(text_of("{\"s\":\"a\\u0000b\"}", buf, sizeof buf));
    assert_null(text_of("{\"s\":1}", buf, sizeof buf));
    assert_null(text_of("{\"s\":{\"s\":\"\"}}", buf, sizeof buf));
}

static void walks_the_elements_of_an_array(void **state)
{
    static const struct {
        const char *text, *elements;
    } rows[] = {
        { "[]", "" },        { " [ ] ", "" },
        { "[1]", "1|" },     { "[ \"a,b]\" , [2,3] ,{\"c\":[4]},null ]", "\"a,b]\"|[2,3]|{\"c\":[4]}|null|" },
        { "{\"a\":1}", "" }, { "7", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jr_value array, element;
        char            found[64] = "";
        size_t          at = 0;
        assert_true(jr_parse(rows[i].text, strlen(rows[i].text), &array));
        while (jr_next(&array, &at, &element)) {
            strncat(found, element.at, element.len);
            strcat(found, "|");
        }
        assert_string_equal(found, rows[i].elements);
    }
}

static void objects_are_walked_in_their_order(void **state)
{
    static const char text[] = " { \"a\" : 1 , \"b\":{\"a\":[ ]},\"a\":\"}\" } ";
    static const char names[] = "aba";
    struct jr_value   all, name, one;
    size_t            at = 0, n = 0;
    char              out[4];
    (void)state;
    assert_true(jr_parse(text, strlen(text), &all));
    for (; jr_next_member(&all, &at, &name, &one); n++)
        assert_true(jr_string(&name, out, sizeof out) && out[0] == names[n]);
    assert_int_equal(n, 3);
    assert_int_equal(one.kind, JR_STRING);
    at = 0;
    assert_false(jr_next_member(&one, &at, &name, &one));
    assert_true(jr_parse("{}", 2, &all));
    assert_false(jr_next_member(&all, &at, &name, &one));
    assert_true(jr_parse("[1]", 3, &all));
    assert_false(jr_next_member(&all, &at, &name, &one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_the_elements_of_an_array),    cmocka_unit_test(values_are_read),
        cmocka_unit_test(what_is_no_json_is_refused),        cmocka_unit_test(a_zero_byte_ends_no_text),
        cmocka_unit_test(a_text_that_is_cut_is_none),        cmocka_unit_test(nesting_has_a_bound),
        cmocka_unit_test(members_are_found_by_name),         cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(objects_are_walked_in_their_order), cmocka_unit_test(texts_are_unescaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
