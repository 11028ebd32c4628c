#include "protocol/rtc/reception.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"

enum { HZ = 90000, SSRC = 7 };

static void take(struct rtp_reception *r, uint16_t seq, uint32_t ts, int64_t now)
{
    rtp_reception_take(r, &(struct rtp_packet){ .seq = seq, .ts = ts }, now);
}

static void losses_are_those_since_the_last_report(void **state)
{
    (void)state;
    struct rtp_reception r = { .clock_hz = HZ };
    for (unsigned i = 0; i < 100; i++)
        if (i % 4)
            take(&r, (uint16_t)(65500 + i), i * 3600, (int64_t)i * 40000);
    struct rtcp_report report = rtp_reception_report(&r, SSRC, 4 * US_PER_SECOND);
    assert_int_equal(report.ssrc, SSRC);
    assert_int_equal(report.n_lost, 24); /* The first that came was number 1. */
    assert_int_equal(report.fraction_lost, 24 * 256 / 99);
    assert_int_equal(report.highest_seq, 65599); /* one cycle */
    assert_int_equal(report.jitter, 0);
    assert_int_equal(report.last_sr, 0);
    for (unsigned i = 100; i < 110; i++)
        take(&r, (uint16_t)(65500 + i), i * 3600, (int64_t)i * 40000);
    report = rtp_reception_report(&r, SSRC, 5 * US_PER_SECOND);
    assert_int_equal(report.n_lost, 24);
    assert_int_equal(report.fraction_lost, 0);
}

static void duplicates_make_losses_negative(void **state)
{
    (void)state;
    struct rtp_reception r = { .clock_hz = HZ };
    take(&r, 1, 0, 0);
    take(&r, 1, 0, 0);
    struct rtcp_report report = rtp_reception_report(&r, SSRC, 0);
    assert_int_equal(report.n_lost, -1);
    assert_int_equal(report.fraction_lost, 0);
}

static void jitter_is_the_smoothed_change_of_transit(void **state)
{
    (void)state;
    struct rtp_reception r = { .clock_hz = HZ };
    for (unsigned i = 0; i < 2000; i++)
        take(&r, (uint16_t)i, i * 3600, (int64_t)i * 40000 + (i & 1 ? 10000 : 0));
    assert_in_range(rtp_reception_jitter_us(&r), 9500, 10500);
}

static void the_last_sender_report_is_answered(void **state)
{
    (void)state;
    struct rtp_reception r = { .clock_hz = HZ };
    take(&r, 1, 0, 0);
    rtp_reception_take_sr(&r, &(struct rtcp_sender_info){ .ntp = UINT64_C(0x1122334455667788) }, US_PER_SECOND);
    struct rtcp_report report = rtp_reception_report(&r, SSRC, US_PER_SECOND + US_PER_SECOND / 2);
    assert_int_equal(report.last_sr, 0x33445566);
    assert_int_equal(report.delay, 32768);
}

static void a_sender_report_without_a_wall_clock_is_not_named(void **state)
{
    (void)state;
    struct rtp_reception r = { .clock_hz = HZ };
    take(&r, 1, 0, 0);
    rtp_reception_take_sr(&r, &(struct rtcp_sender_info){ .ntp = UINT64_C(0x1122334455667788) }, US_PER_SECOND);
    rtp_reception_take_sr(&r, &(struct rtcp_sender_info){ .ntp = 0 }, 2 * US_PER_SECOND);
    struct rtcp_report report = rtp_reception_report(&r, SSRC, US_PER_SECOND * 5 / 2);
    assert_int_equal(report.last_sr, 0x33445566);
    assert_int_equal(report.delay, 65536 * 3 / 2);
}

static void a_restart_counts_anew(void **state)
{
    (void)state;
    struct rtp_reception r = { .clock_hz = HZ };
    take(&r, 1, 0, 0);
    take(&r, 50, 0, 0);
    rtp_reception_restart(&r);
    struct rtcp_report report = rtp_reception_report(&r, SSRC, 0);
    assert_int_equal(report.n_lost, 0);
    take(&r, 40000, 0, 0);
    report = rtp_reception_report(&r, SSRC, 0);
    assert_int_equal(report.n_lost, 0);
    assert_int_equal(report.highest_seq, 40000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_those_since_the_last_report),
        cmocka_unit_test(duplicates_make_losses_negative),
        cmocka_unit_test(jitter_is_the_smoothed_change_of_transit),
        cmocka_unit_test(the_last_sender_report_is_answered),
        cmocka_unit_test(a_sender_report_without_a_wall_clock_is_not_named),
        cmocka_unit_test(a_restart_counts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
