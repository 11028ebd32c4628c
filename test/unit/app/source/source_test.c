/* A source with its readers: their place to begin, their frames, and the frames that are kept for them. */
#include "app/source/fixture.h"
#include "loop.h"

static struct fixture fx;
static struct source *s;
static struct reader  r;

static void begin_with(const char *directives)
{
    begin(&fx, directives);
    s = fx.source;
}

static void join(struct reader *reader)
{
    assert_null(audience_join(reader, s));
}

/* The frames that a reader gets at once if it joins now. */
static const char *joiner_gets(void)
{
    struct reader late;
    settle(s);
    join(&late);
    const char *line = taken(&late);
    audience_leave(&late);
    return line;
}

static int setup(void **state)
{
    (void)state;
    fx = (struct fixture){ 0 };
    r = (struct reader){ 0 };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    audience_leave(&r);
    if (fx.source)
        end(&fx);
    return 0;
}

/* ---- joining ---- */

static void a_joiner_gets_headers_and_then_the_newest_gop(void **state)
{
    (void)state;
    begin_with("");
    append(s, "M1 A1 V1 K1 p1 a1 K2 p2 a2 p3");
    assert_string_equal(joiner_gets(), "M1 A1 V1 K2 p2 a2 p3");
}

static void a_joiner_goes_on_live(void **state)
{
    (void)state;
    begin_with("");
    append(s, "V1 K1 p1");
    join(&r);
    assert_string_equal(taken(&r), "V1 K1 p1");
    append(s, "p2 K2 p3");
    assert_string_equal(taken(&r), "p2 K2 p3");
    assert_string_equal(taken(&r), "");
    assert_int_equal(r.n_jumps, 0);
}

static void headers_go_script_audio_video_in_whatever_order_they_came(void **state)
{
    (void)state;
    begin_with("");
    append(s, "V1 A1 M1 K1");
    assert_string_equal(joiner_gets(), "M1 A1 V1 K1");
}

static void a_joiner_gets_the_headers_of_its_gop_not_newer_ones(void **state)
{
    (void)state;
    begin_with("");
    append(s, "M1 A1 V1 K1 p1 V2 M2 p2");
    assert_string_equal(joiner_gets(), "M1 A1 V1 K1 p1 V2 M2 p2"); /* the change comes at its place in the stream */
    append(s, "K2 p3");
    assert_string_equal(joiner_gets(), "M2 A1 V2 K2 p3");
}

static void a_joiner_before_the_publisher_gets_all_from_the_start(void **state)
{
    (void)state;
    begin_with("");
    join(&r);
    assert_string_equal(taken(&r), "");
    append(s, "M1 V1 K1 p1");
    assert_string_equal(taken(&r), "M1 V1 K1 p1");
}

static void without_gop_cache_a_joiner_starts_live(void **state)
{
    (void)state;
    begin_with("play { gop_cache off; }");
    append(s, "M1 A1 V1 K1 p1 a1");
    settle(s);
    join(&r);
    assert_string_equal(taken(&r), "M1 A1 V1");
    append(s, "p2 a2 K2 p3 a3");
    assert_string_equal(taken(&r), "a2 K2 p3 a3"); /* sound at once, pictures from a key frame on */
}

static void without_gop_cache_a_joiner_gets_the_newest_headers(void **state)
{
    (void)state;
    begin_with("play { gop_cache off; }");
    append(s, "V1 K1 p1 V2 p2");
    assert_string_equal(joiner_gets(), "V2");
}

static void a_gop_that_is_too_long_is_not_cached_until_the_next_key_frame(void **state)
{
    (void)state;
    begin_with("play { gop_cache_max_frames 10; }");
    append(s, "V1 K1");
    append_many(s, "p1", 9);
    assert_string_equal(joiner_gets(), "V1 K1 p1 p1 p1 p1 p1 p1 p1 p1 p1"); /* ten frames fit */
    append(s, "p2");
    settle(s);
    join(&r);
    assert_string_equal(taken(&r), "V1"); /* nothing that could not be decoded */
    append(s, "p3 a3");
    assert_string_equal(taken(&r), "a3");
    append(s, "K2 p4 a4");
    assert_string_equal(taken(&r), "K2 p4 a4");
    assert_string_equal(joiner_gets(), "V1 K2 p4 a4");
    assert_int_equal(r.n_jumps, 0); /* it has lost nothing */
}

static void a_stream_that_begins_in_a_gop_has_no_pictures_before_its_first_key_frame(void **state)
{
    (void)state;
    struct reader first;
    begin_with("");
    join(&first);
    append(s, "A1 V1 p1 a1 p2");
    settle(s);
    join(&r);
    assert_string_equal(taken(&first), "A1 V1 a1");
    assert_string_equal(taken(&r), "A1 V1");
    append(s, "p3 a2 K1 p4");
    assert_string_equal(taken(&first), "a2 K1 p4");
    assert_string_equal(taken(&r), "a2 K1 p4");
    audience_leave(&first);
}

static void each_publish_begins_with_a_key_frame(void **state)
{
    (void)state;
    begin_with("");
    join(&r);
    append(s, "V1 K1 p1");
    assert_string_equal(taken(&r), "V1 K1 p1");
    source_unpublish(s, &fx.publisher);
    assert_null(source_publish(s, &fx.publisher));
    append(s, "V2 p2 p3 K2 p4");
    assert_string_equal(taken(&r), "V2 K2 p4");
}

