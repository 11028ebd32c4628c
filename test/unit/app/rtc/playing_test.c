/* What viewers of a stream are sent: from the cache, live, after they asked for a key frame, and when there is no room. */
#include "app/rtc/playing.h"

#include "app/rtc/viewer.h"
#include "app/sound/other.h"
#include "core/mem.h"
#include "protocol/co.h"

static struct fixture fx;
static struct source *s;
static struct viewer  a, b;

/* SPS and PPS of a few bytes. */
static const uint8_t avc_record[] = {
    0x01, 0x42, 0xC0, 0x0A, 0xFF, 0xE1, 0x00, 0x04, 0x67, 0x42, 0xC0, 0x0A, 0x01, 0x00, 0x03, 0x68, 0xCE, 0x38,
};

static struct frame *avc_config(void)
{
    struct frame *f = frame_new(sizeof avc_record);
    assert_non_null(f);
    f->kind = FRAME_VIDEO;
    f->codec = CODEC_H264;
    f->config = true;
    f->len = f->media_len = sizeof avc_record;
    memcpy(f->data, avc_record, sizeof avc_record);
    return f;
}

static int setup(void **state)
{
    (void)state;
    begin(&fx, "min_latency on;");
    s = fx.source;
    viewer_init(&a);
    viewer_init(&b);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rtc_playing_end(&a.playing);
    rtc_playing_end(&b.playing);
    viewer_free(&a);
    viewer_free(&b);
    end(&fx);
    return 0;
}

static void join_as(struct viewer *v, const struct rtc_playing_setup *as)
{
    struct rtc_playing_setup to = *as;
    to.outlet = viewer_outlet(v);
    to.cname = "name";
    assert_null(rtc_playing_begin(&v->playing, s, &to));
}

static void join(struct viewer *v)
{
    join_as(v, &(struct rtc_playing_setup){ .video = &video_track, .audio = &audio_track });
}

/* Send until nothing is held back, without waiting for the clock. */
static void send_all(struct viewer *v)
{
    settle(s);
    for (int64_t now = now_us(); rtc_playing_send(&v->playing, now) == now + RTC_PACE_STEP_US; now += RTC_PACE_STEP_US)
        ;
}

/* A GOP of `n` pictures 40 ms apart from `ms` on, and the Opus of that time. */
static void put_gop(int64_t ms, int n, size_t len)
{
    for (int i = 0; i < n; i++) {
        put(s, picture_of(i ? 0x41 : 0x65, len, ms + i * 40, ms + i * 40));
        put(s, sound_of(CODEC_OPUS, ms + i * 40));
    }
}

/* Times of the pictures that the viewer has got, in the order of their packets, one for each marker. */
static size_t times_of_pictures(const struct viewer *v, uint32_t *times, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_got; i++)
        if (v->got[i].rtp.ssrc == VIDEO_SSRC && v->got[i].rtp.marker && n < max)
            times[n++] = v->got[i].rtp.ts;
    return n;
}

static size_t n_of(const struct viewer *v, uint32_t ssrc)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_got; i++)
        n += v->got[i].rtp.ssrc == ssrc;
    return n;
}

static void a_newcomer_gets_the_gop_at_once_with_times_close_together(void **state)
{
    (void)state;
    uint32_t times[64];
    put(s, avc_config());
    put_gop(1000, 50, 500);
    join(&a);
    send_all(&a);
    size_t n = times_of_pictures(&a, times, 64);
    assert_int_equal(n, 50);
    for (size_t i = 1; i < n; i++)
        assert_true(ts32_before(times[i - 1], times[i]));
    assert_true(times[n - 1] - times[0] < 90 * 45);       /* 1960 ms in 40 ms */
    assert_int_equal(a.got[0].rtp.payload[0], 0x60 | 24); /* SPS and PPS first */
    put_gop(3000, 2, 500);
    send_all(&a);
    assert_int_equal(times_of_pictures(&a, times, 64), 52);
    assert_int_equal(times[51] - times[50], 90 * 40);
    assert_int_equal(times[50] - times[49], 90 * 40);
}

