/* A stream's clock: simulated encoders with every fault that has been seen, and the times that players would get. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/source/stream_clock.h"
#include "core/attr.h"
#include "core/clock.h"
#include "kernel/flv_frame.h"
#include "kernel/frame.h"

#define HOUR_MS (INT64_C(3600) * 1000)

/* Times of an RTMP encoder, and of its players. */
struct ms_time {
    int64_t dts_ms, own_ms, shown_ms;
};

static struct ms_time in_ms(struct clock_time t)
{
    assert_true(t.dts_us % US_PER_MS == 0 && t.own_us % US_PER_MS == 0 && t.shown_us % US_PER_MS == 0);
    return (struct ms_time){ t.dts_us / US_PER_MS, t.own_us / US_PER_MS, t.shown_us / US_PER_MS };
}

static struct ms_time media_ms(struct stream_clock *c, enum frame_kind kind, unsigned track, uint32_t ts_ms,
                               int64_t now_us)
{
    return in_ms(stream_clock_media(c, kind, track, stream_clock_unwrap(c, kind, track, ts_ms), 0, now_us));
}

static struct ms_time header_ms(const struct stream_clock *c, enum frame_kind kind, unsigned track, uint32_t ts_ms)
{
    return in_ms(stream_clock_header(c, kind, track, stream_clock_unwrap(c, kind, track, ts_ms)));
}

static int64_t stamp_ms(struct stream_clock *c, struct frame *f, uint32_t ts_ms, int64_t now_us)
{
    return stream_clock_stamp(c, f, stream_clock_unwrap(c, f->kind, f->track, ts_ms), now_us).jump_us;
}

enum pace { PACED, BURSTS, AT_ONCE };

/* An encoder. Times in the encoder's own milliseconds unless they say otherwise. */
struct encoder {
    const char *name;
    double      fps;      /* 0: no picture */
    double      audio_hz; /* frames of 1024 samples; 0: no sound */
    double      seconds;
    uint32_t    start_ms;
    int64_t     offset_ms;       /* added to the times of pictures, not of sound */
    int64_t     jump_ms;         /* a jump of all tracks in the middle */
    int         lag_frames;      /* number of frames of sound with old times after the jump of the pictures */
    bool        restarts;        /* in the middle it starts again from 0 */
    bool        has_config_at_0; /* before each key frame, a configuration with timestamp 0 */
    int         b_frames;        /* number of B-frames; display times come in decoding order */
    double      drift_ppm;       /* drift of the encoder's clock against ours */
    enum pace   pace;
};

/* The result for a player, compared with the times of the content. */
struct outcome {
    double  av_error_ms;
    double  speed;
    bool    goes_back;
    int64_t n_breaks;
};

struct track {
    enum frame_kind kind;
    double          period_us;
    int64_t         n;
    bool            behind; /* it has passed the jump */
    int             lag;
    int64_t         last_dts_ms;
    bool            has_error;
    double          error_ms; /* player's time minus the content's, since the last event */
    double          first_us, first_ms, last_us, last_ms;
};

static double display_us(const struct encoder *e, const struct track *t)
{
    int64_t group = e->b_frames + 1;
    if (t->kind != FRAME_VIDEO || !e->b_frames || t->n == 0)
        return (double)t->n * t->period_us;
    int64_t in_group = (t->n - 1) % group, base = (t->n - 1) / group * group;
    return (double)(base + (in_group == 0 ? group : in_group)) * t->period_us; /* the P picture is decoded first */
}

static int64_t arrival_us(const struct encoder *e, double content_us)
{
    enum { START_US = 1000000000, BURST_US = 1000000 };
    double us = content_us;
    switch (e->pace) {
    case BURSTS: us = (double)(((int64_t)us / BURST_US + 1) * BURST_US); break;
    case AT_ONCE: us = 0; break;
    case PACED: break;
    }
    return START_US + (int64_t)us;
}

static uint32_t raw_ms(const struct encoder *e, const struct track *t, double content_us)
{
    double ms = content_us / 1000 * (1 + e->drift_ppm / 1e6) + (t->kind == FRAME_VIDEO ? (double)e->offset_ms : 0);
    if (t->behind && e->restarts)
        ms -= e->seconds / 2 * 1000;
    else if (t->behind)
        ms += (double)e->jump_ms;
    int64_t rounded = (int64_t)(ms < 0 ? ms - 0.5 : ms + 0.5);
    return (uint32_t)(rounded + (t->behind && e->restarts ? 0 : (int64_t)e->start_ms));
}