static void a_stream_without_key_frames_is_played_after_queue_length(void **state)
{
    (void)state;
    begin_with("play { queue_length 3; }");
    join(&r);
    append(s, "V1 p1 p2");
    assert_string_equal(taken(&r), "V1");
    s->gops.early_since_us -= 4 * US_PER_SECOND; /* pretend that this was 4 s ago */
    append(s, "p3 p4");
    assert_string_equal(taken(&r), "p3 p4"); /* pictures without a key frame are better than none */
    assert_string_equal(joiner_gets(), "V1");
    append(s, "K1 p5");
    assert_string_equal(taken(&r), "K1 p5");
    append(s, "p6");
    assert_string_equal(joiner_gets(), "V1 K1 p5 p6"); /* it has key frames after all */
}

static void a_long_gop_is_waited_for_longer_than_queue_length(void **state)
{
    (void)state;
    begin_with("play { gop_cache off; queue_length 3; }");
    append(s, "A1 V1 K1 p1");
    settle(s);
    join(&r);
    assert_string_equal(taken(&r), "A1 V1");
    for (int i = 0; i < 20; i++) {
        make_older(s, US_PER_SECOND);
        append(s, "p2 a2");
        assert_string_equal(taken(&r), "a2");
    }
    append(s, "K2 p3");
    assert_string_equal(taken(&r), "K2 p3");
}

static void a_limit_of_zero_frames_is_none(void **state)
{
    (void)state;
    begin_with("play { gop_cache_max_frames 0; }");
    append(s, "V1 K1");
    append_many(s, "p1", 5000);
    assert_int_equal(s->ring.head - gops_place(&s->gops)->seq, 5001);
    assert_true(s->gops.is_cached);
}

/* ---- sequence headers ---- */

static void repeated_sequence_headers_are_dropped_and_changed_ones_are_not(void **state)
{
    (void)state;
    begin_with("play { reduce_sequence_header on; }");
    join(&r);
    append(s, "M1 A1 V1 K1 M1 A1 V1 K2 V2 M2 A2 K3 V2 M1");
    assert_string_equal(taken(&r), "M1 A1 V1 K1 K2 V2 M2 A2 K3 M1");
}

static void without_reduction_all_sequence_headers_go_through(void **state)
{
    (void)state;
    begin_with("");
    join(&r);
    append(s, "M1 V1 K1 V1 M1");
    assert_string_equal(taken(&r), "M1 V1 K1 V1 M1");
}

static void tracks_have_headers_of_their_own(void **state)
{
    (void)state;
    begin_with("play { reduce_sequence_header on; }");
    join(&r);
    append(s, "A1");
    struct frame *f = labelled("A1", 40);
    f->track = 1;
    assert_null(source_append(s, f));
    assert_null(source_append(s, f));
    frame_unref(&f);
    append(s, "K1");
    assert_string_equal(taken(&r), "A1 A1 K1"); /* equal bytes of another track */
    assert_string_equal(joiner_gets(), "A1 A1 K1");
}

/* ---- audio only ---- */

static void a_stream_of_audio_alone_is_joined_live(void **state)
{
    (void)state;
    begin_with("");
    append(s, "M1 A1");
    append_many(s, "a1", 30);
    settle(s);
    join(&r);
    assert_string_equal(taken(&r), "M1 A1");
    append(s, "a2 a3");
    assert_string_equal(taken(&r), "a2 a3");
}

/* Append audio of this duration, by both clocks. */
static void sound_for(int64_t us)
{
    static const int64_t step_us = US_PER_SECOND / 2;
    int64_t              dts_us = ring_at(&s->ring, s->ring.head - 1)->dts_us;
    for (int64_t at = 0; at < us; at += step_us) {
        make_older(s, step_us);
        s->gops.last_us -= step_us;
        append_at(s, "a1", (dts_us += step_us) / US_PER_MS);
    }
}

static void pictures_that_stay_away_make_a_stream_sound_alone(void **state)
{
    (void)state;
    begin_with("play { queue_length 3600; }");
    append(s, "A1 V1 K1 p1");
    sound_for(GOPS_SILENT_US);
    assert_true(s->gops.is_cached);
    sound_for(US_PER_SECOND);
    assert_false(s->gops.is_cached);
    assert_string_equal(joiner_gets(), "A1 V1");
    settle(s);
    join(&r);
    append(s, "a3 p2 a4 K2 p3"); /* the pictures come back */
    assert_string_equal(taken(&r), "A1 V1 a3 a4 K2 p3");
    assert_string_equal(joiner_gets(), "A1 V1 K2 p3");
}

static void a_crowd_of_sound_between_two_pictures_changes_nothing(void **state)
{
    (void)state;
    begin_with("play { gop_cache_max_frames 0; }");
    append(s, "A1 V1 K1");
    append_many(s, "a1", 2000); /* all of it at once */
    append(s, "p1");
    append_many(s, "a1", 2000);
    assert_true(str_starts_with(joiner_gets(), "A1 V1 K1 a1 a1 "));
}

static void slides_are_pictures_however_rare(void **state)
{
    (void)state;
    begin_with("play { queue_length 3600; gop_cache_max_frames 0; }");
    append(s, "A1 V1 K1");
    sound_for(25 * US_PER_SECOND);
    append_at(s, "p1", ring_at(&s->ring, s->ring.head - 1)->dts_us / US_PER_MS);
    sound_for(60 * US_PER_SECOND); /* more than a step, and less than three */
    assert_true(s->gops.is_cached);
    assert_true(str_starts_with(joiner_gets(), "A1 V1 K1 a1 "));
}