static void sound_begins_with_the_present(void **state)
{
    (void)state;
    put_gop(1000, 50, 100);
    join(&a);
    send_all(&a);
    assert_in_range(n_of(&a, AUDIO_SSRC), 4, 6); /* of the last 200 ms */
}

static void sequence_numbers_have_no_gaps(void **state)
{
    (void)state;
    uint16_t twcc = 0, seq = 0;
    bool     has_begun = false;
    put_gop(0, 10, 5000);
    join(&a);
    send_all(&a);
    for (size_t i = 0; i < a.n_got; i++) {
        size_t         len;
        const uint8_t *x = rtp_find_extension(&a.got[i].rtp, 3, &len);
        assert_non_null(x);
        assert_int_equal(x[0] << 8 | x[1], twcc++);
        if (a.got[i].rtp.ssrc != VIDEO_SSRC)
            continue;
        assert_true(!has_begun || a.got[i].rtp.seq == (uint16_t)(seq + 1));
        has_begun = true;
        seq = a.got[i].rtp.seq;
    }
}

static void viewers_share_payloads(void **state)
{
    (void)state;
    put_gop(0, 5, 3000);
    join(&a);
    join(&b);
    assert_ptr_equal(a.playing.packets, b.playing.packets);
    send_all(&a);
    struct rtc_packed *of_a = rtc_packets_at(a.playing.packets, 0);
    send_all(&b);
    assert_ptr_equal(rtc_packets_at(b.playing.packets, 0), of_a);
    assert_int_equal(a.n_got, b.n_got);
}

static void a_large_gop_is_paced(void **state)
{
    (void)state;
    uint32_t times[64];
    int64_t  now = now_us();
    put_gop(0, 40, 20000);
    join(&a);
    settle(s);
    assert_int_equal(rtc_playing_send(&a.playing, now), now + RTC_PACE_STEP_US);
    size_t bytes = 0;
    for (size_t i = 0; i < a.n_got; i++)
        bytes += a.got[i].len;
    assert_in_range(bytes, RTC_PACE_BURST_BYTES, RTC_PACE_BURST_BYTES + 5000);
    send_all(&a);
    assert_int_equal(times_of_pictures(&a, times, 64), 40);
}

static void ask_for_a_key_frame(struct viewer *v, int64_t now)
{
    uint8_t   bytes[64];
    struct wr w = wr_over(bytes, sizeof bytes);
    rtcp_write_rr(&w, 1, NULL, 0);
    rtcp_write_pli(&w, 1, VIDEO_SSRC);
    rtc_playing_take_rtcp(&v->playing, bytes, wr_len(&w), now);
}

static void a_key_frame_comes_from_the_cache(void **state)
{
    (void)state;
    uint32_t times[64];
    put_gop(1000, 10, 500);
    join(&a);
    send_all(&a);
    size_t sounds = n_of(&a, AUDIO_SSRC);
    ask_for_a_key_frame(&a, now_us());
    send_all(&a);
    assert_int_equal(a.playing.stat.n_plis, 1);
    assert_int_equal(n_of(&a, AUDIO_SSRC), sounds); /* Sound does not come twice. */
    assert_int_equal(times_of_pictures(&a, times, 64), 20);
    for (size_t i = 1; i < 20; i++)
        assert_true(ts32_before(times[i - 1], times[i]));
    put_gop(1400, 1, 500);
    send_all(&a);
    assert_int_equal(times_of_pictures(&a, times, 64), 21);
    assert_in_range(times[20] - times[9], 90 * 39, 90 * 41); /* On the old time line again. */
}

static void key_frames_are_not_sent_more_often_than_once_a_second(void **state)
{
    (void)state;
    uint32_t times[64];
    put_gop(1000, 10, 500);
    join(&a);
    send_all(&a);
    int64_t now = now_us();
    ask_for_a_key_frame(&a, now);
    assert_int_equal(rtc_playing_send(&a.playing, now), DEADLINE_NEVER);
    ask_for_a_key_frame(&a, now);
    assert_int_equal(rtc_playing_send(&a.playing, now + 1), now + RTC_KEY_EVERY_US);
    assert_int_equal(times_of_pictures(&a, times, 64), 20);
    assert_int_equal(rtc_playing_send(&a.playing, now + RTC_KEY_EVERY_US), DEADLINE_NEVER);
    assert_int_equal(times_of_pictures(&a, times, 64), 30);
}

