/* The decoder of base64: the vectors of RFC 4648 10, and texts that are none. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "core/base64.h"

static void assert_decodes(const char *text, const char *wanted)
{
    uint8_t bytes[16];
    size_t  n = 0;
    assert_true(base64_decode(text, strlen(text), bytes, strlen(wanted), &n));
    assert_int_equal(n, strlen(wanted));
    assert_memory_equal(bytes, wanted, n);
}

static void texts_decode_with_and_without_padding(void **state)
{
    static const char *const rows[][3] = {
        { "", "", "" },
        { "Zg==", "Zg", "f" },
        { "Zm8=", "Zm8", "fo" },
        { "Zm9v", "Zm9v", "foo" },
        { "Zm9vYg==", "Zm9vYg", "foob" },
        { "Zm9vYmE=", "Zm9vYmE", "fooba" },
        { "+/+/", "+/+/", "\xfb\xff\xbf" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_decodes(rows[i][0], rows[i][2]);
        assert_decodes(rows[i][1], rows[i][2]);
    }
}

static void other_texts_are_refused(void **state)
{
    static const char *const rows[] = { "Z",    "Zm9vY",  "Zg=",  "Zm9v=", "Zm9v====",
                                        "====", "Zm9v\n", "Zm-v", "Zm_v",  "Z=9v" };
    uint8_t                  bytes[16];
    size_t                   n;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_false(base64_decode(rows[i], strlen(rows[i]), bytes, sizeof bytes, &n));
}

static void nothing_is_written_beyond_the_room(void **state)
{
    uint8_t bytes[3] = { 0, 0, 0xEE };
    size_t  n;
    (void)state;
    assert_false(base64_decode("Zm9v", 4, bytes, 2, &n));
    assert_int_equal(bytes[2], 0xEE);
}

static void the_alphabet_of_urls_has_no_padding(void **state)
{
    uint8_t bytes[4];
    size_t  n;
    (void)state;
    assert_true(base64_decode_url("-_-_", 4, bytes, sizeof bytes, &n) && n == 3 && bytes[0] == 0xfb &&
                bytes[1] == 0xff);
    assert_true(base64_decode_url("Zg", 2, bytes, sizeof bytes, &n) && n == 1 && bytes[0] == 'f');
    assert_false(base64_decode_url("Zg==", 4, bytes, sizeof bytes, &n));
    assert_false(base64_decode_url("+/+/", 4, bytes, sizeof bytes, &n));
    assert_false(base64_decode_url("Z", 1, bytes, sizeof bytes, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_decode_with_and_without_padding),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(nothing_is_written_beyond_the_room),
        cmocka_unit_test(the_alphabet_of_urls_has_no_padding),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