static void look(const struct encoder *e, struct track *t, const struct ms_time *c, double content_us,
                 struct outcome *o)
{
    double shown_ms = (double)c->shown_ms;
    o->goes_back |= t->n > 0 && c->dts_ms < t->last_dts_ms;
    t->last_dts_ms = c->dts_ms;
    t->error_ms =
        shown_ms - content_us / 1000 * (1 + e->drift_ppm / 1e6) - (t->kind == FRAME_VIDEO ? (double)e->offset_ms : 0);
    t->has_error = true;
    if (t->n == 0) {
        t->first_us = content_us;
        t->first_ms = shown_ms;
    }
    t->last_us = content_us;
    t->last_ms = shown_ms;
}

static void feed(const struct encoder *e, struct stream_clock *clock, struct track *all, struct track *t,
                 struct outcome *o)
{
    double  content_us = display_us(e, t);
    int64_t now = arrival_us(e, (double)t->n * t->period_us);
    bool    was_behind = t->behind;
    if ((e->jump_ms || e->restarts) && (double)t->n * t->period_us >= e->seconds / 2 * 1e6 &&
        (t->kind == FRAME_VIDEO || t->lag++ >= e->lag_frames))
        t->behind = true;
    if (t->behind && !was_behind)
        for (int i = 0; i < 2; i++)
            all[i].has_error = false;
    if (e->has_config_at_0 && t->kind == FRAME_VIDEO && t->n % 25 == 0)
        (void)header_ms(clock, FRAME_VIDEO, 0, 0);
    struct ms_time c = media_ms(clock, t->kind, 0, raw_ms(e, t, content_us), now);
    look(e, t, &c, content_us, o);
    t->n++;
    double error = all[0].error_ms - all[1].error_ms;
    bool   both = all[0].has_error && all[1].has_error && all[0].behind == all[1].behind;
    if (both && (error < 0 ? -error : error) > o->av_error_ms)
        o->av_error_ms = error < 0 ? -error : error;
}

static struct outcome run(const struct encoder *e)
{
    struct stream_clock clock = { 0 };
    struct outcome      o = { 0 };
    struct track        t[2] = {
               { .kind = FRAME_VIDEO, .period_us = e->fps ? 1e6 / e->fps : 0 },
               { .kind = FRAME_AUDIO, .period_us = e->audio_hz ? 1024e6 / e->audio_hz : 0 },
    };
    stream_clock_begin(&clock);
    for (;;) {
        bool video =
            t[0].period_us && (!t[1].period_us || (double)t[0].n * t[0].period_us <= (double)t[1].n * t[1].period_us);
        struct track *next = video ? &t[0] : &t[1];
        if ((double)next->n * next->period_us > e->seconds * 1e6)
            break;
        feed(e, &clock, t, next, &o);
    }
    struct track *main_track = e->fps ? &t[0] : &t[1];
    o.speed = (main_track->last_ms - main_track->first_ms) * 1000 / (main_track->last_us - main_track->first_us);
    o.n_breaks = clock.n_breaks;
    return o;
}

static void assert_sound(const struct encoder *e)
{
    struct outcome o = run(e);
    bool           in_sync = o.av_error_ms <= 20, at_speed = o.speed >= 0.999 && o.speed <= 1.001;
    if (getenv("CLOCK_TABLE"))
        print_message("| %s | %.0f ms | %.5f | %d |\n", e->name, o.av_error_ms, o.speed, (int)o.n_breaks);
    if (!in_sync || !at_speed || o.goes_back)
        fail_msg("%s: A/V error %.1f ms, speed %.5f, goes back %d, breaks %d", e->name, o.av_error_ms, o.speed,
                 o.goes_back, (int)o.n_breaks);
}

static void assert_all_sound(const struct encoder *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_sound(&rows[i]);
}

static const int64_t jumps_ms[] = { 200, 300, 500, 1000, 2000, 5000, 10000, 60000, HOUR_MS, 30 * HOUR_MS };