/* A loss on the way does not begin the GOP anew: the viewer first reaches the present. */
static void who_catches_up_is_answered_at_the_present(void **state)
{
    (void)state;
    uint32_t times[128];
    int64_t  now = now_us();
    put_gop(0, 40, 20000);
    join(&a);
    settle(s);
    assert_int_equal(rtc_playing_send(&a.playing, now), now + RTC_PACE_STEP_US);
    uint64_t at = a.playing.reader.seq;
    for (int i = 0; i < 20; i++) {
        ask_for_a_key_frame(&a, now += RTC_PACE_STEP_US);
        rtc_playing_send(&a.playing, now);
        assert_true(a.playing.reader.seq >= at);
        at = a.playing.reader.seq;
    }
    assert_true(a.playing.asks_key);
    while (a.playing.reader.seq < s->ring.head || a.playing.is_cut)
        rtc_playing_send(&a.playing, now += RTC_PACE_STEP_US);
    assert_int_equal(times_of_pictures(&a, times, 128), 40);
    rtc_playing_send(&a.playing, now += RTC_PACE_STEP_US);
    assert_false(a.playing.asks_key);
    assert_true(a.playing.reader.seq < s->ring.head); /* Again from the key frame on. */
}

static void a_newer_key_frame_ends_the_way_to_the_present(void **state)
{
    (void)state;
    int64_t now = now_us();
    put_gop(0, 40, 20000);
    join(&a);
    settle(s);
    rtc_playing_send(&a.playing, now);
    uint64_t key = s->ring.head;
    put_gop(1600, 1, 20000);
    settle(s);
    ask_for_a_key_frame(&a, now);
    rtc_playing_send(&a.playing, now + 1);
    assert_false(a.playing.asks_key); /* It is on its way to that one. */
    assert_true(a.playing.reader.seq < key);
}

static void a_key_frame_that_is_asked_for_again_comes_less_often(void **state)
{
    (void)state;
    put_gop(1000, 2, 500);
    join(&a);
    send_all(&a);
    int64_t now = now_us(), every = RTC_KEY_EVERY_US;
    ask_for_a_key_frame(&a, now);
    rtc_playing_send(&a.playing, now);
    for (int i = 0; i < 6; i++) {
        size_t n = n_of(&a, VIDEO_SSRC);
        ask_for_a_key_frame(&a, now);
        assert_int_equal(rtc_playing_send(&a.playing, now + 1), now + every);
        assert_int_equal(n_of(&a, VIDEO_SSRC), n);
        rtc_playing_send(&a.playing, now += every);
        assert_int_equal(n_of(&a, VIDEO_SSRC), n + 2);
        every = 2 * every < RTC_KEY_AGAIN_MAX_US ? 2 * every : RTC_KEY_AGAIN_MAX_US;
    }
    put_gop(1080, 2, 500);
    settle(s);
    ask_for_a_key_frame(&a, now);
    assert_int_equal(rtc_playing_send(&a.playing, now + 1),
                     now + RTC_KEY_EVERY_US); /* The next one comes as soon as any. */
}

static void what_a_nack_asks_for_is_paced(void **state)
{
    (void)state;
    uint8_t   bytes[512];
    struct wr w = wr_over(bytes, sizeof bytes);
    uint16_t  seqs[100];
    put_gop(1000, 1, 200000);
    join(&a);
    send_all(&a);
    int64_t now = now_us() + US_PER_SECOND / 2;
    size_t  n = n_of(&a, VIDEO_SSRC);
    assert_in_range(n, 150, 200);
    for (size_t i = 0; i < 100; i++)
        seqs[i] = (uint16_t)(a.got[0].rtp.seq + i);
    rtcp_write_nack(&w, 1, VIDEO_SSRC, seqs, 100);
    rtc_playing_take_rtcp(&a.playing, bytes, wr_len(&w), now);
    size_t again = n_of(&a, VIDEO_RTX_SSRC);
    assert_in_range(again, RTC_PACE_BURST_BYTES / 1200, RTC_PACE_BURST_BYTES / 1200 + 18);
    rtc_playing_take_rtcp(&a.playing, bytes, wr_len(&w), now);
    assert_int_equal(n_of(&a, VIDEO_RTX_SSRC), again);
}

