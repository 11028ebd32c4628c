#include "protocol/rtc/receiver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/mem.h"
#include "protocol/rtc/red.h"

enum {
    PICTURE_PT = 96,
    RTX_PT = 97,
    SOUND_PT = 111,
    RED_PT = 63,
    PICTURE_SSRC = 100,
    RTX_SSRC = 101,
    SOUND_SSRC = 200,
    TWCC_EXT = 3,
    MID_EXT = 4
};

/* What came out. */
struct seen {
    struct frame_unit  units[256];
    uint8_t            last[256][4]; /* the last bytes of each unit */
    size_t             n_units;
    uint16_t           nacks[1024];
    size_t             n_nacks, n_plis, n_firs, n_twccs, n_reports, n_compounds;
    struct rtcp_report report; /* the newest about the picture */
};

struct test {
    struct rtc_agreement agreed;
    struct rtc_receiver  r;
    struct seen          seen;
    int64_t              now;
};

static void take_unit(void *arg, struct frame_unit *u)
{
    struct seen *s = arg;
    size_t       len = rd_left(&u->bytes);
    assert_true(s->n_units < 256 && len >= 2);
    memcpy(s->last[s->n_units], u->bytes.end - 2, 2);
    s->units[s->n_units++] = *u;
}

static void take_reports(struct seen *s, struct rtcp_packet *p)
{
    struct rtcp_report report;
    while (rtcp_take_report(p, &report)) {
        s->n_reports++;
        if (report.ssrc == PICTURE_SSRC)
            s->report = report;
    }
}

static void take_nacks(struct seen *s, struct rtcp_packet *p)
{
    uint16_t first, mask;
    while (rtcp_take_nack(p, &first, &mask)) {
        s->nacks[s->n_nacks++] = first;
        for (unsigned bit = 0; bit < 16; bit++)
            if (mask >> bit & 1)
                s->nacks[s->n_nacks++] = (uint16_t)(first + 1 + bit);
    }
}

static void take_rtcp(void *arg, uint8_t *rtcp, size_t len, size_t room)
{
    struct seen       *s = arg;
    struct rd          r = rd_over(rtcp, len);
    struct rtcp_packet p;
    bool               is_first = true;
    assert_true(room >= 20);
    while (rtcp_next(&r, &p)) {
        s->n_compounds += is_first && p.type == RTCP_RECEIVER_REPORT;
        is_first = false;
        assert_int_equal(p.ssrc, RTC_RECEIVER_SSRC);
        if (p.type == RTCP_RECEIVER_REPORT)
            take_reports(s, &p);
        if (p.type == RTCP_FEEDBACK_TRANSPORT && p.count == RTCP_FMT_NACK)
            take_nacks(s, &p);
        s->n_twccs += p.type == RTCP_FEEDBACK_TRANSPORT && p.count == RTCP_FMT_TWCC;
        s->n_plis += p.type == RTCP_FEEDBACK_MEDIA && p.count == RTCP_FMT_PLI;
        s->n_firs += p.type == RTCP_FEEDBACK_MEDIA && p.count == RTCP_FMT_FIR;
    }
    assert_false(r.bad);
}

static void begin_with(struct test *t, struct rtc_receiver_setup setup)
{
    t->now = 10 * (int64_t)US_PER_SECOND;
    setup.agreed = &t->agreed;
    setup.cname = "srs";
    setup.sink = (struct rtc_receive_sink){ &t->seen, take_unit, take_rtcp };
    rtc_receiver_init(&t->r, &setup, t->now);
}

