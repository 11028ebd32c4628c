/* Bounded text. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"
#include "core/str.h"

static void text_is_appended(void **state)
{
    (void)state;
    char       buf[32];
    struct str s = str_over(buf, sizeof buf);
    assert_string_equal(buf, "");
    str_printf(&s, "%s=%d", "port", 1935);
    str_append(&s, ", and more", 5);
    assert_string_equal(buf, "port=1935, and");
    assert_int_equal(s.len, 14);
    assert_false(s.cut);
}

static void text_is_cut_at_its_storage_and_always_terminated(void **state)
{
    (void)state;
    static const char words[] = "0123456789";
    for (size_t cap = 1; cap <= sizeof words + 1; cap++) {
        char      *a = malloc(cap), *b = malloc(cap);
        size_t     fits = cap - 1 < sizeof words - 1 ? cap - 1 : sizeof words - 1;
        struct str s = str_over(a, cap), t = str_over(b, cap);
        str_printf(&s, "%s", words);
        str_append(&t, words, sizeof words - 1);
        assert_int_equal(s.len, fits);
        assert_int_equal(t.len, fits);
        assert_int_equal(s.cut, fits < sizeof words - 1);
        assert_int_equal(t.cut, s.cut);
        assert_int_equal(strlen(a), fits);
        assert_string_equal(a, b);
        str_printf(&s, "%s", words); /* further text changes nothing */
        str_append(&t, words, sizeof words - 1);
        assert_string_equal(a, b);
        assert_true(strlen(a) < cap);
        free(a);
        free(b);
    }
}

static void copy_tells_whether_it_fitted(void **state)
{
    (void)state;
    char buf[5];
    assert_true(str_copy(buf, sizeof buf, "four"));
    assert_string_equal(buf, "four");
    assert_false(str_copy(buf, sizeof buf, "five!"));
    assert_string_equal(buf, "five");
    assert_false(str_copy(buf, 1, "x"));
    assert_string_equal(buf, "");
    assert_true(str_copy(buf, 1, ""));
}

static void texts_compare(void **state)
{
    (void)state;
    assert_true(str_equal("a", "a"));
    assert_false(str_equal("a", "A"));
    assert_true(str_equal(NULL, NULL));
    assert_false(str_equal(NULL, ""));
    assert_false(str_equal("", NULL));
    assert_true(str_equal_nocase("Live.Example.COM", "live.example.com"));
    assert_false(str_equal_nocase("live", "lives"));
    assert_true(str_starts_with("rtmp://", "rtmp"));
    assert_true(str_starts_with("", ""));
    assert_false(str_starts_with("rt", "rtmp"));
    assert_true(str_ends_with("srs.pid", ".pid"));
    assert_true(str_ends_with("srs.pid", ""));
    assert_false(str_ends_with("pid", ".pid"));
    assert_false(str_ends_with("srs.pidx", ".pid"));
}

static void what_a_peer_sent_becomes_printable(void **state)
{
    (void)state;
    char buf[64];
    assert_string_equal(str_printable("a\\\n\x7f\0\xff z", 8, buf, sizeof buf), "a\\x5c\\x0a\\x7f\\x00\\xff z");
    assert_string_equal(str_printable("", 0, buf, sizeof buf), "");
    for (size_t cap = 1; cap < 12; cap++) {
        char *text = malloc(cap);
        str_printable("\1\2\3\4", 4, text, cap);
        assert_true(strlen(text) < cap);
        free(text);
    }
}

static const char *tamed(const char *text)
{
    static char buf[100];
    str_copy(buf, sizeof buf, text);
    str_tame(buf, strlen(buf));
    return buf;
}

static void what_a_peer_sent_is_tamed_for_the_log(void **state)
{
    (void)state;
    assert_string_equal(tamed("a b\\~"), "a b\\~");
    assert_string_equal(tamed("a\nb\r\t\x1b[31m\x7f"), "a?b???[31m?");
    assert_string_equal(tamed("\xe4\xbd\xa0\xe5\xa5\xbd \xc3\xa9 \xf0\x9f\x98\x80"),
                        "\xe4\xbd\xa0\xe5\xa5\xbd \xc3\xa9 \xf0\x9f\x98\x80");
    assert_string_equal(tamed("\x9b"
                              "31m \xc2\x9b"
                              "31m"),
                        "?31m ??31m"); /* U+009B begins an escape sequence too */
    assert_string_equal(tamed("\xff\xc0\x80 \xed\xa0\x80"), "??? ???");
    assert_string_equal(tamed("cut \xe4\xbd"), "cut ??");
    assert_string_equal(tamed(""), "");
}

static void texts_are_packed_one_behind_the_other(void **state)
{
    (void)state;
    char        block[8], *at = block;
    const char *one = str_pack(&at, "live/x", 4), *two = str_pack(&at, "", 0), *three = str_pack(&at, "s", 1);
    assert_string_equal(one, "live");
    assert_string_equal(two, "");
    assert_string_equal(three, "s");
    assert_ptr_equal(at, block + sizeof block);
}

static void numbers_are_written_in_decimal(void **state)
{
    (void)state;
    static const int64_t numbers[] = { 0, 7, 10, -1, 1234567890123, INT64_MAX, INT64_MIN };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        char       text[32], expected[32];
        struct str s = str_over(text, sizeof text);
        str_text(&s, "n=");
        str_number(&s, numbers[i]);
        snprintf(expected, sizeof expected, "n=%lld", (long long)numbers[i]);
        assert_string_equal(text, expected);
        assert_false(s.cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_in_decimal),
        cmocka_unit_test(text_is_appended),
        cmocka_unit_test(text_is_cut_at_its_storage_and_always_terminated),
        cmocka_unit_test(copy_tells_whether_it_fitted),
        cmocka_unit_test(what_a_peer_sent_is_tamed_for_the_log),
        cmocka_unit_test(texts_compare),
        cmocka_unit_test(what_a_peer_sent_becomes_printable),
        cmocka_unit_test(texts_are_packed_one_behind_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
