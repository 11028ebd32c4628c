/* The checksum of sections. */
#include <cmocka.h>

#include "kernel/crc32.h"

static void a_checksum_is_known_and_ends_at_zero(void **state)
{
    static const uint8_t digits[] = { '1', '2', '3', '4', '5', '6', '7', '8', '9', 0x03, 0x76, 0xE6, 0xE7 };
    (void)state;
    assert_int_equal(crc32_mpeg(digits, 0), 0xFFFFFFFF);
    assert_int_equal(crc32_mpeg(digits, 9), 0x0376E6E7); /* the usual check value of CRC-32/MPEG-2 */
    assert_int_equal(crc32_mpeg(digits, sizeof digits), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_checksum_is_known_and_ends_at_zero) };
    return cmocka_run_group_tests_name("crc32", tests, NULL, NULL);
}