static void jumps_are_mapped_once_for_both_tracks(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(jumps_ms); i++)
        for (int sign = -1; sign <= 1; sign += 2)
            for (enum pace pace = PACED; pace <= AT_ONCE; pace++) {
                /* Within a burst, a jump that is shorter than the burst looks like a pause of the encoder. */
                if (pace == BURSTS && sign > 0 && jumps_ms[i] <= 1000)
                    continue;
                char           name[64];
                struct encoder e = { .name = name,
                                     .fps = 25,
                                     .audio_hz = 44100,
                                     .seconds = 120,
                                     .start_ms = 100000,
                                     .jump_ms = sign * jumps_ms[i],
                                     .pace = pace };
                snprintf(name, sizeof name, "25 fps, jump of %+.1f s, %s", (double)e.jump_ms / 1000,
                         pace == PACED    ? "as it comes"
                         : pace == BURSTS ? "in bursts of a second"
                                          : "all at once");
                assert_sound(&e);
            }
}

static void jumps_of_one_track_alone_are_mapped(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(jumps_ms); i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            assert_sound(&(struct encoder){ .name = "picture alone, 30 fps, a jump",
                                            .fps = 30,
                                            .seconds = 300,
                                            .start_ms = 100000,
                                            .jump_ms = sign * jumps_ms[i] });
            assert_sound(&(struct encoder){ .name = "sound alone, a jump",
                                            .audio_hz = 48000,
                                            .seconds = 300,
                                            .start_ms = 100000,
                                            .jump_ms = sign * jumps_ms[i] });
        }
}

static void the_other_track_may_be_late_with_its_jump(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(jumps_ms); i++)
        for (int lag = 0; lag <= 40; lag += 5)
            assert_sound(&(struct encoder){ .name = "25 fps, a jump, sound follows late",
                                            .fps = 25,
                                            .audio_hz = 48000,
                                            .seconds = 120,
                                            .start_ms = 100000,
                                            .offset_ms = 400,
                                            .jump_ms = i % 2 ? jumps_ms[i] : -jumps_ms[i],
                                            .lag_frames = lag });
}

static void offsets_between_sound_and_picture_are_kept(void **state)
{
    (void)state;
    static const int64_t offsets[] = { 0, 40, 200, 230, 249, 260, 400, 1000, 2000, 5000 };
    for (size_t i = 0; i < ARRAY_LEN(offsets); i++)
        for (int sign = -1; sign <= 1; sign += 2)
            for (enum pace pace = PACED; pace <= AT_ONCE; pace++)
                assert_sound(&(struct encoder){ .name = "25 fps, an offset",
                                                .fps = 25,
                                                .audio_hz = 44100,
                                                .seconds = 60,
                                                .start_ms = 10000,
                                                .offset_ms = sign * offsets[i],
                                                .pace = pace });
}

static void every_frame_rate_runs_at_normal_speed(void **state)
{
    (void)state;
    static const double rates[] = { 0.1, 0.25,           0.5, 1,  2,   5,   10, 15, 24000.0 / 1001,
                                    25,  30000.0 / 1001, 50,  60, 120, 144, 240 };
    static const double audio[] = { 0, 8000, 22050, 44100, 48000, 96000 };
    for (size_t i = 0; i < ARRAY_LEN(rates); i++)
        for (size_t k = 0; k < ARRAY_LEN(audio); k++)
            for (enum pace pace = PACED; pace <= AT_ONCE; pace++)
                assert_sound(&(struct encoder){
                    .name = "a frame rate", .fps = rates[i], .audio_hz = audio[k], .seconds = 300, .pace = pace });
}

