#include "kernel/id3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_tag_has_texts_and_private_data(void **state)
{
    (void)state;
    static const uint8_t want[] = {
        'I', 'D', '3', 4,   0, 0, 0, 0, 0, 31,                               /* version 2.4, 31 bytes */
        'T', 'X', 'X', 'X', 0, 0, 0, 6, 0, 0,  3,   'n', 0, 0xC3, 0xA4, '!', /* UTF-8 */
        'P', 'R', 'I', 'V', 0, 0, 0, 5, 0, 0,  'o', '.', 0, 0xFC, 0x00,
    };
    uint8_t   bytes[64];
    struct wr w = wr_over(bytes, sizeof bytes);
    wr_u8(&w, 0xEE); /* something before it */
    size_t tag = id3_begin(&w);
    id3_text(&w, "n", "\xC3\xA4!");
    id3_private(&w, "o.", "\xFC", 2);
    id3_end(&w, tag);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), 1 + sizeof want);
    assert_memory_equal(bytes + 1, want, sizeof want);
    for (size_t room = 1; room < 1 + sizeof want; room++) {
        w = wr_over(bytes, room);
        tag = id3_begin(&w);
        id3_text(&w, "n", "abc");
        id3_private(&w, "o.", "ab", 2);
        id3_end(&w, tag);
        assert_int_equal(w.full, room < sizeof want);
    }
}

static void sizes_have_seven_bits_in_a_byte(void **state)
{
    (void)state;
    static uint8_t bytes[300000], data[200000];
    static const struct {
        size_t  len;
        uint8_t frame[4];
    } rows[] = {
        { 125, { 0, 0, 0, 127 } }, { 126, { 0, 0, 1, 0 } },           { 16381, { 0, 0, 127, 127 } },
        { 16382, { 0, 1, 0, 0 } }, { 200000 - 2, { 0, 12, 26, 64 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wr w = wr_over(bytes, sizeof bytes);
        size_t    tag = id3_begin(&w);
        id3_private(&w, "o", data, rows[i].len);
        id3_end(&w, tag);
        assert_false(w.full);
        assert_memory_equal(bytes + 14, rows[i].frame, 4);
        size_t size = (size_t)bytes[6] << 21 | (size_t)bytes[7] << 14 | (size_t)bytes[8] << 7 | bytes[9];
        assert_int_equal(size, wr_len(&w) - 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_has_texts_and_private_data),
        cmocka_unit_test(sizes_have_seven_bits_in_a_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
