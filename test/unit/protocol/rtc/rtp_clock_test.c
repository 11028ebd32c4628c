#include "protocol/rtc/rtp_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "protocol/rtc/rtp.h"

enum { SOUND_HZ = 48000, PICTURE_HZ = 90000, SOUND_US = 20 * US_PER_MS, PICTURE_US = 40 * US_PER_MS };

#define WALL_US INT64_C(1800000000000000)

/* A sender of sound and pictures: both are taken at the moment `us` of its own clock, and reach us after their delays. */
struct sender {
    struct rtp_timeline line;
    struct rtp_clock    sound, picture;
    uint32_t            sound_start, picture_start;
    int64_t             sound_delay_us, picture_delay_us;
    int64_t             wall_us;      /* of its clock at 0 */
    double              picture_pace; /* of its ticks; 1: exact */
};

static void begin(struct sender *s)
{
    *s = (struct sender){
        .sound_start = 0xffff0000, .picture_start = 0xfffffff0, .wall_us = WALL_US, .picture_pace = 1
    };
    rtp_clock_init(&s->sound, &s->line, SOUND_HZ, true);
    rtp_clock_init(&s->picture, &s->line, PICTURE_HZ, false);
}

static uint32_t sound_ts(const struct sender *s, int64_t us)
{
    return s->sound_start + (uint32_t)(us * SOUND_HZ / US_PER_SECOND);
}

static uint32_t picture_ts(const struct sender *s, int64_t us)
{
    return s->picture_start + (uint32_t)(int64_t)((double)us * s->picture_pace * PICTURE_HZ / US_PER_SECOND);
}

static int64_t sound_at(struct sender *s, int64_t us)
{
    return rtp_clock_us(&s->sound, sound_ts(s, us), 7 * US_PER_SECOND + us + s->sound_delay_us);
}

static int64_t picture_at(struct sender *s, int64_t us)
{
    return rtp_clock_us(&s->picture, picture_ts(s, us), 7 * US_PER_SECOND + us + s->picture_delay_us);
}

static void report(struct sender *s, int64_t us)
{
    struct rtcp_sender_info sound = { .ntp = rtp_ntp_from_wall_us(s->wall_us + us), .rtp_ts = sound_ts(s, us) };
    struct rtcp_sender_info picture = { .ntp = sound.ntp, .rtp_ts = picture_ts(s, us) };
    rtp_clock_report(&s->picture, &picture, 7 * US_PER_SECOND + us + s->picture_delay_us);
    rtp_clock_report(&s->sound, &sound, 7 * US_PER_SECOND + us + s->sound_delay_us);
}

/* Run from one moment to another, with reports every second. Returns the greatest offset of the two in the last second; no time goes
 * back on the way. */
static int64_t run(struct sender *s, int64_t from_us, int64_t to_us)
{
    int64_t worst = 0, last_sound = INT64_MIN, last_picture = INT64_MIN;
    for (int64_t us = from_us; us < to_us; us += SOUND_US) {
        int64_t sound = sound_at(s, us);
        assert_true(sound > last_sound);
        last_sound = sound;
        if (us % PICTURE_US)
            continue;
        int64_t picture = picture_at(s, us);
        assert_true(picture > last_picture);
        last_picture = picture;
        if (us >= to_us - US_PER_SECOND && llabs(sound - picture) > worst)
            worst = llabs(sound - picture);
        if (us % US_PER_SECOND == 0)
            report(s, us);
    }
    return worst;
}

static void without_reports_tracks_are_placed_by_arrival(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    s.sound_delay_us = 5 * US_PER_MS;
    assert_int_equal(picture_at(&s, 0), 0);
    assert_int_equal(sound_at(&s, 0), 5 * US_PER_MS);
    s.sound_delay_us = 90 * US_PER_MS; /* Jitter changes nothing: the ticks count. */
    assert_int_equal(sound_at(&s, SOUND_US), 5 * US_PER_MS + SOUND_US);
    assert_int_equal(picture_at(&s, PICTURE_US), PICTURE_US);
}