static void what_else_encoders_do(void **state)
{
    (void)state;
    static const struct encoder rows[] = {
        { .name = "wrap of 32 bits after 10 s",
          .fps = 25,
          .audio_hz = 44100,
          .seconds = 60,
          .start_ms = 0xffffffffu - 10000 },
        { .name = "wrap with an offset of -5 s",
          .fps = 25,
          .audio_hz = 44100,
          .seconds = 60,
          .start_ms = 0xffffffffu - 10000,
          .offset_ms = -5000 },
        { .name = "restart from 0 in the same publish",
          .fps = 25,
          .audio_hz = 44100,
          .seconds = 60,
          .start_ms = 3600000,
          .restarts = true },
        { .name = "restart from 0, offset 400 ms",
          .fps = 25,
          .audio_hz = 44100,
          .seconds = 60,
          .start_ms = 3600000,
          .offset_ms = 400,
          .restarts = true },
        { .name = "restart from 0, picture alone, 2 fps",
          .fps = 2,
          .seconds = 60,
          .start_ms = 3600000,
          .restarts = true },
        { .name = "a configuration with time 0 before each key frame",
          .fps = 25,
          .audio_hz = 44100,
          .seconds = 60,
          .start_ms = 100000,
          .has_config_at_0 = true },
        { .name = "display times in decoding order, 10 fps, 2 B-frames",
          .fps = 10,
          .audio_hz = 44100,
          .seconds = 60,
          .start_ms = 1000,
          .b_frames = 2 },
        { .name = "display times in decoding order, 10 fps, 3 B-frames, no sound",
          .fps = 10,
          .seconds = 60,
          .start_ms = 1000,
          .b_frames = 3 },
        { .name = "display times in decoding order, 25 fps, 3 B-frames, at once",
          .fps = 25,
          .audio_hz = 44100,
          .seconds = 60,
          .start_ms = 1000,
          .b_frames = 3,
          .pace = AT_ONCE },
        { .name = "display times in decoding order, 25 fps, 7 B-frames",
          .fps = 25,
          .audio_hz = 44100,
          .seconds = 60,
          .start_ms = 1000,
          .b_frames = 7 },
        { .name = "drift +200 ppm for an hour",
          .fps = 25,
          .audio_hz = 44100,
          .seconds = 3600,
          .start_ms = 1000,
          .drift_ppm = 200 },
        { .name = "drift -200 ppm for an hour",
          .fps = 25,
          .audio_hz = 44100,
          .seconds = 3600,
          .start_ms = 1000,
          .drift_ppm = -200 },
        { .name = "bursts of a second", .fps = 25, .audio_hz = 44100, .seconds = 60, .start_ms = 1000, .pace = BURSTS },
        { .name = "one picture in 4 s beside sound", .fps = 0.25, .audio_hz = 44100, .seconds = 300, .start_ms = 1000 },
        { .name = "one picture in 4 s beside sound, jump of 5 s",
          .fps = 0.25,
          .audio_hz = 44100,
          .seconds = 300,
          .start_ms = 100000,
          .jump_ms = 5000 },
        { .name = "one picture in 4 s beside sound, jump of -5 s",
          .fps = 0.25,
          .audio_hz = 44100,
          .seconds = 300,
          .start_ms = 100000,
          .jump_ms = -5000 },
        { .name = "sound alone, 44.1 kHz", .audio_hz = 44100, .seconds = 600, .start_ms = 1000 },
    };
    assert_all_sound(rows, ARRAY_LEN(rows));
}

static void fifty_days_are_no_problem(void **state)
{
    (void)state;
    static const struct encoder row = { .name = "50 days, 2 fps, sound of 8 kHz",
                                        .fps = 2,
                                        .audio_hz = 8000,
                                        .seconds = 50.0 * 86400,
                                        .start_ms = 1000,
                                        .offset_ms = 260 };
    assert_sound(&row);
}

/* ---- single frames ---- */

static struct stream_clock c;

static int64_t at(enum frame_kind kind, uint32_t ts_ms, int64_t now_ms)
{
    return media_ms(&c, kind, 0, ts_ms, now_ms * US_PER_MS).dts_ms;
}

static void begin(void)
{
    c = (struct stream_clock){ 0 };
    stream_clock_begin(&c);
}

static void a_sound_streams_times_are_the_encoders(void **state)
{
    (void)state;
    begin();
    assert_int_equal(at(FRAME_VIDEO, 10260, 1000), 10260);
    assert_int_equal(at(FRAME_AUDIO, 10000, 1000), 10000);
    assert_int_equal(at(FRAME_VIDEO, 10300, 1040), 10300);
    assert_int_equal(at(FRAME_AUDIO, 10023, 1041), 10023);
    assert_int_equal(c.n_breaks, 0);
}

static void long_steps_are_kept_when_something_explains_them(void **state)
{
    (void)state;
    begin();
    at(FRAME_VIDEO, 0, 1000);
    at(FRAME_VIDEO, 40, 1040);
    at(FRAME_VIDEO, 80, 1080);
    assert_int_equal(at(FRAME_VIDEO, 7080, 8080),
                     7080); /* no frame came for seven seconds, and the times have the same gap */
    assert_int_equal(at(FRAME_VIDEO, 7120, 8120), 7120);
    begin();
    at(FRAME_VIDEO, 0, 0);
    at(FRAME_VIDEO, 500, 0); /* slides that come all at once */
    at(FRAME_VIDEO, 1000, 0);
    assert_int_equal(at(FRAME_VIDEO, 6000, 0), 6000);
    assert_int_equal(at(FRAME_VIDEO, 6500, 0), 6500);
}