/* I0 P3 b1 b2 P4, all live. */
static void put_reordered(int64_t ms)
{
    put(s, picture_of(0x65, 50, ms, ms));
    put(s, picture_of(0x41, 50, ms + 1, ms + 120));
    put(s, picture_of(0x01, 50, ms + 2, ms + 40));
    put(s, picture_of(0x01, 50, ms + 3, ms + 80));
    put(s, picture_of(0x41, 50, ms + 4, ms + 160));
}

static void b_frames_are_left_out(void **state)
{
    (void)state;
    uint32_t times[8];
    join(&a);
    join_as(&b, &(struct rtc_playing_setup){ .video = &video_track, .keeps_late = true });
    put_reordered(1000);
    send_all(&a);
    send_all(&b);
    assert_int_equal(times_of_pictures(&a, times, 8), 3);
    assert_int_equal(a.playing.stat.n_late, 2);
    assert_int_equal(times_of_pictures(&b, times, 8), 5);
    assert_int_equal(times[2] - times[0], 90 * 40);
    assert_int_equal(times[3] - times[0], 90 * 80);
}

static void without_room_pictures_are_left_out_up_to_a_key_frame(void **state)
{
    (void)state;
    uint32_t times[8];
    join(&a);
    put_gop(1000, 2, 500);
    send_all(&a);
    a.is_full = true;
    put(s, picture_of(0x41, 500, 1080, 1080));
    send_all(&a);
    a.is_full = false;
    put(s, picture_of(0x41, 500, 1120, 1120));
    send_all(&a);
    assert_int_equal(times_of_pictures(&a, times, 8), 2);
    assert_int_equal(a.playing.stat.n_dropped, 2);
    put_gop(1160, 2, 500);
    send_all(&a);
    assert_int_equal(times_of_pictures(&a, times, 8), 4);
}

/* An access unit of SEI alone is left out by `keep_avc_nalu_sei off`: no picture is missing. */
static void a_picture_with_nothing_for_rtp_is_no_loss(void **state)
{
    (void)state;
    uint32_t times[8];
    join(&a);
    put_gop(1000, 2, 500);
    put(s, picture_of(0x06, 50, 1080, 1080));
    put(s, picture_of(0x0c, 50, 1081, 1081)); /* a filler */
    put(s, picture_of(0x41, 500, 1120, 1120));
    send_all(&a);
    assert_int_equal(times_of_pictures(&a, times, 8), 3);
    assert_int_equal(times[2] - times[1], 90 * 80);
    assert_int_equal(a.playing.stat.n_dropped, 0);
    assert_int_equal(a.playing.stat.n_frames, 3 + n_of(&a, AUDIO_SSRC));
}

static void sound_of_another_codec_is_not_sent(void **state)
{
    (void)state;
    join(&a);
    put(s, picture_of(0x65, 50, 0, 0));
    put(s, sound_of(CODEC_AAC, 0));
    put(s, sound_of(CODEC_OPUS, 20));
    put(s, sound_of(CODEC_PCMU, 40));
    send_all(&a);
    assert_int_equal(n_of(&a, AUDIO_SSRC), 1);
}