static struct test *test_new(void)
{
    struct test *t = calloc(1, sizeof *t);
    t->agreed.n_tracks = 2;
    t->agreed.tracks[0] = (struct rtc_track_agreed){
        .mid = "a",
        .active = true,
        .kind = FRAME_AUDIO,
        .codec = CODEC_OPUS,
        .pt = SOUND_PT,
        .clock_hz = 48000,
        .channels = 2,
        .ext_mid = MID_EXT,
        .ssrc = SOUND_SSRC,
        .rtcp_rsize = true,
    };
    t->agreed.tracks[1] = (struct rtc_track_agreed){
        .mid = "v",
        .active = true,
        .kind = FRAME_VIDEO,
        .codec = CODEC_H264,
        .pt = PICTURE_PT,
        .rtx_pt = RTX_PT,
        .clock_hz = 90000,
        .ext_twcc = TWCC_EXT,
        .ext_mid = MID_EXT,
        .ssrc = PICTURE_SSRC,
        .rtx_ssrc = RTX_SSRC,
        .nack = true,
        .pli = true,
        .twcc = true,
        .rtcp_rsize = true,
    };
    return t;
}

static struct test *begin(void)
{
    struct test *t = test_new();
    begin_with(t, (struct rtc_receiver_setup){ .drop_pt = 0 });
    return t;
}

static void end(struct test *t)
{
    rtc_receiver_finish(&t->r);
    free(t);
}

static void put(struct test *t, struct rtp_head head, const void *payload, size_t len)
{
    uint8_t   bytes[256];
    struct wr w = wr_over(bytes, sizeof bytes);
    rtp_write_head(&w, &head);
    wr_bytes(&w, payload, len);
    assert_false(w.full);
    rtc_receiver_take_rtp(&t->r, t->now, bytes, wr_len(&w));
}

/* A picture of one packet, or the packet of a fragment. Its last bytes tell the number. */
static void put_picture(struct test *t, uint16_t seq, uint32_t ts, bool is_key)
{
    uint8_t payload[] = { is_key ? 0x65 : 0x41, 0x80, (uint8_t)(seq >> 8 | 0x80), (uint8_t)(seq | 1) };
    put(t, (struct rtp_head){ .pt = PICTURE_PT, .marker = true, .seq = seq, .ts = ts, .ssrc = PICTURE_SSRC }, payload,
        sizeof payload);
}

static void put_rtx(struct test *t, uint16_t seq, uint16_t original, uint32_t ts)
{
    uint8_t payload[] = { (uint8_t)(original >> 8),        (uint8_t)original,      0x41, 0x80,
                          (uint8_t)(original >> 8 | 0x80), (uint8_t)(original | 1) };
    put(t, (struct rtp_head){ .pt = RTX_PT, .marker = true, .seq = seq, .ts = ts, .ssrc = RTX_SSRC }, payload,
        sizeof payload);
}

static void put_sound(struct test *t, uint16_t seq, uint32_t ts)
{
    static const uint8_t payload[] = { 0xfc, 1, 2 };
    put(t, (struct rtp_head){ .pt = SOUND_PT, .seq = seq, .ts = ts, .ssrc = SOUND_SSRC }, payload, sizeof payload);
}

/* Let time pass, with everything that is due in it. */
static void pass(struct test *t, int64_t us)
{
    int64_t until = t->now + us;
    while (rtc_receiver_due_us(&t->r) <= until) {
        int64_t due = rtc_receiver_due_us(&t->r);
        t->now = due > t->now ? due : t->now;
        rtc_receiver_tick(&t->r, t->now);
        assert_true(rtc_receiver_due_us(&t->r) > t->now); /* else it would spin */
    }
    t->now = until;
}

static void tracks_come_out_on_one_line(void **state)
{
    (void)state;
    struct test *t = begin();
    put_sound(t, 1, 1000);
    put_picture(t, 1, 90000, true);
    t->now += 20 * US_PER_MS;
    put_sound(t, 2, 1960);
    t->now += 20 * US_PER_MS;
    put_picture(t, 2, 93600, false);
    assert_int_equal(t->seen.n_units, 4);
    static const int64_t times[] = { 0, 0, 20000, 40000 };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(t->seen.units[i].dts_us, times[i]);
    assert_int_equal(t->seen.units[0].codec, CODEC_OPUS);
    assert_int_equal(t->seen.units[0].channels, 2);
    assert_int_equal(t->seen.units[1].form, UNIT_STREAM);
    assert_true(t->seen.units[1].is_key);
    end(t);
}