static void a_glitch_is_over_with_its_frame(void **state)
{
    (void)state;
    static const uint32_t glitches[] = { 0, 3000000, 600000, 100 };
    for (size_t i = 0; i < ARRAY_LEN(glitches); i++) {
        begin();
        for (int n = 0; n < 50; n++)
            assert_int_equal(at(FRAME_VIDEO, 1000000 + 40 * (uint32_t)n, 40 * n), 1000000 + 40 * n);
        int64_t shown = at(FRAME_VIDEO, glitches[i], 2000);
        assert_in_range(shown, 1001960, 1002040);
        for (int n = 51; n < 100; n++)
            assert_int_equal(at(FRAME_VIDEO, 1000000 + 40 * (uint32_t)n, 40 * n), 1000000 + 40 * n);
    }
}

static void headers_get_the_time_of_their_track_and_move_nothing(void **state)
{
    (void)state;
    begin();
    assert_int_equal(header_ms(&c, FRAME_SCRIPT, 0, 77).dts_ms, 77);
    at(FRAME_VIDEO, 5000, 0);
    at(FRAME_AUDIO, 4000, 0);
    assert_int_equal(header_ms(&c, FRAME_VIDEO, 0, 0).dts_ms, 5000);
    assert_int_equal(header_ms(&c, FRAME_AUDIO, 0, 99999999).dts_ms, 4000);
    assert_int_equal(header_ms(&c, FRAME_SCRIPT, 0, 0).dts_ms, 4000);
    assert_int_equal(at(FRAME_VIDEO, 5040, 40), 5040);
}

static void a_new_publisher_goes_on_behind_the_last(void **state)
{
    (void)state;
    begin();
    for (int n = 0; n < 50; n++) {
        at(FRAME_VIDEO, 700000 + 400 + 40 * (uint32_t)n, 40 * n);
        at(FRAME_AUDIO, 700000 + 40 * (uint32_t)n, 40 * n);
    }
    int64_t video = c.tracks[0].out_us / US_PER_MS, audio = c.tracks[1].out_us / US_PER_MS;
    stream_clock_begin(&c);
    assert_int_equal(at(FRAME_VIDEO, 400, 60000), video + 1000);
    assert_int_equal(at(FRAME_AUDIO, 0, 60000), audio + 1000);
    assert_int_equal(at(FRAME_VIDEO, 440, 60040), video + 1040);
    assert_int_equal(at(FRAME_AUDIO, 23, 60040), audio + 1023);
    struct ms_time t = media_ms(&c, FRAME_AUDIO, 0, 46, 60063 * US_PER_MS);
    assert_int_equal(t.own_ms, 46); /* for players that want the encoder's own times */
}

static void a_track_with_an_origin_of_its_own_is_moved_to_the_others(void **state)
{
    (void)state;
    begin();
    for (int n = 0; n < 100; n++)
        at(FRAME_VIDEO, 3600000 + 40 * (uint32_t)n, 40 * n);
    for (int n = 100; n < 200; n++) {
        at(FRAME_VIDEO, 3600000 + 40 * (uint32_t)n, 40 * n);
        assert_int_equal(at(FRAME_AUDIO, 40 * (uint32_t)(n - 100), 40 * n), 3600000 + 40 * n);
    }
    assert_int_equal(c.n_breaks, 0);
}

static struct frame *picture(int32_t cts_ms)
{
    const uint8_t body[] = {
        0x27, 1, (uint8_t)(cts_ms >> 16), (uint8_t)(cts_ms >> 8), (uint8_t)cts_ms, 0, 0, 0, 1, 0x41
    };
    struct frame *f = frame_new(sizeof body);
    assert_non_null(f);
    memcpy(f->data, body, sizeof body);
    f->len = sizeof body;
    f->kind = FRAME_VIDEO;
    assert_int_equal(flv_frame_parse(f, NULL), FLV_PARSE_OK);
    return f;
}