static void an_end_of_the_pictures_that_is_told_is_believed_soon(void **state)
{
    (void)state;
    begin_with("");
    append(s, "A1 V1 K1 p1");
    int64_t       ms = ring_at(&s->ring, s->ring.head - 1)->dts_us / US_PER_MS;
    struct frame *f = labelled("V-end", ms);
    f->config = false;
    f->media_len = 0;
    f->note = NOTE_END;
    assert_null(source_append(s, f));
    frame_unref(&f);
    append_at(s, "a1", ms + 2000);
    assert_string_equal(joiner_gets(), "A1 V1 K1 p1 V-end a1");
    append_at(s, "a1", ms + 2001);
    assert_string_equal(joiner_gets(), "A1 V1");
}

/* ---- several tracks ---- */

static void append_to(unsigned track, const char *label)
{
    static int64_t ms;
    struct frame  *f = labelled(label, ms += 40);
    f->track = (uint8_t)track;
    assert_null(source_append(s, f));
    frame_unref(&f);
}

/* Labels with their tracks: "K1/0 p1/1". */
static void append_tracks(const char *labels)
{
    char line[1024];
    snprintf(line, sizeof line, "%s", labels);
    for (char *rest = line, *label; (label = strtok_r(rest, " ", &rest));) {
        unsigned track = (unsigned)atoi(strchr(label, '/') + 1);
        append_to(track, label);
    }
}

static void every_track_is_joined_at_its_own_key_frame(void **state)
{
    (void)state;
    begin_with("");
    append_tracks("V1/0 V1/1 K1/0 K1/1 p1/0 p1/1 K2/1 p2/0 K2/0 p3/1 p3/0");
    assert_string_equal(joiner_gets(), "V1/0 V1/1 K2/1 K2/0 p3/1 p3/0"); /* p2/0 is of the GOP before */
    append_tracks("K3/0 p4/1");
    assert_string_equal(joiner_gets(), "V1/0 V1/1 K3/0"); /* track 1 comes with its next key frame */
    append_tracks("K3/1 p4/0 p5/1");
    assert_string_equal(joiner_gets(), "V1/0 V1/1 K3/0 K3/1 p4/0 p5/1");
}

static void a_track_that_ends_or_rarely_has_key_frames_makes_no_joiner_old(void **state)
{
    (void)state;
    begin_with("");
    append_tracks("V1/0 V1/1 K1/1 K1/0 p1/0 K2/0 p1/1 K3/0 p2/1 p3/0");
    assert_string_equal(joiner_gets(), "V1/0 V1/1 K3/0 p3/0");
}

static void a_stream_whose_only_track_is_not_the_first_is_joined_at_its_key_frame(void **state)
{
    (void)state;
    begin_with("");
    append_tracks("V1/3 K1/3 p1/3 K2/3 p2/3");
    assert_string_equal(joiner_gets(), "V1/3 K2/3 p2/3");
}

static void a_track_that_comes_later_begins_with_a_key_frame(void **state)
{
    (void)state;
    begin_with("");
    join(&r);
    append_tracks("V1/0 K1/0 V1/1 p1/1 p1/0 K1/1 p2/1");
    assert_string_equal(taken(&r), "V1/0 K1/0 V1/1 p1/0 K1/1 p2/1");
}

/* ---- another codec ---- */

static void append_codec(const char *label, enum codec codec)
{
    static int64_t ms;
    struct frame  *f = labelled(label, ms += 40);
    f->codec = (uint8_t)codec;
    assert_null(source_append(s, f));
    frame_unref(&f);
}

static void sound_that_goes_on_in_another_codec_loses_its_configuration(void **state)
{
    (void)state;
    begin_with("");
    append(s, "M1 A1 a1");
    append_codec("a2", CODEC_PCMA);
    assert_int_equal(s->audio.codec, CODEC_PCMA);
    assert_string_equal(joiner_gets(), "M1");
    append_codec("a3", CODEC_MP3);
    assert_int_equal(s->audio.codec, CODEC_MP3);
    append(s, "A2 a4");
    assert_int_equal(s->audio.codec, CODEC_AAC);
    assert_string_equal(joiner_gets(), "M1 A2");
}

static void pictures_in_another_codec_begin_with_a_key_frame_of_it(void **state)
{
    (void)state;
    begin_with("");
    join(&r);
    append(s, "A1 V1 K1 p1");
    append_codec("V2", CODEC_HEVC);
    assert_int_equal(s->video.codec, CODEC_HEVC);
    append_codec("p2", CODEC_HEVC);
    append_codec("K2", CODEC_HEVC);
    append_codec("p3", CODEC_HEVC);
    assert_string_equal(taken(&r), "A1 V1 K1 p1 V2 K2 p3");
    assert_string_equal(joiner_gets(), "A1 V2 K2 p3");
}

static void the_codec_of_another_track_changes_alone(void **state)
{
    (void)state;
    begin_with("");
    append_tracks("A1/0 A1/1");
    struct frame *f = labelled("a2/1", 400);
    f->track = 1;
    f->codec = CODEC_PCMU;
    assert_null(source_append(s, f));
    frame_unref(&f);
    assert_int_equal(s->audio.codec, CODEC_AAC);
    assert_string_equal(joiner_gets(), "A1/0");
}

/* ---- falling behind ---- */

