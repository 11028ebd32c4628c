#include "kernel/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"

static void reads_bits_across_bytes(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0xA5, 0xF0, 0x0F, 0x12, 0x34 };
    struct bits          b = bits_over(bytes, sizeof bytes);
    assert_int_equal(bits_left(&b), 40);
    assert_int_equal(bits_u(&b, 3), 5);
    assert_int_equal(bits_u1(&b), 0);
    assert_int_equal(bits_u(&b, 8), 0x5F);
    assert_int_equal(bits_left(&b), 28);
    bits_skip(&b, 4);
    assert_int_equal(bits_u(&b, 24), 0x0F1234);
    assert_false(b.bad);
    assert_int_equal(bits_u(&b, 0), 0);
    assert_false(b.bad);
    assert_int_equal(bits_u1(&b), 0);
    assert_true(b.bad);
    assert_int_equal(bits_u(&b, 32), 0); /* the failure sticks */
}

static void reads_32_bits_at_once(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0xFF, 0xFF, 0xFF, 0xFF };
    struct bits          b = bits_over(bytes, sizeof bytes);
    assert_int_equal(bits_u(&b, 32), 0xFFFFFFFF);
    assert_false(b.bad);
}

static void reads_exp_golomb(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0xA6, 0x42, 0x98, 0xE2, 0x04, 0x8A }; /* 0 to 8, 9: table 9-1 */
    struct bits          b = bits_over(bytes, sizeof bytes);
    for (uint32_t i = 0; i < 9; i++)
        assert_int_equal(bits_ue(&b), i);
    b = bits_over(bytes, sizeof bytes);
    static const int32_t se[] = { 0, 1, -1, 2, -2, 3, -3, 4, -4 };
    for (size_t i = 0; i < ARRAY_LEN(se); i++)
        assert_int_equal(bits_se(&b), se[i]);
    assert_false(b.bad);
}

static void the_longest_code_is_31_zeros(void **state)
{
    (void)state;
    static const uint8_t longest[] = { 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFE };
    static const uint8_t longer[] = { 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
    struct bits          b = bits_over(longest, sizeof longest);
    assert_int_equal(bits_ue(&b), 0xFFFFFFFE);
    assert_false(b.bad);
    b = bits_over(longest, sizeof longest);
    assert_int_equal(bits_se(&b), -0x7FFFFFFF);
    b = bits_over(longer, sizeof longer);
    assert_int_equal(bits_ue(&b), 0);
    assert_true(b.bad);
    b = bits_over(longest, sizeof longest - 1);
    assert_int_equal(bits_ue(&b), 0);
    assert_true(b.bad);
}

static void a_bounded_code_above_its_bound_is_bad(void **state)
{
    (void)state;
    static const uint8_t four[] = { 0x28 }; /* 00101: 4 */
    struct bits          b = bits_over(four, sizeof four);
    assert_int_equal(bits_ue_max(&b, 4), 4);
    b = bits_over(four, sizeof four);
    assert_int_equal(bits_ue_max(&b, 3), 0);
    assert_true(b.bad);
}

static void drops_emulation_prevention(void **state)
{
    (void)state;
    /* A 3 is removed only after two zeros; after it the count of zeros begins again. */
    static const uint8_t bytes[] = { 0x03, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x03, 0x01 };
    static const uint8_t want[] = { 0x03, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x03, 0x01 };
    struct bits          b = bits_over_rbsp(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof want; i++)
        assert_int_equal(bits_u(&b, 8), want[i]);
    assert_false(b.bad);
    bits_u1(&b);
    assert_true(b.bad);
    b = bits_over(bytes, sizeof bytes); /* plain bytes keep every 3 */
    bits_skip(&b, 40);
    assert_int_equal(bits_u(&b, 8), 3);
    static const uint8_t tail[] = { 0, 0, 3 };
    b = bits_over_rbsp(tail, sizeof tail);
    bits_skip(&b, 16);
    bits_u1(&b);
    assert_true(b.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_bits_across_bytes),
        cmocka_unit_test(reads_32_bits_at_once),
        cmocka_unit_test(reads_exp_golomb),
        cmocka_unit_test(the_longest_code_is_31_zeros),
        cmocka_unit_test(a_bounded_code_above_its_bound_is_bad),
        cmocka_unit_test(drops_emulation_prevention),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