static void other_sound_goes_out_with_the_log(void **state)
{
    (void)state;
    struct other_sound  *o = NULL;
    static const uint8_t packet[] = { 0xfc, 1, 2, 3 };
    join(&a);
    join(&b);
    assert_null(other_sound_attach(&o, s, co_self()));
    for (int i = 0; i < 3; i++) {
        put(s, sound_of(CODEC_AAC, 1000 + i * 20));
        other_sound_append(o, packet, sizeof packet, (1000 + i * 20) * US_PER_MS);
        send_all(&a);
        send_all(&b);
    }
    other_sound_detach(&o);
    assert_int_equal(n_of(&a, AUDIO_SSRC), 3);
    assert_int_equal(n_of(&b, AUDIO_SSRC), 3);
    assert_int_equal(a.got[0].rtp.pt, AUDIO_PT);
    assert_int_equal(a.got[0].rtp.len, sizeof packet);
    assert_memory_equal(a.got[0].rtp.payload, packet, sizeof packet);
    assert_int_equal(a.got[1].rtp.ts - a.got[0].rtp.ts, 960);
    assert_ptr_equal(a.playing.audio.frame, b.playing.audio.frame); /* made once for both */
}

/* The sender report of a packet, which begins with it and has no other: GStreamer does not look for a second one. */
static struct rtcp_sender_info report_of(struct viewer *v, int i, uint32_t ssrc)
{
    struct rd               r = rd_over(v->reports[i], v->reports_len[i]);
    struct rtcp_packet      p;
    struct rtcp_sender_info info = { 0 };
    assert_true(rtcp_next(&r, &p));
    assert_int_equal(p.type, RTCP_SENDER_REPORT);
    assert_int_equal(p.ssrc, ssrc);
    assert_true(rtcp_take_sender_info(&p, &info));
    while (rtcp_next(&r, &p))
        assert_int_not_equal(p.type, RTCP_SENDER_REPORT);
    return info;
}

static void reports_tie_both_tracks_to_one_clock(void **state)
{
    (void)state;
    join(&a);
    put_gop(1000, 3, 500);
    send_all(&a);
    assert_int_equal(a.n_reports, 2);
    struct rtcp_sender_info video = report_of(&a, 0, VIDEO_SSRC), audio = report_of(&a, 1, AUDIO_SSRC);
    uint32_t                times[8];
    assert_true(video.ntp != 0);
    assert_int_equal(video.ntp, audio.ntp);
    /* The frames of one time are equally far from the moment of the report. */
    assert_int_equal(times_of_pictures(&a, times, 8), 3);
    uint32_t sound = 0;
    for (size_t i = 0; i < a.n_got; i++)
        sound = a.got[i].rtp.ssrc == AUDIO_SSRC ? a.got[i].rtp.ts : sound;
    int64_t video_us = (int64_t)(int32_t)(video.rtp_ts - times[2]) * 1000 / 90;
    int64_t audio_us = (int64_t)(int32_t)(audio.rtp_ts - sound) * 1000 / 48;
    assert_in_range(video_us - audio_us + 100, 0, 200);
}

static void the_clock_is_tied_anew_when_the_stream_breaks_off(void **state)
{
    (void)state;
    join(&a);
    put_gop(1000, 1, 500);
    send_all(&a);
    struct rtc_clock before = a.playing.clock;
    put_gop(1040, 1, 500);
    send_all(&a);
    assert_int_equal(a.playing.clock.stream_us, before.stream_us);
    put_gop(60000, 1, 500);
    send_all(&a);
    assert_int_equal(a.playing.clock.stream_us, 60000 * US_PER_MS);
}

static void goodbye_names_both_tracks(void **state)
{
    (void)state;
    join(&a);
    put_gop(1000, 1, 500);
    send_all(&a);
    a.n_reports = 0;
    rtc_playing_end(&a.playing);
    assert_int_equal(a.n_reports, 2);
    struct rd          r = rd_over(a.reports[1], a.reports_len[1]);
    struct rtcp_packet p;
    bool               has_said = false;
    while (rtcp_next(&r, &p))
        has_said |= rtcp_bye_has(&p, AUDIO_SSRC);
    assert_true(has_said);
}

static void what_came_before_a_configuration_changed_keeps_the_old_one(void **state)
{
    (void)state;
    put(s, avc_config());
    put_gop(0, 2, 50);
    struct frame *other = avc_config();
    other->data[9] = 0x64; /* profile of the SPS */
    put(s, other);
    put_gop(1000, 2, 50);
    join(&a);
    send_all(&a);
    join(&b);
    send_all(&b);
    assert_int_equal(a.got[0].rtp.payload[0], 0x60 | 24);
    assert_int_equal(a.got[0].rtp.payload[4], 0x64);
    assert_int_equal(b.got[0].rtp.payload[4], 0x64);
}