static void a_slow_reader_jumps_to_the_newest_key_frame_with_its_headers(void **state)
{
    (void)state;
    struct reader quick;
    begin_with("");
    join(&r);
    join(&quick);
    append(s, "M1 V1 K1 p1");
    assert_string_equal(taken(&quick), "M1 V1 K1 p1");
    make_older(s, 40 * US_PER_SECOND); /* queue_length is 30 s */
    append(s, "V2 K2 p2 p3");
    assert_string_equal(taken(&quick), "V2 K2 p2 p3");
    assert_string_equal(taken(&r), "M1 V2 K2 p2 p3");
    assert_int_equal(r.n_jumps, 1);
    assert_int_equal(r.n_skipped, 5); /* M1 V1 K1 p1 V2 */
    assert_int_equal(s->n_jumps, 1);
    assert_int_equal(quick.n_jumps, 0);
    append(s, "p4");
    assert_string_equal(taken(&r), "p4");
    audience_leave(&quick);
}

static void a_reader_that_is_late_but_in_time_jumps_not(void **state)
{
    (void)state;
    begin_with("");
    join(&r);
    append(s, "V1 K1 p1");
    make_older(s, 15 * US_PER_SECOND);
    append(s, "K2");
    assert_string_equal(taken(&r), "V1 K1 p1 K2");
    assert_int_equal(r.n_jumps, 0);
}

static void a_slow_reader_within_the_newest_gop_stays_in_it(void **state)
{
    (void)state;
    begin_with("");
    join(&r);
    append(s, "V1 K1 p1");
    assert_string_equal(taken(&r), "V1 K1 p1");
    append(s, "p2");
    make_older(s, 40 * US_PER_SECOND);
    append(s, "p3");
    assert_string_equal(taken(&r), "p2 p3"); /* there is no newer place to begin */
}

/* Append frames one by one, each `step_us` after the one before. */
static void append_aging(const char *label, int n, int64_t step_us)
{
    for (int i = 0; i < n; i++) {
        make_older(s, step_us);
        append(s, label);
    }
}

static void a_slow_reader_whose_gop_is_gone_has_sound_until_the_next_key_frame(void **state)
{
    (void)state;
    begin_with("play { gop_cache off; }");
    join(&r);
    append(s, "A1 V1 K1");
    append_aging("p1", 200, US_PER_SECOND); /* one GOP, longer than queue_length */
    assert_true(s->ring.tail > gops_place(&s->gops)->seq);
    settle(s);
    uint64_t lost_from = r.seq;
    assert_string_equal(taken(&r), "A1 V1"); /* no picture from the middle of a GOP */
    append(s, "p2 a2");
    assert_string_equal(taken(&r), "a2");
    append(s, "V2 p3 K2 p4");
    assert_string_equal(taken(&r), "V2 K2 p4");
    assert_int_equal(r.n_jumps, 1);
    assert_int_equal(r.n_skipped, r.seq - 4 - lost_from); /* everything except a2 V2 K2 p4 */
}

static void a_jump_after_the_end_brings_its_headers_too(void **state)
{
    (void)state;
    begin_with("");
    join(&r);
    append(s, "V1 K1 p1");
    make_older(s, 40 * US_PER_SECOND);
    append(s, "V2 K2 p2");
    source_unpublish(s, &fx.publisher);
    assert_string_equal(taken(&r), "V2 K2 p2");
}

/* ---- memory ---- */

/* Bound of the frames in the log that no reader may still get: the log is trimmed only when it is full. */
enum { SLACK_FRAMES = 64 };

static void without_readers_a_gop_is_all_that_is_kept(void **state)
{
    (void)state;
    begin_with("");
    append(s, "V1");
    for (int i = 0; i < 200; i++) {
        append(s, "K1");
        append_many(s, "p1", 49);
        assert_true(s->ring.head - s->ring.tail <= 50 + 1);
    }
    assert_int_equal(s->ring.n_slots, 64);
}

static void without_readers_and_gop_cache_next_to_nothing_is_kept(void **state)
{
    (void)state;
    begin_with("play { gop_cache off; }");
    append(s, "V1 K1");
    append_many(s, "p1", 10000);
    assert_true(s->ring.head - s->ring.tail <= SLACK_FRAMES);
}

static void after_a_gop_that_was_too_long_next_to_nothing_is_kept(void **state)
{
    (void)state;
    begin_with("play { gop_cache_max_frames 100; }");
    append(s, "V1 K1");
    append_many(s, "p1", 10000);
    assert_true(s->ring.head - s->ring.tail <= 100 + SLACK_FRAMES);
    assert_true(s->ring.n_slots <= 256);
}

static void a_reader_that_never_reads_keeps_no_more_than_queue_length(void **state)
{
    (void)state;
    begin_with("play { gop_cache off; queue_length 30; }");
    join(&r);
    append(s, "V1 K1");
    append_aging("p1", 500, US_PER_SECOND);
    assert_true(s->ring.head - s->ring.tail <= 30 + SLACK_FRAMES + 1);
}

static void append_big(int64_t ms, size_t bytes)
{
    struct frame *f = frame_new(bytes); /* its pages are never touched */
    assert_non_null(f);
    f->kind = FRAME_VIDEO;
    f->codec = CODEC_H264;
    f->dts_us = ms * US_PER_MS;
    f->media_len = f->len = 3;
    memcpy(f->data, "p1", f->len);
    assert_null(source_append(s, f));
    frame_unref(&f);
}

