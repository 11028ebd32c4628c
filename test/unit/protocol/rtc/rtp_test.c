#include "protocol/rtc/rtp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"

/* clang-format off */
static const uint8_t packet[] = {
    0xB1, 0xE0, 0x12, 0x34,                         /* version 2, padding, extension, 1 CSRC; marker, 96; seq */
    0x00, 0x01, 0x02, 0x03, 0xCA, 0xFE, 0xBA, 0xBE, /* timestamp; SSRC */
    0x00, 0x00, 0x00, 0x07,                         /* CSRC */
    0xBE, 0xDE, 0x00, 0x02,                         /* elements of one byte, two words */
    0x31, 0xAA, 0xBB, 0x00, 0x50, 0xCC, 0x00, 0x00, /* 3: two bytes; padding; 5: one byte; padding */
    'm', 'e', 'd', 'i', 'a', 0x00, 0x00, 0x03,      /* payload, padding of three */
};
/* clang-format on */

static void reads_every_field(void **state)
{
    (void)state;
    struct rtp_packet p;
    size_t            len = 0;
    assert_true(rtp_parse(&p, packet, sizeof packet));
    assert_int_equal(p.pt, 96);
    assert_true(p.marker);
    assert_int_equal(p.seq, 0x1234);
    assert_int_equal(p.ts, 0x00010203);
    assert_int_equal(p.ssrc, 0xCAFEBABE);
    assert_int_equal(p.len, 5);
    assert_memory_equal(p.payload, "media", 5);
    const uint8_t *three = rtp_find_extension(&p, 3, &len);
    assert_non_null(three);
    assert_int_equal(len, 2);
    assert_int_equal(three[0], 0xAA);
    const uint8_t *five = rtp_find_extension(&p, 5, &len);
    assert_non_null(five);
    assert_int_equal(len, 1);
    assert_int_equal(five[0], 0xCC);
    assert_null(rtp_find_extension(&p, 4, &len));
    assert_null(rtp_find_extension(&p, 0, &len));
}

static void a_cut_in_the_head_is_refused(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < 28; cut++) {
        uint8_t          *bytes = malloc(cut + 1);
        struct rtp_packet p;
        memcpy(bytes, packet, cut);
        assert_false(rtp_parse(&p, bytes, cut));
        free(bytes);
    }
}

static void impossible_padding_is_refused(void **state)
{
    (void)state;
    uint8_t           bytes[sizeof packet];
    struct rtp_packet p;
    memcpy(bytes, packet, sizeof bytes);
    bytes[sizeof bytes - 1] = 0;
    assert_false(rtp_parse(&p, bytes, sizeof bytes));
    bytes[sizeof bytes - 1] = 9;
    assert_false(rtp_parse(&p, bytes, sizeof bytes));
    bytes[sizeof bytes - 1] = 8; /* padding alone */
    assert_true(rtp_parse(&p, bytes, sizeof bytes));
    assert_int_equal(p.len, 0);
}

static void another_version_is_refused(void **state)
{
    (void)state;
    uint8_t           bytes[sizeof packet];
    struct rtp_packet p;
    memcpy(bytes, packet, sizeof bytes);
    bytes[0] = (uint8_t)(bytes[0] & 0x3f) | 0x40;
    assert_false(rtp_parse(&p, bytes, sizeof bytes));
}

static void finds_elements_of_two_bytes(void **state)
{
    (void)state;
    /* clang-format off */
    static const uint8_t bytes[] = {
        0x90, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3,
        0x10, 0x00, 0x00, 0x02,
        0x20, 0x00, 0xC8, 0x02, 0xDE, 0xAD, 0x00, 0x00, /* 32: empty; 200: two bytes; padding */
    };
    /* clang-format on */
    struct rtp_packet p;
    size_t            len = 9;
    assert_true(rtp_parse(&p, bytes, sizeof bytes));
    assert_int_equal(p.len, 0);
    assert_non_null(rtp_find_extension(&p, 32, &len));
    assert_int_equal(len, 0);
    const uint8_t *element = rtp_find_extension(&p, 200, &len);
    assert_non_null(element);
    assert_int_equal(len, 2);
    assert_int_equal(element[1], 0xAD);
}

static void an_element_that_is_cut_is_not_found(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        0x90, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xBE, 0xDE, 0, 1, 0x3F, 0x01, 0x02, 0x03
    };
    struct rtp_packet p;
    size_t            len;
    assert_true(rtp_parse(&p, bytes, sizeof bytes));
    assert_null(rtp_find_extension(&p, 3, &len));
}