static void display_times_in_decoding_order_become_composition_times(void **state)
{
    (void)state;
    static const uint32_t display[] = { 0, 300, 100, 200, 600, 400, 500, 900, 700, 800, 1200, 1000, 1100 };
    int64_t               last_us = -1;
    begin();
    for (size_t i = 0; i < ARRAY_LEN(display); i++) {
        struct frame *f = picture(0);
        assert_int_equal(stamp_ms(&c, f, display[i], (int64_t)i * 100 * US_PER_MS), 0);
        assert_int_equal(f->pts_us, display[i] * US_PER_MS);
        assert_true(f->dts_us > last_us);
        last_us = f->dts_us;
        struct flv_body body;
        assert_int_equal(flv_body_parse_video(f->data, f->len, &body), FLV_PARSE_OK);
        assert_int_equal(body.cts_ms * US_PER_MS, f->pts_us - f->dts_us);
        frame_unref(&f);
    }
}

/* A frame of a publish that follows another one: its times and whether it is left out. */
struct stamped {
    int64_t dts_ms, pts_ms;
    bool    is_late;
};

static struct stamped stamp_picture(uint32_t ts_ms, int32_t cts_ms, int64_t now_ms)
{
    struct frame     *f = picture(cts_ms);
    struct clock_time t = stream_clock_stamp(&c, f, stream_clock_unwrap(&c, FRAME_VIDEO, 0, ts_ms), now_ms * US_PER_MS);
    struct stamped    s = { f->dts_us / US_PER_MS, f->pts_us / US_PER_MS, t.is_late };
    struct flv_body   body;
    assert_int_equal(flv_body_parse_video(f->data, f->len, &body), FLV_PARSE_OK);
    assert_int_equal(body.cts_ms, s.pts_ms - s.dts_ms);
    frame_unref(&f);
    return s;
}

static struct stamped stamp_sound(uint32_t ts_ms, int64_t now_ms)
{
    struct clock_time t =
        stream_clock_media(&c, FRAME_AUDIO, 0, stream_clock_unwrap(&c, FRAME_AUDIO, 0, ts_ms), 0, now_ms * US_PER_MS);
    return (struct stamped){ t.dts_us / US_PER_MS, t.dts_us / US_PER_MS, t.is_late };
}

/* A second of an encoder whose pictures are shown this long after they are decoded: its last picture is shown at 960 + cts_ms. */
static void publish_a_second(int32_t cts_ms)
{
    begin();
    for (uint32_t n = 0; n < 50; n++) {
        if (n % 2 == 0)
            stamp_picture(n / 2 * 40, cts_ms, n * 20);
        stamp_sound(n * 20, n * 20);
    }
    stream_clock_begin(&c);
}

static void a_publish_is_shown_where_the_last_one_ended(void **state)
{
    (void)state;
    static const int32_t cts_ms[][2] = { { 0, 0 }, { 0, 80 }, { 80, 0 }, { 80, 80 }, { 0, 200 } };
    for (size_t i = 0; i < 2 * ARRAY_LEN(cts_ms); i++) {
        int32_t  before = cts_ms[i / 2][0], after = cts_ms[i / 2][1];
        int64_t  next_ms = 960 + before + 40, heard_ms = 980, dts_ms = 960;
        uint32_t n_late = 0;
        publish_a_second(before);
        for (uint32_t n = 0; n < 50; n++) {
            bool is_sound = n % 2 == i % 2; /* sound first, or pictures first */
            if (is_sound) {
                struct stamped s = stamp_sound(n / 2 * 20, 1000 + n * 10);
                n_late += s.is_late;
                assert_true(s.is_late ? s.dts_ms == heard_ms : s.dts_ms > heard_ms);
                heard_ms = s.dts_ms;
            } else if (n / 2 % 2 == 0) {
                struct stamped s = stamp_picture(n / 4 * 40, after, 1000 + n * 10);
                assert_int_equal(s.pts_ms, next_ms);
                assert_true(s.dts_ms > dts_ms && s.pts_ms >= s.dts_ms);
                dts_ms = s.dts_ms;
                next_ms = s.pts_ms + 40;
            }
        }
        assert_in_range(n_late, 0, (after > before ? after - before : 0) / 20 + 3);
        assert_int_equal(c.tracks[0].shift_us, c.tracks[1].shift_us); /* sound and pictures stay together */
        assert_int_equal(c.n_breaks, 0);
    }
}