static void lost_packets_are_asked_for_and_come_by_rtx(void **state)
{
    (void)state;
    struct test *t = begin();
    put_picture(t, 1, 0, true);
    put_picture(t, 4, 10800, false);
    assert_int_equal(t->seen.n_units, 1);
    pass(t, 20 * US_PER_MS);
    assert_int_equal(t->seen.n_nacks, 2);
    assert_int_equal(t->seen.nacks[0], 2);
    assert_int_equal(t->seen.nacks[1], 3);
    assert_int_equal(t->seen.n_compounds, 0); /* reduced size is agreed */
    put_rtx(t, 1, 3, 7200);
    put_rtx(t, 2, 2, 3600);
    assert_int_equal(t->seen.n_units, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(t->seen.units[i].dts_us, i * 40000);
    put_rtx(t, 3, 2, 3600);                                                           /* a second time: too late */
    put(t, (struct rtp_head){ .pt = RTX_PT, .seq = 4, .ssrc = RTX_SSRC }, "\0\5", 2); /* padding */
    put(t, (struct rtp_head){ .pt = RTX_PT, .seq = 5, .ssrc = RTX_SSRC }, "\0", 1);
    assert_int_equal(t->seen.n_units, 4);
    assert_int_equal(t->r.n_nacks, 2);
    assert_int_equal(rtc_receiver_track(&t->r, FRAME_VIDEO)->n_freezes, 0);
    end(t);
}

static void after_a_loss_pictures_wait_for_a_key_frame(void **state)
{
    (void)state;
    struct test *t = begin();
    put_picture(t, 1, 0, true);
    put_picture(t, 3, 7200, false);
    pass(t, RTC_RECEIVE_WAIT_US);
    assert_int_equal(t->seen.n_units, 1); /* The picture after the gap would be shown broken. */
    assert_int_equal(t->seen.n_plis, 1);
    put_picture(t, 4, 10800, false);
    pass(t, 2 * RTC_RECEIVE_KEY_US);
    assert_int_equal(t->seen.n_units, 1);
    assert_int_equal(t->seen.n_plis, 3); /* at a bounded rate */
    put_picture(t, 5, 14400, true);
    put_picture(t, 6, 18000, false);
    pass(t, 2 * RTC_RECEIVE_KEY_US);
    assert_int_equal(t->seen.n_units, 3);
    assert_int_equal(t->seen.n_plis, 3);
    assert_int_equal(rtc_receiver_track(&t->r, FRAME_VIDEO)->n_freezes, 1);
    end(t);
}

static void a_stream_that_begins_without_key_frame_is_asked_for_one(void **state)
{
    (void)state;
    struct test *t = begin();
    pass(t, 3 * US_PER_SECOND);
    assert_int_equal(t->seen.n_plis, 0); /* Nobody is there yet. */
    put_picture(t, 1, 0, false);
    pass(t, RTC_RECEIVE_FIRST_KEY_US - 1);
    assert_int_equal(t->seen.n_plis, 0);
    pass(t, 1);
    assert_int_equal(t->seen.n_plis, 1);
    assert_int_equal(t->seen.n_units, 0);
    end(t);
}

static void key_frames_are_asked_for_regularly_if_wanted(void **state)
{
    (void)state;
    struct test *t = test_new();
    t->agreed.tracks[1].pli = false;
    t->agreed.tracks[1].fir = true;
    t->agreed.tracks[0].rtcp_rsize = false;
    begin_with(t, (struct rtc_receiver_setup){ .key_every_us = 2 * US_PER_SECOND });
    put_picture(t, 1, 0, true);
    pass(t, 2 * US_PER_SECOND - 1);
    assert_int_equal(t->seen.n_firs, 0);
    size_t reports = t->seen.n_compounds;
    pass(t, 1);
    assert_int_equal(t->seen.n_firs, 1);
    assert_int_equal(t->seen.n_plis, 0);
    assert_true(t->seen.n_compounds > reports); /* RTCP of reduced size is not agreed. */
    put_picture(t, 2, 180000, true);
    pass(t, 2 * US_PER_SECOND - 1);
    assert_int_equal(t->seen.n_firs, 1);
    end(t);
}

/* A picture that has the number of transport-wide feedback. */
static void put_numbered(struct test *t, uint16_t seq)
{
    static const uint8_t payload[] = { 0x65, 0x80, 0xff };
    struct rtp_head      head = {
             .pt = PICTURE_PT, .marker = true, .seq = seq, .ts = seq * 3600u, .ssrc = PICTURE_SSRC, .n_extensions = 1
    };
    head.extensions[0] =
        (struct rtp_extension){ .id = TWCC_EXT, .len = 2, .bytes = { (uint8_t)(seq >> 8), (uint8_t)seq } };
    put(t, head, payload, sizeof payload);
}

static void arrivals_and_losses_are_reported(void **state)
{
    (void)state;
    struct test *t = begin();
    for (uint16_t i = 0; i < 50; i++) {
        if (i % 10 != 5)
            put_numbered(t, i);
        pass(t, 40 * US_PER_MS);
    }
    assert_in_range(t->seen.n_twccs, 14, 20); /* each 100 to 140 ms of 2 s */
    assert_int_equal(t->seen.report.ssrc, PICTURE_SSRC);
    assert_int_equal(t->seen.report.n_lost, 5);
    assert_true(t->seen.n_reports >= 2);
    end(t);
}

static void sender_reports_relate_the_tracks(void **state)
{
    (void)state;
    struct test *t = begin();
    /* The picture was taken 100 ms before the sound with which it arrives. */
    for (unsigned i = 0; i < 200; i++) {
        put_sound(t, (uint16_t)i, i * 960u);
        if (i % 2 == 0)
            put_picture(t, (uint16_t)(i / 2), i * 1800u, true);
        if (i % 50 == 0)
            for (unsigned k = 0; k < 2; k++) {
                uint8_t                 bytes[64];
                struct wr               w = wr_over(bytes, sizeof bytes);
                int64_t                 wall = 1800000000 * (int64_t)US_PER_SECOND + i * 20000;
                struct rtcp_sender_info info = { .ntp = rtp_ntp_from_wall_us(k ? wall - 100000 : wall) };
                info.rtp_ts = k ? i * 1800u : i * 960u;
                rtcp_write_sr(&w, k ? PICTURE_SSRC : SOUND_SSRC, &info, NULL, 0);
                rtc_receiver_take_rtcp(&t->r, t->now, bytes, wr_len(&w));
            }
        if (i < 198)
            t->now += 20 * US_PER_MS;
        else
            break;
        if (t->seen.n_units > 200)
            t->seen.n_units = 0;
    }
    const struct frame_unit *picture = &t->seen.units[t->seen.n_units - 1], *sound = picture - 1;
    assert_int_equal(picture->codec, CODEC_H264);
    assert_int_equal(sound->codec, CODEC_OPUS);
    assert_true(llabs(sound->dts_us - picture->dts_us - 100000) < US_PER_MS);
    end(t);
}

static void put_other(struct test *t, uint32_t ssrc, uint16_t seq, const char *mid)
{
    struct rtp_head head = { .pt = PICTURE_PT, .marker = true, .seq = seq, .ts = seq * 3600u, .ssrc = ssrc };
    if (mid) {
        head.n_extensions = 1;
        head.extensions[0] = (struct rtp_extension){ .id = MID_EXT, .len = (uint8_t)strlen(mid) };
        memcpy(head.extensions[0].bytes, mid, strlen(mid));
    }
    put(t, head, "\x65\x80\xff", 3);
}

static void an_ssrc_that_was_not_told_is_found_by_mid_or_type(void **state)
{
    (void)state;
    for (int by_mid = 0; by_mid < 2; by_mid++) {
        struct test *t = test_new();
        t->agreed.tracks[1].ssrc = t->agreed.tracks[1].rtx_ssrc = 0;
        begin_with(t, (struct rtc_receiver_setup){ .drop_pt = 0 });
        put_other(t, 4711, 1, by_mid ? "v" : NULL);
        put_other(t, 4711, 2, NULL);
        assert_int_equal(t->seen.n_units, 2);
        put_other(t, 4712, 3, "a"); /* of the track of sound, which has another type */
        assert_int_equal(t->seen.n_units, 2);
        put_other(t, 4711, 4, NULL);
        put_rtx(t, 9, 3, 0);
        assert_int_equal(t->seen.n_units, 4);
        end(t);
    }
}

static void another_ssrc_takes_over_when_the_first_is_silent(void **state)
{
    (void)state;
    struct test *t = begin();
    put_picture(t, 1, 0, true);
    put_other(t, 77, 500, NULL); /* a collision, or a second layer */
    assert_int_equal(t->seen.n_units, 1);
    assert_int_equal(t->r.n_strange, 1);
    t->now += RTC_RECEIVER_SILENCE_US;
    put_other(t, 77, 501, NULL);
    assert_int_equal(t->seen.n_units, 2);
    assert_int_equal(t->seen.units[1].dts_us, RTC_RECEIVER_SILENCE_US); /* by arrival */
    put_picture(t, 2, 3600, false);
    assert_int_equal(t->seen.n_units, 2);

    uint8_t   bytes[32];
    struct wr w = wr_over(bytes, sizeof bytes);
    rtcp_write_bye(&w, 77);
    rtc_receiver_take_rtcp(&t->r, t->now, bytes, wr_len(&w));
    put_other(t, 78, 9, NULL); /* at once after a goodbye */
    assert_int_equal(t->seen.n_units, 3);
    assert_true(t->seen.units[2].dts_us > t->seen.units[1].dts_us);
    end(t);
}

static void packets_of_a_dropped_type_do_not_come_in(void **state)
{
    (void)state;
    struct test *t = test_new();
    begin_with(t, (struct rtc_receiver_setup){ .drop_pt = PICTURE_PT });
    put_picture(t, 1, 0, true);
    put_sound(t, 1, 0);
    assert_int_equal(t->seen.n_units, 1);
    assert_int_equal(t->seen.units[0].codec, CODEC_OPUS);
    end(t);
}

static void more_losses_than_one_nack_has_are_asked_for_at_once(void **state)
{
    (void)state;
    struct test *t = begin();
    put_picture(t, 1, 0, true);
    put_picture(t, 602, 0, true);
    pass(t, 20 * US_PER_MS);
    assert_int_equal(t->r.n_nacks, 600);
    assert_int_equal(t->seen.n_nacks, 600);
    assert_int_equal(t->seen.nacks[599], 601);
    end(t);
}

static void saved_work_asks_for_nothing_and_reports_no_arrivals(void **state)
{
    struct test *t = begin();
    (void)state;
    put_numbered(t, 1);
    pass(t, 2 * TWCC_INTERVAL_US);
    size_t n_twccs = t->seen.n_twccs;
    assert_true(n_twccs > 0);
    rtc_receiver_save(&t->r, true, true);
    put_numbered(t, 3);
    pass(t, RTC_RECEIVE_REORDER_US + 10 * US_PER_MS);
    assert_int_equal(t->seen.n_nacks, 0);
    assert_int_equal(t->seen.n_twccs, n_twccs);
    assert_int_equal(t->r.tracks[1].order.n_lost, 1); /* It is not waited for, because nobody asks for it. */
    rtc_receiver_save(&t->r, false, false);
    put_numbered(t, 5);
    pass(t, 2 * TWCC_INTERVAL_US);
    assert_int_equal(t->seen.nacks[0], 4);
    assert_true(t->seen.n_twccs > n_twccs);
    end(t);
}

/* A packet with its own sound and that of the `n` packets before it. */
static void put_red(struct test *t, uint16_t seq, unsigned n)
{
    uint8_t        sounds[RTP_RED_BLOCKS_MAX][3], payload[128];
    struct rtp_red red = { .n = n + 1 };
    struct wr      w = wr_over(payload, sizeof payload);
    for (unsigned i = 0; i <= n; i++) {
        uint16_t of = (uint16_t)(seq - n + i);
        sounds[i][0] = 0xfc;
        sounds[i][1] = (uint8_t)(of >> 8);
        sounds[i][2] = (uint8_t)of;
        red.blocks[i] = (struct rtp_red_block){ SOUND_PT, (uint16_t)((n - i) * 960), sounds[i], sizeof sounds[i] };
    }
    rtp_red_write(&w, &red);
    put(t, (struct rtp_head){ .pt = RED_PT, .seq = seq, .ts = seq * 960u, .ssrc = SOUND_SSRC }, payload, wr_len(&w));
}

static void assert_sounds(const struct test *t, uint16_t from, size_t n)
{
    assert_int_equal(t->seen.n_units, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(t->seen.last[i][0] << 8 | t->seen.last[i][1], from + (int)i);
        if (i > 0)
            assert_int_equal(t->seen.units[i].dts_us - t->seen.units[i - 1].dts_us, 20 * US_PER_MS);
    }
}

static struct test *begin_red(void)
{
    struct test *t = test_new();
    t->agreed.tracks[0].red_pt = RED_PT;
    begin_with(t, (struct rtc_receiver_setup){ .key_every_us = 0 });
    return t;
}

static void sound_that_is_lost_is_found_in_the_packets_after_it(void **state)
{
    struct test *t = begin_red();
    (void)state;
    put_red(t, 100, 0);
    pass(t, 60 * US_PER_MS);
    put_red(t, 103, 2); /* 101 and 102 are in it */
    assert_sounds(t, 100, 4);
    pass(t, 40 * US_PER_MS);
    put_red(t, 105, 0); /* 104 is lost, and nothing has it */
    pass(t, RTC_RECEIVE_REORDER_US + 10 * US_PER_MS);
    assert_int_equal(t->seen.n_units, 5);
    assert_int_equal(t->r.tracks[0].order.n_lost, 1);
    assert_int_equal(t->r.n_strange, 0);
    end(t);
}

static void sound_that_comes_twice_is_used_once(void **state)
{
    struct test *t = begin_red();
    (void)state;
    for (uint16_t seq = 10; seq < 20; seq++) {
        if (seq != 13 && seq != 16)
            put_red(t, seq, 1);
        pass(t, 20 * US_PER_MS);
    }
    assert_sounds(t, 10, 10);
    assert_int_equal(t->r.tracks[0].order.n_lost, 0);
    put(t, (struct rtp_head){ .pt = RED_PT, .seq = 20, .ts = 20 * 960, .ssrc = SOUND_SSRC }, "\xff", 1); /* cut */
    pass(t, 20 * US_PER_MS);
    put_red(t, 21, 1);
    assert_sounds(t, 10, 12);
    end(t);
}

static void memory_that_is_out_is_told(void **state)
{
    (void)state;
    struct test *t = begin();
    put_picture(t, 1, 0, true);
    mem_fail_after(0);
    put_picture(t, 3, 0, true);
    mem_fail_after(-1);
    assert_true(t->r.no_memory);
    end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tracks_come_out_on_one_line),
        cmocka_unit_test(lost_packets_are_asked_for_and_come_by_rtx),
        cmocka_unit_test(after_a_loss_pictures_wait_for_a_key_frame),
        cmocka_unit_test(a_stream_that_begins_without_key_frame_is_asked_for_one),
        cmocka_unit_test(key_frames_are_asked_for_regularly_if_wanted),
        cmocka_unit_test(arrivals_and_losses_are_reported),
        cmocka_unit_test(sender_reports_relate_the_tracks),
        cmocka_unit_test(an_ssrc_that_was_not_told_is_found_by_mid_or_type),
        cmocka_unit_test(another_ssrc_takes_over_when_the_first_is_silent),
        cmocka_unit_test(packets_of_a_dropped_type_do_not_come_in),
        cmocka_unit_test(more_losses_than_one_nack_has_are_asked_for_at_once),
        cmocka_unit_test(sound_that_is_lost_is_found_in_the_packets_after_it),
        cmocka_unit_test(sound_that_comes_twice_is_used_once),
        cmocka_unit_test(saved_work_asks_for_nothing_and_reports_no_arrivals),
        cmocka_unit_test(memory_that_is_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
