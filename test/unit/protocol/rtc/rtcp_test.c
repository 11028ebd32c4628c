#include "protocol/rtc/rtcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t bytes[512];

/* Read one packet that fills all of what was written. */
static struct rtcp_packet the_only_packet(const struct wr *w)
{
    struct rd          r = rd_over(bytes, wr_len(w));
    struct rtcp_packet p;
    assert_false(w->full);
    assert_int_equal(wr_len(w) % 4, 0);
    assert_true(rtcp_next(&r, &p));
    assert_int_equal(rd_left(&r), 0);
    return p;
}

static void a_sender_report_is_read_again(void **state)
{
    (void)state;
    struct rtcp_sender_info info = { UINT64_C(0x0102030405060708), 9000, 100, 120000 }, read;
    struct rtcp_report      report = { 5, 64, -3, 0x10005, 7, 8, 9 }, again;
    struct wr               w = wr_over(bytes, sizeof bytes);
    rtcp_write_sr(&w, 11, &info, &report, 1);
    struct rtcp_packet p = the_only_packet(&w);
    assert_int_equal(p.type, RTCP_SENDER_REPORT);
    assert_int_equal(p.ssrc, 11);
    assert_true(rtcp_take_sender_info(&p, &read));
    assert_int_equal(read.ntp, info.ntp);
    assert_int_equal(read.rtp_ts, 9000);
    assert_int_equal(read.n_packets, 100);
    assert_int_equal(read.n_bytes, 120000);
    assert_true(rtcp_take_report(&p, &again));
    assert_int_equal(again.ssrc, 5);
    assert_int_equal(again.fraction_lost, 64);
    assert_int_equal(again.n_lost, -3);
    assert_int_equal(again.highest_seq, 0x10005);
    assert_int_equal(again.jitter, 7);
    assert_int_equal(again.last_sr, 8);
    assert_int_equal(again.delay, 9);
    assert_false(rtcp_take_report(&p, &again));
}

static void reports_of_a_receiver_are_read_again(void **state)
{
    (void)state;
    struct rtcp_report reports[2] = { { .ssrc = 1, .n_lost = 0x7fffff }, { .ssrc = 2, .fraction_lost = 255 } }, read;
    struct wr          w = wr_over(bytes, sizeof bytes);
    rtcp_write_rr(&w, 3, reports, 2);
    struct rtcp_packet      p = the_only_packet(&w);
    struct rtcp_sender_info info;
    assert_false(rtcp_take_sender_info(&p, &info));
    assert_true(rtcp_take_report(&p, &read));
    assert_int_equal(read.n_lost, 0x7fffff);
    assert_true(rtcp_take_report(&p, &read));
    assert_int_equal(read.ssrc, 2);
    assert_int_equal(read.fraction_lost, 255);
    assert_false(rtcp_take_report(&p, &read));
}

static void a_report_that_is_counted_but_not_there_ends_the_walk(void **state)
{
    (void)state;
    static const uint8_t cut[] = { 0x9F, 201, 0, 1, 0, 0, 0, 1 };
    struct rd            r = rd_over(cut, sizeof cut);
    struct rtcp_packet   p;
    struct rtcp_report   report;
    assert_true(rtcp_next(&r, &p));
    assert_false(rtcp_take_report(&p, &report));
}

/* Write the numbers, and compare what a reader of the NACK makes of it; returns the number of items. */
static unsigned check_nack(const uint16_t *seqs, size_t n)
{
    struct wr w = wr_over(bytes, sizeof bytes);
    uint16_t  first = 0, mask = 0;
    size_t    at = 0;
    unsigned  items = 0;
    rtcp_write_nack(&w, 1, 2, seqs, n);
    struct rtcp_packet p = the_only_packet(&w);
    assert_int_equal(p.media_ssrc, 2);
    for (; rtcp_take_nack(&p, &first, &mask); items++) {
        assert_int_equal(first, seqs[at++]);
        for (unsigned bit = 0; bit < 16; bit++)
            if (mask >> bit & 1)
                assert_int_equal((uint16_t)(first + 1 + bit), seqs[at++]);
    }
    assert_int_equal(at, n);
    return items;
}

static void lost_numbers_share_items(void **state)
{
    (void)state;
    assert_int_equal(check_nack((const uint16_t[]){ 7 }, 1), 1);
    assert_int_equal(check_nack((const uint16_t[]){ 7, 8, 23 }, 3), 1);
    assert_int_equal(check_nack((const uint16_t[]){ 7, 24 }, 2), 2);
    assert_int_equal(check_nack((const uint16_t[]){ 65530, 65535, 0, 10, 11 }, 5), 2);
}

static void requests_for_pictures_are_read_again(void **state)
{
    (void)state;
    struct wr w = wr_over(bytes, sizeof bytes);
    rtcp_write_pli(&w, 1, 77);
    struct rtcp_packet p = the_only_packet(&w);
    assert_int_equal(p.type, RTCP_FEEDBACK_MEDIA);
    assert_int_equal(p.count, RTCP_FMT_PLI);
    assert_int_equal(p.media_ssrc, 77);

    uint32_t ssrc = 0;
    uint8_t  number = 0;
    w = wr_over(bytes, sizeof bytes);
    rtcp_write_fir(&w, 1, 78, 200);
    p = the_only_packet(&w);
    assert_true(rtcp_take_fir(&p, &ssrc, &number));
    assert_int_equal(ssrc, 78);
    assert_int_equal(number, 200);
    assert_false(rtcp_take_fir(&p, &ssrc, &number));
}