static void reports_relate_tracks_within_a_millisecond(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    s.sound_delay_us = 10 * US_PER_MS;
    s.picture_delay_us = 150 * US_PER_MS; /* The encoder of pictures takes longer. */
    assert_true(run(&s, 0, 6 * (int64_t)US_PER_SECOND) < US_PER_MS);
    begin(&s);
    s.sound_delay_us = 200 * US_PER_MS; /* The picture is too early, and must not go back. */
    assert_true(run(&s, 0, 6 * (int64_t)US_PER_SECOND) < US_PER_MS);
}

static void a_large_error_is_corrected_at_the_second_report(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    s.picture_delay_us = 0;
    s.sound_delay_us = 1500 * US_PER_MS;
    assert_true(run(&s, 0, 6 * (int64_t)US_PER_SECOND) < US_PER_MS);
}

/* GStreamer 1.22: the ticks of a report are ahead by the time since the sender's start. */
static void report_ahead(struct rtp_clock *c, uint32_t ts, int64_t us, int64_t ahead_us)
{
    struct rtcp_sender_info info = { .ntp = rtp_ntp_from_wall_us(WALL_US + us), .rtp_ts = ts };
    info.rtp_ts += (uint32_t)(ahead_us * c->hz / US_PER_SECOND);
    rtp_clock_report(c, &info, 7 * US_PER_SECOND + us);
}

static void reports_whose_ticks_run_too_fast_change_nothing(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    int64_t began_us = US_PER_SECOND; /* before its first packet */
    for (int64_t us = 0; us < 20 * (int64_t)US_PER_SECOND; us += PICTURE_US) {
        assert_int_equal(sound_at(&s, us), us);
        assert_int_equal(picture_at(&s, us), us);
        if (us % (600 * US_PER_MS) == 200 * US_PER_MS)
            report_ahead(&s.sound, sound_ts(&s, us), us, began_us + us);
        if (us % (1000 * US_PER_MS) == 600 * US_PER_MS)
            report_ahead(&s.picture, picture_ts(&s, us), us, began_us + us);
    }
}

static void a_sender_is_believed_again_when_its_reports_are_right(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    s.picture_delay_us = 100 * US_PER_MS;
    for (int64_t us = 0; us < 3 * (int64_t)US_PER_SECOND; us += PICTURE_US) {
        sound_at(&s, us);
        picture_at(&s, us);
        if (us % US_PER_SECOND == 0) {
            report_ahead(&s.sound, sound_ts(&s, us), us, US_PER_SECOND + us);
            report_ahead(&s.picture, picture_ts(&s, us), us, US_PER_SECOND + us);
        }
    }
    assert_int_equal(s.picture.error_us, 0);
    assert_true(run(&s, 3 * (int64_t)US_PER_SECOND, 10 * (int64_t)US_PER_SECOND) < US_PER_MS);
}

static void drift_of_a_track_is_followed(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    s.picture_pace = 1.0003; /* 300 ppm: 0.3 ms from report to report */
    assert_true(run(&s, 0, 600 * (int64_t)US_PER_SECOND) < US_PER_MS);
}

static void ticks_wrap_many_times(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    int64_t hour = 3600 * (int64_t)US_PER_SECOND, sound = 0, picture = 0;
    for (int64_t us = 0; us <= 50 * hour; us += US_PER_SECOND) {
        sound = sound_at(&s, us);
        picture = picture_at(&s, us);
    }
    assert_int_equal(sound, 50 * hour);
    assert_int_equal(picture, 50 * hour);
    assert_int_equal(s.sound.n_jumps + s.picture.n_jumps, 0);
}