static void a_publisher_faster_than_the_clock_keeps_no_more_than_queue_length_of_its_own_time(void **state)
{
    (void)state;
    begin_with("play { gop_cache off; queue_length 30; }");
    join(&r);
    for (int i = 0; i < 5000; i++)
        append_big(i * INT64_C(100), 64 << 10);
    assert_true(s->ring.head - s->ring.tail <= 300 + SLACK_FRAMES + 1); /* 30 s at 10 fps */
}

static void a_jump_of_the_streams_time_costs_no_frame_that_waits(void **state)
{
    (void)state;
    begin_with("play { gop_cache off; queue_length 30; }");
    join(&r);
    append_at(s, "V1", 0);
    for (int i = 0; i < 200; i++) /* 100 s ahead at each key frame */
        append_at(s, i % 25 ? "p1" : "K1", i * 40 + i / 25 * INT64_C(100000));
    settle(s);
    assert_int_equal(s->ring.tail, 0);
    peeked(&r);
    assert_int_equal(r.n_jumps, 0);
}

static void a_reader_that_reads_lets_go(void **state)
{
    (void)state;
    begin_with("play { gop_cache off; }");
    join(&r);
    append(s, "V1 K1");
    for (int i = 0; i < 1000; i++) {
        append_many(s, "p1", 10);
        taken(&r);
    }
    assert_true(s->ring.head - s->ring.tail <= SLACK_FRAMES);
    assert_int_equal(r.n_jumps, 0);
}

static void no_configuration_lets_a_source_grow_beyond_the_hard_limit(void **state)
{
    (void)state;
    enum { BIG = 8 << 20 };
    begin_with("play { gop_cache_max_frames 0; queue_length 3600; }");
    join(&r);
    append(s, "V1 K1");
    for (int i = 0; i < 3 * SOURCE_BYTES_MAX / BIG; i++) {
        append_big(i * INT64_C(40), BIG);
        assert_true(s->ring.bytes <= (size_t)SOURCE_BYTES_MAX + BIG + 1024);
    }
    assert_false(s->gops.is_cached);
    settle(s);
    assert_string_equal(peeked(&r), "V1"); /* the frames at its place are gone */
    assert_int_equal(r.n_jumps, 1);
    append(s, "K2 p2");
    assert_string_equal(taken(&r), "V1 K2 p2");
}

static void the_end_of_a_stream_gives_its_memory_back(void **state)
{
    (void)state;
    begin_with("");
    join(&r);
    append(s, "V1 K1 p1");
    taken(&r);
    source_unpublish(s, &fx.publisher);
    assert_int_equal(s->ring.bytes, 0); /* the player may stay for hours */
}

/* ---- publishing ---- */

static void the_end_of_a_publish_forgets_what_was_published(void **state)
{
    (void)state;
    begin_with("");
    join(&r);
    append(s, "M1 A1 V1 K1 p1");
    s->atc = true;
    reader_take_moments(&r);
    source_unpublish(s, &fx.publisher);
    assert_string_equal(taken(&r), "M1 A1 V1 K1 p1"); /* a reader that was there gets the rest */
    assert_string_equal(joiner_gets(), "");
    assert_int_equal(s->state, SOURCE_IDLE);
    assert_int_equal(reader_take_moments(&r), moment_bit(MOMENT_UNPUBLISHED));
    assert_false(s->atc);
    assert_int_equal(s->headers.count, 0);
    assert_false(source_knows_codec(s, FRAME_VIDEO));

    assert_null(source_publish(s, &fx.publisher));
    assert_int_equal(s->state, SOURCE_LIVE);
    assert_int_equal(reader_take_moments(&r), moment_bit(MOMENT_PUBLISHED));
    append(s, "A2 a2");
    assert_string_equal(taken(&r), "A2 a2");
    assert_string_equal(joiner_gets(), "A2");
}

static void the_end_releases_at_once_what_the_pacer_holds(void **state)
{
    (void)state;
    begin_with("play { mw_latency 350; }");
    join(&r);
    append(s, "V1 K1");
    assert_string_equal(peeked(&r), "");
    source_unpublish(s, &fx.publisher);
    assert_string_equal(peeked(&r), "V1 K1");
}

static void a_second_publisher_is_refused_by_name(void **state)
{
    (void)state;
    char             text[300];
    struct publisher second = { .co = co_self(), .trace = "second" };
    begin_with("");
    append(s, "V1 K1");
    uint64_t    newest = s->moments.newest;
    struct err *e = source_publish(s, &second);
    assert_int_equal(err_code(e), E_SYSTEM_STREAM_BUSY);
    err_text(e, text, sizeof text);
    assert_non_null(strstr(text, "v/live/cam"));
    assert_non_null(strstr(text, "first"));
    err_free(e);
    assert_ptr_equal(s->publisher, &fx.publisher);
    assert_int_equal(s->moments.newest, newest);
    source_unpublish(s, &second); /* it never published, so nothing happens */
    assert_ptr_equal(s->publisher, &fx.publisher);
    assert_string_equal(joiner_gets(), "V1 K1");
    source_unpublish(s, &fx.publisher);
    assert_null(source_publish(s, &second)); /* the name is free at once */
    source_unpublish(s, &second);
}

static void stay(void *arg)
{
    err_free(co_park(DEADLINE_NEVER));
    *(bool *)arg = co_is_cancelled(co_self());
}