static void sound_that_had_ended_before_the_pictures_does_not_take_them_back(void **state)
{
    (void)state;
    publish_a_second(0);
    for (uint32_t n = 0; n < 2000; n++)
        stamp_picture(n * 40, 0, 1000 + n * 40);
    int64_t ended_ms = c.tracks[0].out_us / US_PER_MS;
    stream_clock_begin(&c);
    assert_true(stamp_sound(0, 81000).dts_ms > ended_ms);
    for (uint32_t n = 0; n < 20; n++)
        assert_true(stamp_picture(n * 40, 0, 81000 + n * 40).dts_ms >= ended_ms + n * 40);
}

static void a_publish_with_other_configurations_follows_at_once(void **state)
{
    (void)state;
    publish_a_second(0);
    assert_int_equal(stamp_picture(0, 0, 61000).pts_ms, 960 + 1000);
    publish_a_second(0);
    stream_clock_hurry(&c);
    struct stamped s = stamp_picture(0, 80, 61000); /* The last two pictures may have been lost. */
    assert_true(s.pts_ms == 880 + 2 * 40 && s.dts_ms == 960);
    assert_true(stamp_picture(40, 80, 61040).dts_ms > s.dts_ms);
    assert_true(stamp_sound(0, 61040).is_late && stamp_sound(80, 61040).is_late && !stamp_sound(120, 61060).is_late);
}

static void composition_times_of_a_sound_stream_are_kept(void **state)
{
    (void)state;
    begin();
    for (uint32_t i = 0; i < 10; i++) {
        struct frame *f = picture(i % 2 ? -40 : 80);
        stamp_ms(&c, f, 1000 + 40 * i, 40 * i * US_PER_MS);
        assert_int_equal(f->dts_us, (1000 + 40 * i) * US_PER_MS);
        assert_int_equal(f->pts_us - f->dts_us, (i % 2 ? -40 : 80) * US_PER_MS);
        assert_int_equal(f->shift_us, 0);
        frame_unref(&f);
    }
}

/* Random input: time never goes back within a track, and the memory in use does not grow. */
static void noise_never_turns_time_back(void **state)
{
    (void)state;
    srand(7);
    begin();
    int64_t last[2][16], now = 0;
    bool    has[2][16] = { 0 };
    for (int i = 0; i < 200000; i++) {
        int      kind = rand() & 1, id = rand() % 12;
        uint32_t ts = rand() % 3 ? (uint32_t)i * 20 + (uint32_t)(rand() % 300) : (uint32_t)rand() * 3;
        now += rand() % 40000;
        if (rand() % 1000 == 0)
            stream_clock_begin(&c);
        struct ms_time t = media_ms(&c, kind ? FRAME_VIDEO : FRAME_AUDIO, (unsigned)id % 4, ts, now);
        if (has[kind][id % 4])
            assert_true(t.dts_ms >= last[kind][id % 4]);
        has[kind][id % 4] = true;
        last[kind][id % 4] = t.dts_ms;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jumps_are_mapped_once_for_both_tracks),
        cmocka_unit_test(jumps_of_one_track_alone_are_mapped),
        cmocka_unit_test(the_other_track_may_be_late_with_its_jump),
        cmocka_unit_test(offsets_between_sound_and_picture_are_kept),
        cmocka_unit_test(every_frame_rate_runs_at_normal_speed),
        cmocka_unit_test(what_else_encoders_do),
        cmocka_unit_test(fifty_days_are_no_problem),
        cmocka_unit_test(a_sound_streams_times_are_the_encoders),
        cmocka_unit_test(long_steps_are_kept_when_something_explains_them),
        cmocka_unit_test(a_glitch_is_over_with_its_frame),
        cmocka_unit_test(headers_get_the_time_of_their_track_and_move_nothing),
        cmocka_unit_test(a_new_publisher_goes_on_behind_the_last),
        cmocka_unit_test(a_track_with_an_origin_of_its_own_is_moved_to_the_others),
        cmocka_unit_test(display_times_in_decoding_order_become_composition_times),
        cmocka_unit_test(a_publish_is_shown_where_the_last_one_ended),
        cmocka_unit_test(sound_that_had_ended_before_the_pictures_does_not_take_them_back),
        cmocka_unit_test(a_publish_with_other_configurations_follows_at_once),
        cmocka_unit_test(composition_times_of_a_sound_stream_are_kept),
        cmocka_unit_test(noise_never_turns_time_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
