/* One track of a viewer: what is sent again, with which bytes, and how often; what reports tell. */
#include "app/rtc/track.h"

#include "app/rtc/viewer.h"
#include "protocol/rtc/red.h"

enum { RED_PT = 63 };

static struct viewer      v;
static struct rtc_outlet  out;
static struct rtc_track   t;
static struct rtc_packed *packed;

static const struct rtc_clock clock_at_0 = { 0, 0, INT64_C(1700000000000000) };

static int setup(void **state)
{
    (void)state;
    viewer_init(&v);
    out = viewer_outlet(&v);
    struct frame *f = sound_of(CODEC_OPUS, 0); /* One payload of 40 bytes is all that these tests need. */
    packed = rtc_packed_of_sound(f);
    assert_non_null(packed);
    frame_unref(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rtc_track_finish(&t);
    assert_int_equal(packed->refs, 1);
    rtc_packed_unref(&packed);
    viewer_free(&v);
    return 0;
}

static void send_one(int64_t now_us)
{
    rtc_track_frame(&t, packed, now_us);
    assert_true(rtc_track_send(&t, &out, 0, &clock_at_0, now_us));
}

static struct rtp_packet first(void)
{
    return v.got[0].rtp;
}

static void a_packet_is_sent_again_by_rtx(void **state)
{
    (void)state;
    rtc_track_init(&t, &video_track);
    for (int i = 0; i < 20; i++)
        send_one(i);
    rtc_track_resend(&t, &out, v.got[3].rtp.seq, 1 << 2 | 1 << 15, 1000);
    assert_int_equal(v.n_got, 23);
    static const int again[] = { 3, 6, 19 };
    for (size_t i = 0; i < 3; i++) {
        const struct rtp_packet *rtx = &v.got[20 + i].rtp, *was = &v.got[again[i]].rtp;
        assert_int_equal(rtx->pt, RTX_PT);
        assert_int_equal(rtx->ssrc, VIDEO_RTX_SSRC);
        assert_int_equal(rtx->ts, was->ts);
        assert_int_equal(rtx->payload[0] << 8 | rtx->payload[1], was->seq);
        assert_int_equal(rtx->len, was->len + 2);
        assert_memory_equal(rtx->payload + 2, was->payload, was->len);
        assert_int_equal(rtx->seq, (uint16_t)(v.got[20].rtp.seq + i));
    }
    assert_int_equal(t.stat.n_asked, 3);
    assert_int_equal(t.stat.n_again, 3);
}

static void without_rtx_the_very_same_bytes_are_sent_again(void **state)
{
    (void)state;
    struct rtc_track_agreed agreed = video_track;
    agreed.rtx_pt = 0;
    agreed.ext_abs_capture = 5;
    agreed.ext_playout_delay = 6;
    rtc_track_init(&t, &agreed);
    send_one(0);
    send_one(1);
    rtc_track_resend(&t, &out, first().seq, 0, 5000);
    assert_int_equal(v.n_got, 3);
    assert_int_equal(v.got[2].len, v.got[0].len);
    assert_memory_equal(v.got[2].bytes, v.got[0].bytes, v.got[0].len);
}

static void a_packet_is_not_sent_again_at_once_nor_for_ever(void **state)
{
    (void)state;
    rtc_track_init(&t, &video_track);
    send_one(0);
    rtc_track_resend(&t, &out, first().seq, 0, 0);
    rtc_track_resend(&t, &out, first().seq, 0, RTC_SENT_AGAIN_US - 1000);
    assert_int_equal(v.n_got, 2);
    for (int i = 1; i < 2 * RTC_SENT_AGAIN_MAX; i++)
        rtc_track_resend(&t, &out, first().seq, 0, i * RTC_SENT_AGAIN_US);
    assert_int_equal(v.n_got, 1 + RTC_SENT_AGAIN_MAX);
}

static void old_packets_are_not_sent_again(void **state)
{
    (void)state;
    rtc_track_init(&t, &video_track);
    send_one(0);
    rtc_track_resend(&t, &out, first().seq, 0, RTC_SENT_KEPT_US);
    rtc_track_resend(&t, &out, (uint16_t)(first().seq + 1), 0xffff, 0);
    assert_int_equal(v.n_got, 1);
}

static void more_packets_are_kept_the_more_are_sent(void **state)
{
    (void)state;
    rtc_track_init(&t, &video_track);
    for (int i = 0; i < 1000; i++)
        send_one(i * 900); /* 900 ms */
    assert_int_equal(t.n_sent, 1024);
    rtc_track_resend(&t, &out, first().seq, 0, 900 * US_PER_MS);
    assert_int_equal(v.n_got, 1001);
    for (int i = 0; i < 2 * RTC_SENT_MAX; i++)
        send_one(900 * US_PER_MS);
    assert_int_equal(t.n_sent, RTC_SENT_MAX);
    assert_in_range(packed->refs, RTC_SENT_MAX, RTC_SENT_MAX + 2);
}

static void after_a_burst_fewer_packets_have_room(void **state)
{
    (void)state;
    int64_t now = 0;
    rtc_track_init(&t, &video_track);
    for (int i = 0; i < 1000; i++)
        send_one(now += 100);
    size_t burst = t.n_sent;
    assert_int_equal(burst, 1024);
    for (int i = 0; i < 5000; i++)
        send_one(now += 12 * US_PER_MS);
    assert_int_equal(t.n_sent, 128); /* 84 of a second */
    assert_int_equal(packed->refs, 2 + 128);
    uint16_t last = t.seq;
    unsigned before = v.n_got;
    rtc_track_resend(&t, &out, (uint16_t)(last - 83), 0xffff, now);
    assert_int_equal(v.n_got, before + 17);
    rtc_track_resend(&t, &out, (uint16_t)(last - 86), 0, now);
    assert_int_equal(v.n_got, before + 17);
}

static void nothing_is_kept_unless_nack_was_agreed(void **state)
{
    (void)state;
    rtc_track_init(&t, &audio_track);
    send_one(0);
    rtc_track_resend(&t, &out, first().seq, 0, 0);
    assert_int_equal(v.n_got, 1);
    assert_null(t.sent);
}

static void times_go_with_the_first_packet_of_a_frame(void **state)
{
    (void)state;
    struct rtc_track_agreed agreed = audio_track;
    size_t                  len = 0;
    agreed.ext_abs_capture = 5;
    rtc_track_init(&t, &agreed);
    packed->pts_us = 250000;
    send_one(0);
    struct rtp_packet p = first();
    const uint8_t    *x = rtp_find_extension(&p, 5, &len);
    assert_non_null(x);
    assert_int_equal(len, 8);
    struct rd r = rd_over(x, len);
    assert_int_equal(rtp_wall_us_from_ntp(rd_u64(&r)), clock_at_0.wall_us + 250000);
}

static void every_packet_names_the_track(void **state)
{
    (void)state;
    struct rtc_track_agreed as = video_track;
    as.ext_mid = 4;
    strcpy(as.mid, "0123456789abcdef"); /* the longest */
    rtc_track_init(&t, &as);
    for (int i = 0; i < 2; i++)
        send_one(i);
    rtc_track_resend(&t, &out, first().seq, 0, 1000);
    assert_int_equal(v.n_got, 3);
    for (size_t i = 0; i < v.n_got; i++) {
        size_t         len;
        const uint8_t *mid = rtp_find_extension(&v.got[i].rtp, 4, &len);
        assert_non_null(mid);
        assert_int_equal(len, 16);
        assert_memory_equal(mid, as.mid, len);
    }
}

static void a_report_tells_round_trip_and_losses(void **state)
{
    (void)state;
    uint8_t                 bytes[64];
    struct wr               w = wr_over(bytes, sizeof bytes);
    struct rtcp_packet      p;
    struct rtcp_sender_info info;
    rtc_track_init(&t, &audio_track);
    rtc_track_write_report(&t, &w, &clock_at_0, 2000000);
    struct rd r = rd_over(bytes, wr_len(&w));
    assert_true(rtcp_next(&r, &p) && rtcp_take_sender_info(&p, &info));
    assert_int_equal(rtp_wall_us_from_ntp(info.ntp), clock_at_0.wall_us + 2000000);
    struct rtcp_report report = { .ssrc = AUDIO_SSRC, .fraction_lost = 25, .n_lost = 7, .jitter = 480 };
    report.last_sr = rtp_ntp_middle(info.ntp);
    report.delay = 65536 / 2; /* kept for 500 ms */
    rtc_track_take_report(&t, &report, &clock_at_0, 2580000);
    assert_int_equal(t.stat.fraction_lost, 25);
    assert_int_equal(t.stat.n_lost, 7);
    assert_int_equal(t.stat.jitter_us, 10000);
    assert_in_range(t.stat.rtt_us, 79900, 80100);
    report.ssrc = 1;
    report.n_lost = 9;
    rtc_track_take_report(&t, &report, &clock_at_0, 2580000);
    assert_int_equal(t.stat.n_lost, 7); /* about another stream */
}

/* The packets from `from` on: how many repeat the one before, and each does so rightly. */
static size_t n_repeated(size_t from)
{
    size_t n = 0;
    for (size_t i = from; i < v.n_got; i++) {
        const struct rtp_packet *p = &v.got[i].rtp;
        struct rtp_red           red;
        if (p->pt != RED_PT)
            continue;
        n++;
        assert_true(rtp_red_parse(&red, p->payload, p->len));
        assert_int_equal(red.n, 2);
        assert_int_equal(red.blocks[0].offset, p->ts - v.got[i - 1].rtp.ts);
        for (size_t k = 0; k < red.n; k++) {
            assert_int_equal(red.blocks[k].pt, AUDIO_PT);
            assert_int_equal(red.blocks[k].len, packed->list[0].len);
            assert_memory_equal(red.blocks[k].bytes, packed->bytes + packed->list[0].at, red.blocks[k].len);
        }
    }
    return n;
}

static void sound_is_repeated_while_a_viewer_tells_of_losses(void **state)
{
    (void)state;
    struct rtc_track_agreed agreed = audio_track;
    struct rtcp_report      report = { .ssrc = AUDIO_SSRC, .fraction_lost = RTC_RED_LOSS_MIN - 1 };
    agreed.red_pt = RED_PT;
    rtc_track_init(&t, &agreed);
    send_one(0);
    rtc_track_take_report(&t, &report, &clock_at_0, 0);
    send_one(20000);
    assert_int_equal(n_repeated(0), 0);
    report.fraction_lost = RTC_RED_LOSS_MIN;
    rtc_track_take_report(&t, &report, &clock_at_0, 30000);
    send_one(40000);
    send_one(60000);
    assert_int_equal(n_repeated(2), 2);
    send_one(30000 + RTC_RED_US - 1); /* too far behind the last one for the 14 bits */
    assert_int_equal(n_repeated(4), 0);
    send_one(30000 + RTC_RED_US);
    assert_int_equal(n_repeated(4), 0); /* Losses were told of too long ago. */
}

static void packets_that_repeat_are_not_sent_again(void **state)
{
    (void)state;
    struct rtc_track_agreed agreed = audio_track;
    struct rtcp_report      report = { .ssrc = AUDIO_SSRC, .fraction_lost = 255 };
    agreed.red_pt = RED_PT;
    agreed.nack = true;
    rtc_track_init(&t, &agreed);
    rtc_track_take_report(&t, &report, &clock_at_0, 0);
    send_one(0);
    send_one(20000);
    assert_int_equal(n_repeated(0), 1);
    rtc_track_resend(&t, &out, first().seq, 1, 50000);
    assert_int_equal(v.n_got, 3);
    assert_int_equal(v.got[2].len, v.got[0].len);
    assert_memory_equal(v.got[2].bytes, v.got[0].bytes, v.got[0].len);
}

static void without_red_nothing_is_repeated(void **state)
{
    (void)state;
    struct rtcp_report report = { .ssrc = AUDIO_SSRC, .fraction_lost = 255 };
    rtc_track_init(&t, &audio_track);
    rtc_track_take_report(&t, &report, &clock_at_0, 0);
    send_one(0);
    send_one(20000);
    assert_int_equal(v.got[1].rtp.pt, AUDIO_PT);
    assert_int_equal(v.got[1].rtp.len, packed->list[0].len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_packet_is_sent_again_by_rtx, setup, teardown),
        cmocka_unit_test_setup_teardown(without_rtx_the_very_same_bytes_are_sent_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_packet_is_not_sent_again_at_once_nor_for_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(old_packets_are_not_sent_again, setup, teardown),
        cmocka_unit_test_setup_teardown(more_packets_are_kept_the_more_are_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(after_a_burst_fewer_packets_have_room, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_kept_unless_nack_was_agreed, setup, teardown),
        cmocka_unit_test_setup_teardown(times_go_with_the_first_packet_of_a_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(every_packet_names_the_track, setup, teardown),
        cmocka_unit_test_setup_teardown(a_report_tells_round_trip_and_losses, setup, teardown),
        cmocka_unit_test_setup_teardown(sound_is_repeated_while_a_viewer_tells_of_losses, setup, teardown),
        cmocka_unit_test_setup_teardown(packets_that_repeat_are_not_sent_again, setup, teardown),
        cmocka_unit_test_setup_teardown(without_red_nothing_is_repeated, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