static void a_takeover_ends_the_first_and_begins_anew(void **state)
{
    (void)state;
    struct co_group  group;
    struct publisher second = { .co = co_self(), .trace = "second" };
    bool             cancelled = false;
    co_group_init(&group);
    begin_with("publish { republish takeover; }");
    assert_null(co_go(&group, "first", stay, &cancelled, &fx.publisher.co));
    append(s, "M1 A1 V1 K1 p1");
    s->atc = true;
    uint64_t newest = s->moments.newest;
    assert_null(source_publish(s, &second));
    assert_true(fx.publisher.taken_over);
    assert_false(second.taken_over);
    assert_ptr_equal(s->publisher, &second);
    assert_int_equal(moments_since(&s->moments, newest), moment_bit(MOMENT_UNPUBLISHED) | moment_bit(MOMENT_PUBLISHED));
    assert_true(co_group_join(&group, a_while()));
    assert_true(cancelled);

    /* Readers that join the second stream get nothing of the first. */
    assert_false(s->atc);
    assert_false(source_knows_codec(s, FRAME_VIDEO));
    assert_string_equal(joiner_gets(), "");
    append(s, "A2 a2");
    source_unpublish(s, &fx.publisher); /* the first publisher cleans up late */
    assert_ptr_equal(s->publisher, &second);
    assert_string_equal(joiner_gets(), "A2");
    source_unpublish(s, &second);
}

static void assert_is_busy(struct publisher *newcomer)
{
    struct err *e = source_publish(s, newcomer);
    assert_int_equal(err_code(e), E_SYSTEM_STREAM_BUSY);
    err_free(e);
}

static void a_publisher_that_was_not_heard_gives_way(void **state)
{
    (void)state;
    struct co_group  group;
    bool             cancelled = false, is_there = true;
    struct publisher second = { .co = co_self(), .trace = "second" };
    co_group_init(&group);
    begin_with("");
    assert_null(co_go(&group, "first", stay, &cancelled, &fx.publisher.co));
    fx.publisher.is_there = &is_there;
    assert_is_busy(&second);
    assert_false(fx.publisher.taken_over);

    is_there = false;
    assert_null(source_publish(s, &second));
    assert_true(fx.publisher.taken_over);
    assert_ptr_equal(s->publisher, &second);
    assert_true(co_group_join(&group, a_while()));
    assert_true(cancelled);
    source_unpublish(s, &fx.publisher);
    assert_is_busy(&fx.publisher); /* The second one says nothing of the kind. */
    source_unpublish(s, &second);
}

static void when_nobody_watches_is_known(void **state)
{
    (void)state;
    struct reader other;
    int64_t       begun_us = now_us();
    begin_with("");
    assert_true(s->unwatched_since_us >= begun_us && s->unwatched_since_us <= s->published_at_us);
    join(&r);
    join(&other);
    s->unwatched_since_us = 0;
    audience_leave(&other);
    assert_int_equal(s->unwatched_since_us, 0);
    assert_int_equal(s->n_readers, 1);
    int64_t before = now_us();
    audience_leave(&r);
    assert_true(s->unwatched_since_us >= before);
    audience_leave(&r); /* a second time it does nothing */
    assert_int_equal(s->n_readers, 0);
}

/* ---- life ---- */

static struct source *acquire(const char *vhost, const char *stream)
{
    struct source *other;
    assert_null(source_acquire(&other, &fx.all, fx.conf, conf_find_vhost(fx.conf, vhost), "live", stream));
    return other;
}

static void a_stream_is_found_by_vhost_app_and_whole_name(void **state)
{
    (void)state;
    begin_with("");
    struct source *same = acquire("v", "cam"), *w = acquire("w", "cam"), *a = acquire("v", "room.1"),
                  *b = acquire("v", "room.2");
    assert_ptr_equal(same, s);
    assert_int_equal(s->refs, 2);
    assert_ptr_not_equal(w, s);
    assert_ptr_not_equal(a, b);
    assert_string_equal(s->app, "live");
    assert_string_equal(s->stream, "cam");
    assert_string_not_equal(s->id, w->id);
    assert_int_equal(fx.all.by_key.count, 4);
    source_release(same);
    source_release(w);
    source_release(a);
    source_release(b);
    assert_int_equal(fx.all.by_key.count, 1);
    source_release(NULL);
}

static void every_spelling_finds_the_stream_and_the_publishers_names_it(void **state)
{
    (void)state;
    begin_with("");
    struct source *first = acquire("v", "ab"), *same = acquire("v", "a%20b");
    assert_ptr_equal(first, same);
    assert_string_equal(first->stream, "ab");
    source_spell(first, "live", "a%20b");
    assert_string_equal(first->stream, "a%20b");
    assert_string_equal(first->identity, "v/live/a%20b");
    assert_ptr_equal(source_find(&fx.all, first->vhost, "live/", "a b"), first);
    source_release(first);
    source_release(same);
    assert_null(source_find(&fx.all, s->vhost, "live", "ab"));
}