/* One that is not looked for is skipped first; its length must not be believed either. */
static void a_cut_element_before_others_ends_the_search(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        0x90, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xBE, 0xDE, 0, 1, 0x1F, 0x31, 0x02, 0x03
    };
    struct rtp_packet p;
    size_t            len;
    assert_true(rtp_parse(&p, bytes, sizeof bytes));
    assert_null(rtp_find_extension(&p, 3, &len));
}

static void what_was_written_is_read_again(void **state)
{
    (void)state;
    struct rtp_head head = { .pt = 102, .marker = true, .seq = 65535, .ts = 0xFFFFFFF0, .ssrc = 7, .n_extensions = 2 };
    head.extensions[0] = (struct rtp_extension){ .id = 3, .len = 2, .bytes = { 1, 2 } };
    head.extensions[1] = (struct rtp_extension){ .id = 14, .len = 16, .bytes = { [15] = 9 } };
    uint8_t           bytes[64];
    struct wr         w = wr_over(bytes, sizeof bytes);
    struct rtp_packet p;
    size_t            len;
    rtp_write_head(&w, &head);
    wr_bytes(&w, "x", 1);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), RTP_HEAD_LEN + 4 + 20 + 1);
    assert_true(rtp_parse(&p, bytes, wr_len(&w)));
    assert_int_equal(p.pt, 102);
    assert_true(p.marker);
    assert_int_equal(p.seq, 65535);
    assert_int_equal(p.ts, 0xFFFFFFF0);
    assert_int_equal(p.ssrc, 7);
    assert_int_equal(p.len, 1);
    assert_int_equal(rtp_find_extension(&p, 3, &len)[1], 2);
    assert_int_equal(rtp_find_extension(&p, 14, &len)[15], 9);
    assert_int_equal(len, 16);
}

static void numbers_wrap(void **state)
{
    (void)state;
    assert_true(seq16_before(65535, 0));
    assert_false(seq16_before(0, 65535));
    assert_false(seq16_before(5, 5));
    assert_true(ts32_before(0xFFFFFFFF, 1));
    assert_false(ts32_before(1, 0xFFFFFFFF));
}

static void ticks_are_rounded_down(void **state)
{
    (void)state;
    assert_int_equal(rtp_ticks_from_us(0, 90000), 0);
    assert_int_equal(rtp_ticks_from_us(1000000, 90000), 90000);
    assert_int_equal(rtp_ticks_from_us(33333, 90000), 2999);
    assert_int_equal(rtp_ticks_from_us(-1, 90000), UINT32_MAX);
    assert_int_equal(rtp_ticks_from_us(-1000000, 48000), (uint32_t)-48000);
    assert_int_equal(rtp_ticks_from_us(INT64_C(100000) * US_PER_SECOND, 90000), (uint32_t)(UINT64_C(9000000000)));
}

static void ntp_times_go_there_and_back(void **state)
{
    (void)state;
    assert_int_equal(rtp_ntp_from_wall_us(0) >> 32, 2208988800U); /* RFC 5905, figure 4: 1 January 1970 */
    for (int64_t us = INT64_C(1700000000000000); us < INT64_C(1700000000000000) + 5000; us += 7)
        assert_int_equal(rtp_wall_us_from_ntp(rtp_ntp_from_wall_us(us)), us);
    assert_int_equal(rtp_ntp_middle(UINT64_C(0x1122334455667788)), 0x33445566);
}

static void rtcp_is_told_from_rtp(void **state)
{
    (void)state;
    assert_true(rtp_is_rtcp((const uint8_t[]){ 0x80, 200 }, 2));
    assert_false(rtp_is_rtcp((const uint8_t[]){ 0x80, 0x80 | 96 }, 2));
    assert_false(rtp_is_rtcp((const uint8_t[]){ 0x80 }, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_field),
        cmocka_unit_test(a_cut_in_the_head_is_refused),
        cmocka_unit_test(impossible_padding_is_refused),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(finds_elements_of_two_bytes),
        cmocka_unit_test(an_element_that_is_cut_is_not_found),
        cmocka_unit_test(a_cut_element_before_others_ends_the_search),
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(numbers_wrap),
        cmocka_unit_test(ticks_are_rounded_down),
        cmocka_unit_test(ntp_times_go_there_and_back),
        cmocka_unit_test(rtcp_is_told_from_rtp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
