/* UTF-8: valid texts, invalid texts, and the byte at which they are refused. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "core/utf8.h"

static void texts_may_come_in_any_bits(void **state)
{
    static const char *const texts[] = { "",
                                         "abc",
                                         "\x7f",
                                         "\xc2\x80",
                                         "\xdf\xbf",
                                         "\xe0\xa0\x80",
                                         "\xed\x9f\xbf",
                                         "\xee\x80\x80",
                                         "\xef\xbf\xbf",
                                         "\xf0\x90\x80\x80",
                                         "\xf4\x8f\xbf\xbf",
                                         "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct utf8 whole = { 0 }, bits = { 0 };
        assert_true(utf8_feed(&whole, texts[i], strlen(texts[i])));
        assert_true(utf8_is_whole(&whole));
        for (const char *p = texts[i]; *p; p++)
            assert_true(utf8_feed(&bits, p, 1));
        assert_true(utf8_is_whole(&bits));
    }
}

static void anything_else_is_refused_at_its_first_wrong_byte(void **state)
{
    static const struct {
        const char *text;
        size_t      wrong_at;
    } rows[] = {
        { "\x80", 0 }, /* a continuation byte without a first byte */
        { "\xbf", 0 },
        { "a\xc0\x80", 1 }, /* overlong */
        { "\xc1\xbf", 0 },
        { "\xe0\x9f\xbf", 1 },
        { "\xf0\x8f\xbf\xbf", 1 },
        { "\xed\xa0\x80", 1 },     /* surrogates */
        { "\xf4\x90\x80\x80", 1 }, /* above U+10FFFF */
        { "\xf5\x80\x80\x80", 0 },
        { "\xff", 0 },
        { "\xc3\xc3", 1 }, /* a first byte where a continuation is due */
        { "\xe2\x82z", 2 },
        { "\xf0\x9f\x98\xc0", 3 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct utf8 u = { 0 }, again = { 0 };
        assert_true(utf8_feed(&u, rows[i].text, rows[i].wrong_at));
        assert_false(utf8_feed(&u, rows[i].text + rows[i].wrong_at, 1));
        assert_false(utf8_feed(&again, rows[i].text, strlen(rows[i].text)));
    }
}

static void a_character_that_is_cut_off_is_not_whole(void **state)
{
    static const char *const texts[] = { "\xc3", "a\xe2\x82", "\xf0\x9f\x98" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct utf8 u = { 0 };
        assert_true(utf8_feed(&u, texts[i], strlen(texts[i])));
        assert_false(utf8_is_whole(&u));
    }
}

static void a_character_has_a_length_and_other_bytes_have_none(void **state)
{
    static const struct {
        const char *text;
        size_t      len;
    } rows[] = {
        { "a", 1 },
        { "", 1 }, /* NUL is a character */
        { "\xc3\xa4z", 2 },
        { "\xe2\x82\xac\xe2", 3 },
        { "\xf0\x9f\x98\x80z", 4 },
        { "\x80", 0 },
        { "\xe2\x82", 0 }, /* cut */
        { "\xe2\x82z", 0 },
        { "\xc0\x80", 0 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(utf8_char_len(rows[i].text, UTF8_CHAR_MAX), rows[i].len);
    for (size_t len = 1; len < 3; len++)
        assert_int_equal(utf8_char_len("\xe2\x82\xac", len), 0);
}

static void a_copy_is_valid_and_cut_between_characters(void **state)
{
    static const struct {
        const char *text;
        size_t      len, cap;
        const char *wanted;
        bool        fits;
    } rows[] = {
        { "abc", 3, 4, "abc", true },
        { "abc", 3, 3, "ab", false },
        { "", 0, 1, "", true },
        { "a\xc3\xa4", 3, 3, "a", false },
        { "a\xc3\xa4", 3, 4, "a\xc3\xa4", true },
        { "a\xff", 2, 5, "a\xef\xbf\xbd", true },
        { "a\xff", 2, 4, "a", false },
        { "a\0z", 3, 8, "a\xef\xbf\xbdz", true },
        { "\xc3", 1, 8, "\xef\xbf\xbd", true }, /* cut off */
    };
    char copy[16];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(utf8_copy(copy, rows[i].cap, rows[i].text, rows[i].len), rows[i].fits);
        assert_string_equal(copy, rows[i].wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_may_come_in_any_bits),
        cmocka_unit_test(anything_else_is_refused_at_its_first_wrong_byte),
        cmocka_unit_test(a_character_that_is_cut_off_is_not_whole),
        cmocka_unit_test(a_character_has_a_length_and_other_bytes_have_none),
        cmocka_unit_test(a_copy_is_valid_and_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
