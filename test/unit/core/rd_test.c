/* The bounded reader: big-endian, and a failure that sticks. */
#include <cmocka.h>
#include <stdlib.h>

#include "core/rd.h"

static const uint8_t bytes[] = {
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12,
};

static void integers_are_big_endian(void **state)
{
    (void)state;
    struct rd r = rd_over(bytes, sizeof bytes);
    assert_int_equal(rd_u8(&r), 0x01);
    assert_int_equal(rd_u16(&r), 0x0203);
    assert_int_equal(rd_u24(&r), 0x040506);
    assert_int_equal(rd_u32(&r), 0x0708090a);
    assert_int_equal(rd_u64(&r), 0x0b0c0d0e0f101112);
    assert_int_equal(rd_left(&r), 0);
    assert_false(r.bad);
    r = rd_over(bytes, sizeof bytes);
    assert_int_equal(rd_u32le(&r), 0x04030201);
}

static void high_bits_stay_unsigned(void **state)
{
    (void)state;
    static const uint8_t ones[] = { 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8 };
    struct rd            r = rd_over(ones, sizeof ones);
    assert_true(rd_u64(&r) == 0xfffefdfcfbfaf9f8);
    r = rd_over(ones, sizeof ones);
    assert_true(rd_u32(&r) == 0xfffefdfc);
    r = rd_over(ones, sizeof ones);
    assert_int_equal(rd_u16(&r), 0xfffe);
}

static void a_double_is_ieee_754(void **state)
{
    (void)state;
    static const uint8_t number[] = { 0xc0, 0x45, 0x20, 0, 0, 0, 0, 0 }; /* -42.25 */
    struct rd            r = rd_over(number, sizeof number);
    double               value = rd_f64(&r);
    assert_true(value > -42.26 && value < -42.24);
}

/* Each kind of read has a number, so that one loop tries all bounds. */
static uint64_t read_kind(struct rd *r, int kind)
{
    switch (kind) {
    case 0: return rd_u8(r);
    case 1: return rd_u16(r);
    case 2: return rd_u24(r);
    case 3: return rd_u32(r);
    case 4: return rd_u32le(r);
    default: return rd_u64(r);
    }
}

static void a_read_past_the_end_gives_zero_and_sticks(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 2, 3, 4, 4, 8 };
    for (int kind = 0; kind < 6; kind++) {
        for (size_t len = 0; len < sizes[kind]; len++) {
            uint8_t *exactly = malloc(len + 1);
            memcpy(exactly, bytes, len);
            struct rd r = rd_over(exactly, len);
            if (kind != 5) /* eight bytes are read in two halves */
                assert_int_equal(read_kind(&r, kind), 0);
            else
                assert_int_equal(read_kind(&r, kind) & 0xffffffff, 0);
            assert_true(r.bad);
            assert_int_equal(rd_u8(&r), 0); /* 0, although a byte is left */
            assert_null(rd_bytes(&r, 0));
            assert_true(r.bad);
            free(exactly);
        }
    }
}

static void bytes_are_handed_out_in_place(void **state)
{
    (void)state;
    struct rd r = rd_over(bytes, sizeof bytes);
    assert_ptr_equal(rd_bytes(&r, 4), bytes);
    assert_ptr_equal(rd_bytes(&r, 0), bytes + 4);
    assert_int_equal(rd_left(&r), sizeof bytes - 4);
    assert_null(rd_bytes(&r, SIZE_MAX)); /* p + n would overflow */
    assert_true(r.bad);
}

static void nothing_may_be_empty_storage(void **state)
{
    (void)state;
    struct rd r = rd_over(bytes, 0);
    assert_non_null(rd_bytes(&r, 0));
    assert_false(r.bad);
    r = rd_over(NULL, 0);
    assert_int_equal(rd_left(&r), 0);
    rd_u8(&r);
    assert_true(r.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_big_endian),       cmocka_unit_test(high_bits_stay_unsigned),
        cmocka_unit_test(a_double_is_ieee_754),          cmocka_unit_test(a_read_past_the_end_gives_zero_and_sticks),
        cmocka_unit_test(bytes_are_handed_out_in_place), cmocka_unit_test(nothing_may_be_empty_storage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