static void a_bit_rate_is_read_to_18_bits(void **state)
{
    (void)state;
    static const uint64_t rates[] = { 0, 1, 262143, 262144, 2500000, UINT64_C(9999999999) };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct wr w = wr_over(bytes, sizeof bytes);
        uint64_t  bps = 1;
        rtcp_write_remb(&w, 1, rates[i], (const uint32_t[]){ 5, 6 }, 2);
        struct rtcp_packet p = the_only_packet(&w);
        assert_true(rtcp_read_remb(&p, &bps));
        assert_true(bps <= rates[i] && rates[i] - bps <= rates[i] >> 17);
    }
}

static void feedback_of_another_application_is_no_bit_rate(void **state)
{
    (void)state;
    struct wr w = wr_over(bytes, sizeof bytes);
    uint64_t  bps;
    rtcp_write_feedback(&w, RTCP_FEEDBACK_MEDIA, RTCP_FMT_APP, 1, 0, (const uint8_t *)"ELSE\0\0\0", 8);
    struct rtcp_packet p = the_only_packet(&w);
    assert_false(rtcp_read_remb(&p, &bps));
}

static void a_goodbye_names_its_sources(void **state)
{
    (void)state;
    static const uint8_t two[] = { 0x82, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2 };
    static const uint8_t none[] = { 0x80, 203, 0, 0 };
    struct rd            r = rd_over(two, sizeof two);
    struct rtcp_packet   p;
    assert_true(rtcp_next(&r, &p));
    assert_true(rtcp_bye_has(&p, 1));
    assert_true(rtcp_bye_has(&p, 2));
    assert_false(rtcp_bye_has(&p, 3));
    r = rd_over(none, sizeof none);
    assert_true(rtcp_next(&r, &p));
    assert_false(rtcp_bye_has(&p, 0));
}

static void a_compound_is_walked(void **state)
{
    (void)state;
    struct wr w = wr_over(bytes, sizeof bytes);
    rtcp_write_rr(&w, 1, NULL, 0);
    rtcp_write_cname(&w, 1, "abc");
    rtcp_write_cname(&w, 1, "ab"); /* a whole word of zeros behind it */
    rtcp_write_bye(&w, 1);
    static const uint8_t types[] = { RTCP_RECEIVER_REPORT, RTCP_DESCRIPTION, RTCP_DESCRIPTION, RTCP_BYE };
    struct rd            r = rd_over(bytes, wr_len(&w));
    struct rtcp_packet   p;
    for (size_t i = 0; i < sizeof types; i++) {
        assert_true(rtcp_next(&r, &p));
        assert_int_equal(p.type, types[i]);
        assert_int_equal(p.ssrc, 1);
    }
    assert_false(rtcp_next(&r, &p));
    assert_false(r.bad);
}

static void every_cut_is_noticed(void **state)
{
    (void)state;
    struct rtcp_report report = { .ssrc = 5 };
    struct wr          w = wr_over(bytes, sizeof bytes);
    rtcp_write_rr(&w, 1, &report, 1);
    for (size_t cut = 1; cut < wr_len(&w); cut++) {
        uint8_t           *copy = malloc(cut);
        struct rtcp_packet p;
        memcpy(copy, bytes, cut);
        struct rd r = rd_over(copy, cut);
        assert_false(rtcp_next(&r, &p));
        assert_true(r.bad);
        free(copy);
    }
}

static void padding_is_cut_off(void **state)
{
    (void)state;
    uint8_t            padded[] = { 0xA1, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4 };
    struct rtcp_packet p;
    struct rd          r = rd_over(padded, sizeof padded);
    assert_true(rtcp_next(&r, &p));
    assert_int_equal(rd_left(&p.body), 0);
    padded[sizeof padded - 1] = 200;
    r = rd_over(padded, sizeof padded);
    assert_false(rtcp_next(&r, &p));
    assert_true(r.bad);
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    struct wr w = wr_over(bytes, 11);
    rtcp_write_pli(&w, 1, 2);
    assert_true(w.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sender_report_is_read_again),
        cmocka_unit_test(reports_of_a_receiver_are_read_again),
        cmocka_unit_test(a_report_that_is_counted_but_not_there_ends_the_walk),
        cmocka_unit_test(lost_numbers_share_items),
        cmocka_unit_test(requests_for_pictures_are_read_again),
        cmocka_unit_test(a_bit_rate_is_read_to_18_bits),
        cmocka_unit_test(feedback_of_another_application_is_no_bit_rate),
        cmocka_unit_test(a_goodbye_names_its_sources),
        cmocka_unit_test(a_compound_is_walked),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(padding_is_cut_off),
        cmocka_unit_test(what_does_not_fit_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
