#include "protocol/rtc/red.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t two[] = {
    0x80 | 111, 0x0f, 0x00, 0x03, /* 960 ticks ago, 3 bytes */
    111,                          /* the last block       */
    1,          2,    3,          /* then                 */
    4,          5,                /* now                  */
};

static void a_packet_has_the_sound_of_the_one_before(void **state)
{
    struct rtp_red red;
    (void)state;
    assert_true(rtp_red_parse(&red, two, sizeof two));
    assert_int_equal(red.n, 2);
    assert_int_equal(red.blocks[0].pt, 111);
    assert_int_equal(red.blocks[0].offset, 960);
    assert_int_equal(red.blocks[0].len, 3);
    assert_memory_equal(red.blocks[0].bytes, "\1\2\3", 3);
    assert_int_equal(red.blocks[1].offset, 0);
    assert_int_equal(red.blocks[1].len, 2);
    assert_memory_equal(red.blocks[1].bytes, "\4\5", 2);
}

static void what_is_written_is_read_again(void **state)
{
    struct rtp_red red, again;
    uint8_t        bytes[64];
    struct wr      w = wr_over(bytes, sizeof bytes);
    (void)state;
    assert_true(rtp_red_parse(&red, two, sizeof two));
    rtp_red_write(&w, &red);
    assert_int_equal(wr_len(&w), sizeof two);
    assert_memory_equal(bytes, two, sizeof two);
    red = (struct rtp_red){ 2, { { 1, RTP_RED_OFFSET_MAX, two, 1 }, { 127, 0, two, 0 } } };
    w = wr_over(bytes, sizeof bytes);
    rtp_red_write(&w, &red);
    assert_true(rtp_red_parse(&again, bytes, wr_len(&w)));
    assert_int_equal(again.blocks[0].offset, RTP_RED_OFFSET_MAX);
    assert_int_equal(again.blocks[1].pt, 127);
    assert_int_equal(again.blocks[1].len, 0);
}

static void a_cut_packet_is_refused(void **state)
{
    struct rtp_red red;
    (void)state;
    for (size_t cut = 0; cut < 8; cut++) /* Behind it the last block is merely shorter. */
        assert_false(rtp_red_parse(&red, two, cut));
    assert_true(rtp_red_parse(&red, two, 8));
    assert_int_equal(red.blocks[1].len, 0);
}

static void more_blocks_than_allowed_are_refused(void **state)
{
    uint8_t        bytes[4 * RTP_RED_BLOCKS_MAX + 1];
    struct rtp_red red;
    (void)state;
    memset(bytes, 0, sizeof bytes);
    for (int i = 0; i < RTP_RED_BLOCKS_MAX; i++)
        bytes[4 * i] = 0x80 | 111;
    assert_false(rtp_red_parse(&red, bytes, sizeof bytes));
    assert_true(rtp_red_parse(&red, bytes + 4, sizeof bytes - 4));
    assert_int_equal(red.n, RTP_RED_BLOCKS_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_has_the_sound_of_the_one_before),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_cut_packet_is_refused),
        cmocka_unit_test(more_blocks_than_allowed_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