static void a_stream_is_found_in_any_app(void **state)
{
    (void)state;
    begin_with("");
    const struct conf_vhost *v = s->vhost;
    struct publisher         p = { .co = co_self(), .trace = "p" };
    struct source           *later, *own, *w = acquire("w", "cam"), *waiting = acquire("v", "nobody");
    assert_null(source_acquire(&later, &fx.all, fx.conf, v, "other/7", "cam"));
    assert_null(source_acquire(&own, &fx.all, fx.conf, v, "__defaultApp__", "cam"));
    assert_null(source_publish(later, &p));
    assert_null(source_publish(w, &p));
    later->published_at_us = s->published_at_us + 1;
    w->published_at_us = s->published_at_us - 1; /* the other stream belongs to another vhost */
    assert_ptr_equal(source_find_in_any_app(&fx.all, v, "c%61m"), s);
    assert_null(source_find_in_any_app(&fx.all, v, "nobody"));
    assert_null(source_find_in_any_app(&fx.all, v, "am"));
    source_unpublish(s, &fx.publisher);
    assert_ptr_equal(source_find_in_any_app(&fx.all, v, "cam"), later);
    assert_null(source_publish(own, &p));
    assert_ptr_equal(source_find_in_any_app(&fx.all, v, "cam"), own);
    source_unpublish(later, &p);
    source_unpublish(w, &p);
    source_unpublish(own, &p);
    source_release(later);
    source_release(w);
    source_release(own);
    source_release(waiting);
}

static void the_last_one_out_ends_the_source(void **state)
{
    (void)state;
    begin_with("");
    struct source *same = acquire("v", "cam");
    append(s, "V1 K1");
    join(&r);
    source_unpublish(s, &fx.publisher);
    source_release(s); /* the publisher leaves, the player stays */
    assert_int_equal(fx.all.by_key.count, 1);
    assert_string_equal(taken(&r), "V1 K1");
    audience_leave(&r);
    source_release(same);
    assert_int_equal(fx.all.by_key.count, 0);
    assert_int_equal(co_count(), 0); /* the pacer has ended too */
    fx.source = acquire("v", "cam"); /* a new one, for the teardown */
    assert_int_equal(fx.source->ring.head, 0);
}

/* ---- configuration ---- */

static void a_new_configuration_is_followed_at_once(void **state)
{
    (void)state;
    begin_with("");
    append(s, "V1 K1 p1");
    struct conf *off = conf_with("play { gop_cache off; atc on; }"), *on = conf_with("play { gop_cache on; }");
    source_apply_conf(s, off, vhost_of(off));
    assert_int_equal(off->refs, 2);
    assert_int_equal(fx.conf->refs, 1); /* its reference was dropped */
    assert_true(s->atc);
    assert_string_equal(joiner_gets(), "V1");

    source_apply_conf(s, on, vhost_of(on));
    assert_false(s->atc);
    append(s, "p2");
    assert_string_equal(joiner_gets(), "V1"); /* the cache begins with the next key frame */
    append(s, "K2 p3");
    assert_string_equal(joiner_gets(), "V1 K2 p3");
    source_apply_conf(s, fx.conf, vhost_of(fx.conf));
    conf_unref(&off);
    conf_unref(&on);
}

static void a_vhost_that_is_gone_leaves_its_streams_as_they_were(void **state)
{
    (void)state;
    begin_with("play { gop_cache off; }");
    struct conf *other = conf_with("");
    source_apply_conf(s, other, NULL);
    assert_ptr_equal(s->conf, fx.conf);
    assert_false(s->vhost->play.gop_cache);
    assert_int_equal(other->refs, 1);
    conf_unref(&other);
}

static void atc_by_metadata_survives_a_reload_that_does_not_touch_it(void **state)
{
    (void)state;
    begin_with("play { atc_auto on; }");
    s->atc = true; /* as the publisher does for bravo_atc */
    struct conf *other = conf_with("play { atc_auto on; queue_length 20; }");
    source_apply_conf(s, other, vhost_of(other));
    assert_true(s->atc);
    assert_int_equal(source_queue_length_us(s), 20 * US_PER_SECOND);
    source_apply_conf(s, fx.conf, vhost_of(fx.conf));
    conf_unref(&other);
}

/* ---- mix_correct ---- */

static void mix_correct_sorts_by_time(void **state)
{
    (void)state;
    begin_with("play { mix_correct on; }");
    join(&r);
    append_at(s, "V1", 0);
    append_at(s, "K1", 0);
    append_at(s, "p1", 40);
    append_at(s, "p2", 80);
    append_at(s, "a1", 0);
    append_at(s, "a2", 23);
    append_at(s, "a3", 46);
    append_at(s, "p3", 120);
    assert_string_equal(taken(&r), "V1 K1 a1 a2 p1 a3");
}

static void a_configuration_keeps_its_place_among_sorted_frames(void **state)
{
    (void)state;
    begin_with("play { mix_correct on; }");
    join(&r);
    append_at(s, "V1", 0);
    append_at(s, "K1", 0);
    append_at(s, "p1", 40);
    append_at(s, "V2", 80); /* frames that still wait use the old configuration */
    append_at(s, "K2", 80);
    append_at(s, "a1", 85);
    assert_string_equal(taken(&r), "V1 K1 p1 V2 K2");
    assert_string_equal(joiner_gets(), "V2 K2");
}

static void the_end_of_a_publish_lets_go_what_was_being_sorted(void **state)
{
    (void)state;
    begin_with("play { mix_correct on; }");
    join(&r);
    append_at(s, "K1", 0);
    append_at(s, "p2", 80);
    append_at(s, "p1", 40);
    assert_string_equal(taken(&r), "");
    source_unpublish(s, &fx.publisher);
    assert_string_equal(taken(&r), "K1 p1 p2");
}

static void mix_correct_switched_off_lets_go_what_was_being_sorted(void **state)
{
    (void)state;
    begin_with("play { mix_correct on; }");
    join(&r);
    append_at(s, "K1", 0);
    append_at(s, "p1", 40);
    assert_string_equal(taken(&r), "");
    struct conf *off = conf_with("");
    source_apply_conf(s, off, vhost_of(off));
    append_at(s, "p2", 80);
    append_at(s, "a1", 20);
    assert_string_equal(taken(&r), "K1 p1 p2 a1");
    source_apply_conf(s, fx.conf, vhost_of(fx.conf));
    conf_unref(&off);
}