static void a_jump_of_ticks_is_placed_by_arrival(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    run(&s, 0, 3 * (int64_t)US_PER_SECOND);
    s.picture_start += 0x40000000;
    int64_t at = 3 * (int64_t)US_PER_SECOND, jumped = picture_at(&s, at);
    assert_true(llabs(jumped - at) < US_PER_MS);
    s.sound_start -= 0x40000000;
    assert_true(llabs(sound_at(&s, at) - at) < US_PER_MS);
    assert_int_equal(s.picture.n_jumps, 1);
    assert_true(run(&s, at + PICTURE_US, 8 * (int64_t)US_PER_SECOND) < US_PER_MS);
    assert_int_equal(s.picture.n_jumps, 1);
}

static void silence_is_no_jump(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    sound_at(&s, 0);
    assert_int_equal(sound_at(&s, 60 * (int64_t)US_PER_SECOND),
                     60 * (int64_t)US_PER_SECOND); /* DTX: ticks and arrival agree. */
    assert_int_equal(s.sound.n_jumps, 0);
}

/* The report of one track shows the new wall clock before that of the other. */
static void a_step_of_the_senders_wall_clock_changes_nothing(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    s.picture_delay_us = 30 * US_PER_MS;
    assert_true(run(&s, 0, 5 * (int64_t)US_PER_SECOND) < US_PER_MS);
    s.wall_us += 3600 * (int64_t)US_PER_SECOND;
    assert_true(run(&s, 5 * (int64_t)US_PER_SECOND, 6 * (int64_t)US_PER_SECOND) < US_PER_MS);
    assert_true(run(&s, 6 * (int64_t)US_PER_SECOND, 12 * (int64_t)US_PER_SECOND) < US_PER_MS);
}

static void a_report_of_another_start_is_left_out(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    sound_at(&s, 0);
    struct rtcp_sender_info info = { .ntp = rtp_ntp_from_wall_us(WALL_US), .rtp_ts = sound_ts(&s, 0) + 0x10000000 };
    rtp_clock_report(&s.sound, &info, 7 * US_PER_SECOND);
    assert_false(s.line.has_wall);
    rtp_clock_report(&s.picture, &info, 7 * US_PER_SECOND); /* before its first packet */
    assert_int_equal(picture_at(&s, 0), 0);
}

/* RFC 3550 6.4.1: a sender without a wall clock says 0. Such a report of the track that leads relates nothing. */
static void a_report_without_a_wall_clock_is_left_out(void **state)
{
    (void)state;
    struct sender s;
    begin(&s);
    s.picture_delay_us = 100 * US_PER_MS;
    sound_at(&s, 0);
    picture_at(&s, 0);
    struct rtcp_sender_info sound = { .rtp_ts = sound_ts(&s, 0) }, picture = { .rtp_ts = picture_ts(&s, 0) };
    rtp_clock_report(&s.sound, &sound, 7 * US_PER_SECOND);
    assert_false(s.line.has_wall);
    rtp_clock_report(&s.picture, &picture, 7 * US_PER_SECOND + s.picture_delay_us);
    assert_int_equal(s.picture.error_us, 0);
    assert_false(s.picture.in_doubt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_reports_tracks_are_placed_by_arrival),
        cmocka_unit_test(reports_relate_tracks_within_a_millisecond),
        cmocka_unit_test(a_large_error_is_corrected_at_the_second_report),
        cmocka_unit_test(reports_whose_ticks_run_too_fast_change_nothing),
        cmocka_unit_test(a_sender_is_believed_again_when_its_reports_are_right),
        cmocka_unit_test(drift_of_a_track_is_followed),
        cmocka_unit_test(ticks_wrap_many_times),
        cmocka_unit_test(a_jump_of_ticks_is_placed_by_arrival),
        cmocka_unit_test(silence_is_no_jump),
        cmocka_unit_test(a_step_of_the_senders_wall_clock_changes_nothing),
        cmocka_unit_test(a_report_of_another_start_is_left_out),
        cmocka_unit_test(a_report_without_a_wall_clock_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
