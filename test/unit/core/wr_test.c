/* The bounded writer: it writes the forms that rd.h reads, and nothing past the end. */
#include <cmocka.h>
#include <stdlib.h>

#include "core/rd.h"
#include "core/wr.h"

static void write_everything(struct wr *w)
{
    wr_u8(w, 0x01);
    wr_u16(w, 0x0203);
    wr_u24(w, 0xff040506); /* the low three bytes */
    wr_u32(w, 0x0708090a);
    wr_u32le(w, 0x0e0d0c0b);
    wr_u64(w, 0x0f10111213141516);
    wr_f64(w, -42.25);
    wr_bytes(w, "abc", 3);
    wr_bytes(w, NULL, 0);
}

enum { WHOLE = 1 + 2 + 3 + 4 + 4 + 8 + 8 + 3 };

static void integers_are_big_endian(void **state)
{
    (void)state;
    uint8_t   out[WHOLE];
    struct wr w = wr_over(out, sizeof out);
    write_everything(&w);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), WHOLE);
    for (int i = 0; i < 22; i++)
        assert_int_equal(out[i], i + 1);
    static const uint8_t rest[] = { 0xc0, 0x45, 0x20, 0, 0, 0, 0, 0, 'a', 'b', 'c' };
    assert_memory_equal(out + 22, rest, sizeof rest);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    uint8_t   out[WHOLE];
    struct wr w = wr_over(out, sizeof out);
    write_everything(&w);
    struct rd r = rd_over(out, wr_len(&w));
    assert_int_equal(rd_u8(&r), 0x01);
    assert_int_equal(rd_u16(&r), 0x0203);
    assert_int_equal(rd_u24(&r), 0x040506);
    assert_int_equal(rd_u32(&r), 0x0708090a);
    assert_int_equal(rd_u32le(&r), 0x0e0d0c0b);
    assert_true(rd_u64(&r) == 0x0f10111213141516);
    assert_true(rd_f64(&r) == -42.25);
    assert_memory_equal(rd_bytes(&r, 3), "abc", 3);
}

static void nothing_is_written_past_the_end_and_full_sticks(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < WHOLE; cap++) {
        uint8_t  *out = malloc(cap + 1);
        struct wr w = wr_over(out, cap);
        write_everything(&w);
        assert_true(w.full);
        assert_true(wr_len(&w) <= cap);
        size_t len = wr_len(&w);
        wr_u8(&w, 1); /* it writes nothing, although one byte would fit */
        assert_int_equal(wr_len(&w), len);
        assert_null(wr_room(&w, 0));
        free(out);
    }
    struct wr w = wr_over((uint8_t[4]){ 0 }, 4);
    assert_null(wr_room(&w, SIZE_MAX));
    assert_true(w.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_big_endian),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(nothing_is_written_past_the_end_and_full_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