/* ---- figures ---- */

static void frames_are_counted_and_their_rate_measured(void **state)
{
    (void)state;
    begin_with("");
    append(s, "M1 A1 V1 K1 p1 p2 a1 a2"); /* metadata and configurations are not counted */
    assert_int_equal(s->frames_video, 3);
    assert_int_equal(s->frames_audio, 2);
    int64_t now = s->sampled_us + 2 * US_PER_SECOND;
    source_sample(s, now);
    assert_true(s->fps > 1.49 && s->fps < 1.51);
    source_sample(s, now + 100 * US_PER_MS); /* for another client, in the same round */
    assert_true(s->fps > 1.49 && s->fps < 1.51);
    source_sample(s, now + US_PER_SECOND);
    assert_true(s->fps < 0.01);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_joiner_gets_headers_and_then_the_newest_gop),
        TEST(a_joiner_goes_on_live),
        TEST(headers_go_script_audio_video_in_whatever_order_they_came),
        TEST(a_joiner_gets_the_headers_of_its_gop_not_newer_ones),
        TEST(a_joiner_before_the_publisher_gets_all_from_the_start),
        TEST(without_gop_cache_a_joiner_starts_live),
        TEST(without_gop_cache_a_joiner_gets_the_newest_headers),
        TEST(a_gop_that_is_too_long_is_not_cached_until_the_next_key_frame),
        TEST(a_stream_that_begins_in_a_gop_has_no_pictures_before_its_first_key_frame),
        TEST(each_publish_begins_with_a_key_frame),
        TEST(a_stream_without_key_frames_is_played_after_queue_length),
        TEST(a_long_gop_is_waited_for_longer_than_queue_length),
        TEST(a_limit_of_zero_frames_is_none),
        TEST(repeated_sequence_headers_are_dropped_and_changed_ones_are_not),
        TEST(without_reduction_all_sequence_headers_go_through),
        TEST(tracks_have_headers_of_their_own),
        TEST(a_stream_of_audio_alone_is_joined_live),
        TEST(pictures_that_stay_away_make_a_stream_sound_alone),
        TEST(a_crowd_of_sound_between_two_pictures_changes_nothing),
        TEST(slides_are_pictures_however_rare),
        TEST(an_end_of_the_pictures_that_is_told_is_believed_soon),
        TEST(every_track_is_joined_at_its_own_key_frame),
        TEST(a_track_that_ends_or_rarely_has_key_frames_makes_no_joiner_old),
        TEST(a_stream_whose_only_track_is_not_the_first_is_joined_at_its_key_frame),
        TEST(a_track_that_comes_later_begins_with_a_key_frame),
        TEST(sound_that_goes_on_in_another_codec_loses_its_configuration),
        TEST(pictures_in_another_codec_begin_with_a_key_frame_of_it),
        TEST(the_codec_of_another_track_changes_alone),
        TEST(a_slow_reader_jumps_to_the_newest_key_frame_with_its_headers),
        TEST(a_reader_that_is_late_but_in_time_jumps_not),
        TEST(a_slow_reader_within_the_newest_gop_stays_in_it),
        TEST(a_slow_reader_whose_gop_is_gone_has_sound_until_the_next_key_frame),
        TEST(a_jump_after_the_end_brings_its_headers_too),
        TEST(without_readers_a_gop_is_all_that_is_kept),
        TEST(without_readers_and_gop_cache_next_to_nothing_is_kept),
        TEST(after_a_gop_that_was_too_long_next_to_nothing_is_kept),
        TEST(a_reader_that_never_reads_keeps_no_more_than_queue_length),
        TEST(a_publisher_faster_than_the_clock_keeps_no_more_than_queue_length_of_its_own_time),
        TEST(a_jump_of_the_streams_time_costs_no_frame_that_waits),
        TEST(a_reader_that_reads_lets_go),
        TEST(no_configuration_lets_a_source_grow_beyond_the_hard_limit),
        TEST(the_end_of_a_stream_gives_its_memory_back),
        TEST(the_end_of_a_publish_forgets_what_was_published),
        TEST(the_end_releases_at_once_what_the_pacer_holds),
        TEST(a_second_publisher_is_refused_by_name),
        TEST(a_takeover_ends_the_first_and_begins_anew),
        TEST(a_publisher_that_was_not_heard_gives_way),
        TEST(when_nobody_watches_is_known),
        TEST(a_stream_is_found_by_vhost_app_and_whole_name),
        TEST(every_spelling_finds_the_stream_and_the_publishers_names_it),
        TEST(a_stream_is_found_in_any_app),
        TEST(the_last_one_out_ends_the_source),
        TEST(a_new_configuration_is_followed_at_once),
        TEST(a_vhost_that_is_gone_leaves_its_streams_as_they_were),
        TEST(atc_by_metadata_survives_a_reload_that_does_not_touch_it),
        TEST(mix_correct_sorts_by_time),
        TEST(a_configuration_keeps_its_place_among_sorted_frames),
        TEST(the_end_of_a_publish_lets_go_what_was_being_sorted),
        TEST(mix_correct_switched_off_lets_go_what_was_being_sorted),
        TEST(frames_are_counted_and_their_rate_measured),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