/* A viewer in its own coroutine, as the player does it. */
struct watching {
    struct viewer *viewer;
    int            n_turns;
};

static void watch(void *arg)
{
    struct watching *w = arg;
    struct err      *e = NULL;
    join(w->viewer);
    while (!e) {
        int64_t due = rtc_playing_send(&w->viewer->playing, now_us());
        e = err_except(reader_wait(&w->viewer->playing.reader, due), E_SOCKET_TIMEOUT);
        w->n_turns++;
    }
    err_free(e);
    rtc_playing_end(&w->viewer->playing);
}

static void a_viewer_that_waits_is_served_in_its_sleep(void **state)
{
    (void)state;
    struct co_group group;
    struct watching w = { .viewer = &a };
    co_group_init(&group);
    put_gop(0, 2, 500);
    assert_null(co_go(&group, "viewer", watch, &w, NULL));
    while (!a.playing.reader.waiting)
        co_give_way();
    put(s, picture_of(0x41, 500, 80, 80)); /* The first frame after joining wakes it. */
    settle(s);
    while (!a.playing.reader.waiting || a.n_got < 3)
        co_give_way();
    int    turns = w.n_turns;
    size_t n = n_of(&a, VIDEO_SSRC);
    for (int i = 0; i < 10; i++) {
        put(s, picture_of(0x41, 500, 120 + i * 40, 120 + i * 40));
        settle(s);
    }
    assert_int_equal(n_of(&a, VIDEO_SSRC), n + 10);
    assert_int_equal(w.n_turns, turns);
    co_group_cancel_and_join(&group);
}

static void out_of_memory_at_the_beginning_leaves_nothing(void **state)
{
    (void)state;
    put_gop(0, 2, 500);
    int n = 0;
    for (bool is_whole = false; !is_whole; n++) {
        struct rtc_playing_setup as = { .video = &video_track, .outlet = viewer_outlet(&a), .cname = "name" };
        mem_fail_after(n);
        struct err *e = rtc_playing_begin(&a.playing, s, &as);
        mem_fail_after(-1);
        is_whole = !e;
        err_free(e);
        rtc_playing_end(&a.playing);
        co_give_way();
    }
    assert_true(n > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_newcomer_gets_the_gop_at_once_with_times_close_together, setup, teardown),
        cmocka_unit_test_setup_teardown(sound_begins_with_the_present, setup, teardown),
        cmocka_unit_test_setup_teardown(sequence_numbers_have_no_gaps, setup, teardown),
        cmocka_unit_test_setup_teardown(viewers_share_payloads, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_gop_is_paced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_frame_comes_from_the_cache, setup, teardown),
        cmocka_unit_test_setup_teardown(key_frames_are_not_sent_more_often_than_once_a_second, setup, teardown),
        cmocka_unit_test_setup_teardown(who_catches_up_is_answered_at_the_present, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newer_key_frame_ends_the_way_to_the_present, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_frame_that_is_asked_for_again_comes_less_often, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_nack_asks_for_is_paced, setup, teardown),
        cmocka_unit_test_setup_teardown(b_frames_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(without_room_pictures_are_left_out_up_to_a_key_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(a_picture_with_nothing_for_rtp_is_no_loss, setup, teardown),
        cmocka_unit_test_setup_teardown(sound_of_another_codec_is_not_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(other_sound_goes_out_with_the_log, setup, teardown),
        cmocka_unit_test_setup_teardown(reports_tie_both_tracks_to_one_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(the_clock_is_tied_anew_when_the_stream_breaks_off, setup, teardown),
        cmocka_unit_test_setup_teardown(goodbye_names_both_tracks, setup, teardown),
        cmocka_unit_test_setup_teardown(what_came_before_a_configuration_changed_keeps_the_old_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_viewer_that_waits_is_served_in_its_sleep, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_memory_at_the_beginning_leaves_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
