/* Connections of the client library, with a server that sends prepared answers. */
#include "srs_rtmp/srs_rtmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/attr.h"
#include "srs_rtmp/canned.h"

enum { LONG_MS = 60000, SHORT_MS = 20 };

static struct srs_rtmp *connected(const struct canned *s)
{
    struct srs_rtmp *c = srs_rtmp_create(s->url);
    assert_non_null(c);
    srs_rtmp_set_timeout(c, LONG_MS);
    assert_int_equal(srs_rtmp_connect(c), SRS_RTMP_OK);
    return c;
}

static struct srs_rtmp *playing(const struct canned *s)
{
    struct srs_rtmp *c = connected(s);
    assert_int_equal(srs_rtmp_play(c), SRS_RTMP_OK);
    return c;
}

static struct srs_rtmp *publishing(const struct canned *s)
{
    struct srs_rtmp *c = connected(s);
    assert_int_equal(srs_rtmp_publish(c), SRS_RTMP_OK);
    return c;
}

static void assert_read(struct srs_rtmp *c, uint8_t type, uint32_t time_ms, const char *body)
{
    struct srs_rtmp_packet p;
    assert_int_equal(srs_rtmp_read(c, &p), SRS_RTMP_OK);
    assert_int_equal(p.type, type);
    assert_int_equal(p.time_ms, time_ms);
    assert_int_equal(p.len, strlen(body));
    assert_memory_equal(p.data, body, p.len);
}

static void assert_no_read(struct srs_rtmp *c, enum srs_rtmp_result result)
{
    struct srs_rtmp_packet p;
    assert_int_equal(srs_rtmp_read(c, &p), result);
    assert_null(p.data);
}

static void assert_says(const struct srs_rtmp *c, const char *words)
{
    if (!strstr(srs_rtmp_error(c), words))
        fail_msg("the error is: %s", srs_rtmp_error(c));
}

/* ---- play ---- */

static void reads_packets_and_the_end_of_the_stream_and_its_return(void **state)
{
    struct canned s;
    (void)state;
    canned_open(&s);
    canned_start_play(&s);
    canned_add_text(&s, RTMP_TYPE_AUDIO, 7, "one");
    CANNED_COMMAND(&s, rtmp_write_status, RTMP_STATUS_UNPUBLISH_NOTIFY);
    CANNED_COMMAND(&s, rtmp_write_status, RTMP_STATUS_PUBLISH_NOTIFY);
    canned_add_text(&s, RTMP_TYPE_VIDEO, 0xFFFFFFFF, "two");
    canned_begin(&s);
    struct srs_rtmp *c = playing(&s);
    assert_read(c, SRS_RTMP_AUDIO, 7, "one");
    assert_no_read(c, SRS_RTMP_ENDED);
    assert_read(c, SRS_RTMP_VIDEO, 0xFFFFFFFF, "two");
    srs_rtmp_destroy(c);
    canned_end(&s);
}

static void goes_on_after_a_read_that_timed_out_within_a_message(void **state)
{
    struct canned s;
    (void)state;
    canned_open(&s);
    canned_start_play(&s);
    s.pause_at = wr_len(&s.w) + 14;
    canned_add_text(&s, RTMP_TYPE_VIDEO, 40, "a picture that comes in two pieces");
    canned_begin(&s);
    struct srs_rtmp *c = playing(&s);
    srs_rtmp_set_timeout(c, SHORT_MS);
    assert_no_read(c, SRS_RTMP_TIMED_OUT);
    assert_no_read(c, SRS_RTMP_TIMED_OUT);
    canned_go_on(&s);
    srs_rtmp_set_timeout(c, LONG_MS);
    assert_read(c, SRS_RTMP_VIDEO, 40, "a picture that comes in two pieces");
    srs_rtmp_destroy(c);
    canned_end(&s);
}

static void answers_pings_while_it_reads(void **state)
{
    static const uint8_t pong[] = { 0, RTMP_EVENT_PING_RESPONSE, 0x12, 0x34, 0x56, 0x78 };
    struct canned        s;
    (void)state;
    canned_open(&s);
    canned_start_play(&s);
    rtmp_write_user_control(&s.w, RTMP_EVENT_PING_REQUEST, 0x12345678);
    canned_add_text(&s, RTMP_TYPE_AUDIO, 1, "one");
    canned_begin(&s);
    struct srs_rtmp *c = playing(&s);
    assert_read(c, SRS_RTMP_AUDIO, 1, "one");
    assert_int_equal(srs_rtmp_close(c), SRS_RTMP_OK);
    srs_rtmp_destroy(c);
    canned_end(&s);
    assert_true(canned_has_heard(&s, pong, sizeof pong));
}

static void ends_at_a_server_that_pings_and_takes_no_answers(void **state)
{
    enum srs_rtmp_result result = SRS_RTMP_TIMED_OUT;
    struct canned        s;
    (void)state;
    canned_open(&s);
    canned_start_play(&s);
    s.floods = true;
    canned_begin(&s);
    struct srs_rtmp *c = playing(&s);
    srs_rtmp_set_timeout(c, SHORT_MS);
    while (result == SRS_RTMP_TIMED_OUT) {
        struct srs_rtmp_packet p;
        result = srs_rtmp_read(c, &p);
    }
    assert_int_equal(result, SRS_RTMP_FAILED);
    assert_says(c, "takes no bytes");
    srs_rtmp_destroy(c);
    canned_end(&s);
}

static void tells_that_the_server_has_closed_and_stays_over(void **state)
{
    struct canned s;
    (void)state;
    canned_open(&s);
    canned_start_play(&s);
    canned_add_text(&s, RTMP_TYPE_AUDIO, 1, "one");
    s.hangs_up = true;
    canned_begin(&s);
    struct srs_rtmp *c = playing(&s);
    assert_read(c, SRS_RTMP_AUDIO, 1, "one");
    assert_no_read(c, SRS_RTMP_CLOSED);
    assert_no_read(c, SRS_RTMP_CLOSED);
    assert_int_equal(srs_rtmp_close(c), SRS_RTMP_CLOSED);
    assert_says(c, "closed");
    srs_rtmp_destroy(c);
    canned_end(&s);
}

static void ends_at_bytes_that_are_no_chunks(void **state)
{
    struct canned s;
    (void)state;
    canned_open(&s);
    canned_start_play(&s);
    wr_bytes(&s.w, "\xc7 this chunk stream begins with a chunk of type 3", 40);
    canned_begin(&s);
    struct srs_rtmp *c = playing(&s);
    assert_no_read(c, SRS_RTMP_BAD_DATA);
    assert_no_read(c, SRS_RTMP_BAD_DATA);
    srs_rtmp_destroy(c);
    canned_end(&s);
}

/* ---- refusals ---- */

static void tells_the_words_of_a_server_that_refuses(void **state)
{
    struct canned s;
    (void)state;
    canned_open(&s);
    CANNED_COMMAND(&s, rtmp_write_connect_rejected, 1, "not on a Monday");
    canned_begin(&s);
    struct srs_rtmp *c = srs_rtmp_create(s.url);
    assert_int_equal(srs_rtmp_connect(c), SRS_RTMP_REFUSED);
    assert_says(c, "not on a Monday");
    assert_int_equal(srs_rtmp_play(c), SRS_RTMP_REFUSED);
    srs_rtmp_destroy(c);
    canned_end(&s);
}

static void tells_where_the_stream_has_moved_to(void **state)
{
    struct canned s;
    (void)state;
    canned_open(&s);
    canned_admit(&s);
    CANNED_COMMAND(&s, rtmp_write_result_number, 2, CANNED_MSID);
    CANNED_COMMAND(&s, rtmp_write_redirect, "rtmp://elsewhere/live", "rtmp://elsewhere/live/s");
    canned_begin(&s);
    struct srs_rtmp *c = connected(&s);
    assert_null(srs_rtmp_moved_to(c));
    assert_int_equal(srs_rtmp_play(c), SRS_RTMP_MOVED);
    assert_string_equal(srs_rtmp_moved_to(c), "rtmp://elsewhere/live/s");
    srs_rtmp_destroy(c);
    canned_end(&s);
}

static void times_out_when_the_server_says_nothing(void **state)
{
    struct canned s;
    (void)state;
    canned_open(&s);
    canned_begin(&s);
    struct srs_rtmp *c = srs_rtmp_create(s.url);
    srs_rtmp_set_timeout(c, SHORT_MS);
    assert_int_equal(srs_rtmp_connect(c), SRS_RTMP_TIMED_OUT);
    assert_int_equal(srs_rtmp_play(c), SRS_RTMP_TIMED_OUT);
    srs_rtmp_destroy(c);
    canned_end(&s);
}

static void fails_where_nobody_listens(void **state)
{
    struct canned s;
    (void)state;
    canned_open(&s);
    canned_begin(&s);
    canned_end(&s);
    struct srs_rtmp *c = srs_rtmp_create(s.url);
    assert_int_equal(srs_rtmp_connect(c), SRS_RTMP_FAILED);
    assert_says(c, "refused");
    srs_rtmp_destroy(c);
}

static void refuses_urls_that_name_no_stream(void **state)
{
    static const char *const urls[] = { "", "rtmp://", "http://127.0.0.1/live/s", "rtmp://127.0.0.1/live", "live/s" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct srs_rtmp *c = srs_rtmp_create(urls[i]);
        assert_int_equal(srs_rtmp_connect(c), SRS_RTMP_BAD_USE);
        assert_true(*srs_rtmp_error(c));
        srs_rtmp_destroy(c);
    }
    struct srs_rtmp *c = srs_rtmp_create(NULL);
    assert_int_equal(srs_rtmp_connect(c), SRS_RTMP_BAD_USE);
    srs_rtmp_destroy(c);
    srs_rtmp_destroy(NULL);
}

static void refuses_calls_at_the_wrong_time_and_goes_on(void **state)
{
    static const struct srs_rtmp_packet packet = { SRS_RTMP_AUDIO, 0, (const uint8_t *)"\xaf\x01 ", 3 };
    struct canned                       s;
    (void)state;
    canned_open(&s);
    canned_start_play(&s);
    canned_add_text(&s, RTMP_TYPE_AUDIO, 1, "one");
    canned_begin(&s);
    struct srs_rtmp *c = srs_rtmp_create(s.url);
    assert_int_equal(srs_rtmp_play(c), SRS_RTMP_BAD_USE);
    assert_says(c, "play: the connection is not connected");
    assert_no_read(c, SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_connect(c), SRS_RTMP_OK);
    assert_int_equal(srs_rtmp_connect(c), SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_set_page(c, "http://page", NULL), SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_play(c), SRS_RTMP_OK);
    assert_int_equal(srs_rtmp_write(c, &packet), SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_publish(c), SRS_RTMP_BAD_USE);
    assert_read(c, SRS_RTMP_AUDIO, 1, "one");
    assert_int_equal(srs_rtmp_close(c), SRS_RTMP_OK);
    assert_no_read(c, SRS_RTMP_BAD_USE);
    srs_rtmp_destroy(c);
    canned_end(&s);
}

/* ---- publish ---- */

static void sends_metadata_as_encoders_do_and_ends_the_stream_in_good_order(void **state)
{
    static const struct srs_rtmp_property size[] = { { "width", NULL, 640 }, { "encoder", "test", 0 } };
    uint8_t                               body[256];
    struct canned                         s;
    (void)state;
    canned_open(&s);
    canned_start_publish(&s);
    canned_begin(&s);
    struct srs_rtmp       *c = publishing(&s);
    struct srs_rtmp_packet p = { SRS_RTMP_SCRIPT, 0, body, srs_rtmp_metadata_write(body, sizeof body, size, 2) };
    assert_int_equal(srs_rtmp_write(c, &p), SRS_RTMP_OK);
    p = (struct srs_rtmp_packet){ SRS_RTMP_VIDEO, 5, (const uint8_t *)"picture", 7 };
    assert_int_equal(srs_rtmp_write(c, &p), SRS_RTMP_OK);
    p = (struct srs_rtmp_packet){ SRS_RTMP_AUDIO, 6, NULL, 0 }; /* silence */
    assert_int_equal(srs_rtmp_write(c, &p), SRS_RTMP_OK);
    p.type = 20;
    assert_int_equal(srs_rtmp_write(c, &p), SRS_RTMP_BAD_USE);
    p.type = SRS_RTMP_SCRIPT;
    assert_int_equal(srs_rtmp_write(c, &p), SRS_RTMP_OK);
    p.len = SRS_RTMP_SCRIPT_MAX + 1;
    assert_int_equal(srs_rtmp_write(c, &p), SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_close(c), SRS_RTMP_OK);
    srs_rtmp_destroy(c);
    canned_end(&s);
    assert_true(canned_has_heard(&s, "\x02\0\x0d@setDataFrame\x02\0\x0aonMetaData\x08", 30));
    assert_true(canned_has_heard(&s, "picture", 7));
    assert_true(canned_has_heard(&s, "FCUnpublish", 11) && canned_has_heard(&s, "deleteStream", 12));
}

static void tells_what_the_server_said_before_it_ended_a_publish(void **state)
{
    static const struct srs_rtmp_packet packet = { SRS_RTMP_AUDIO, 0, (const uint8_t *)"\xaf\x01 ", 3 };
    enum srs_rtmp_result                result = SRS_RTMP_OK;
    struct canned                       s;
    (void)state;
    canned_open(&s);
    canned_start_publish(&s);
    CANNED_COMMAND(&s, rtmp_write_status_error, "NetStream.Publish.BadName", "another one came");
    s.hangs_up = true;
    canned_begin(&s);
    struct srs_rtmp *c = publishing(&s);
    while (result == SRS_RTMP_OK)
        result = srs_rtmp_write(c, &packet);
    assert_int_equal(result, SRS_RTMP_REFUSED);
    assert_says(c, "another one came");
    srs_rtmp_destroy(c);
    canned_end(&s);
}

/* ---- frames of encoders ---- */

/* Publish a picture and what comes before it, in calls of these lengths. */
static void publish_picture(const size_t *lens, size_t n_calls)
{
    static const uint8_t unit[] = {
        0, 0, 0, 1,    0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x47, 0xfe, 0x88, /* SPS: Baseline */
        0, 0, 0, 1,    0x68, 0xcb, 0x83, 0xcb, 0x20,                               /* PPS */
        0, 0, 1, 0x65, 0x88, 0x84, 0x00, 0x33,                                     /* IDR */
    };
    static const uint8_t config[] = { 0x17, 0, 0, 0, 0, 1, 0x42, 0xc0, 0x1e }; /* key, AVC, sequence header, avcC */
    static const uint8_t picture[] = { 0x17, 1, 0, 0, 40, 0, 0, 0, 5, 0x65, 0x88, 0x84, 0x00, 0x33 };
    struct canned        s;
    canned_open(&s);
    canned_start_publish(&s);
    canned_begin(&s);
    struct srs_rtmp *c = publishing(&s);
    for (size_t i = 0, at = 0; i < n_calls; at += lens[i++])
        assert_int_equal(srs_rtmp_write_frame(c, SRS_RTMP_H264, 1000, 1040, unit + at, lens[i]), SRS_RTMP_OK);
    assert_int_equal(srs_rtmp_close(c), SRS_RTMP_OK);
    srs_rtmp_destroy(c);
    canned_end(&s);
    assert_true(canned_has_heard(&s, config, sizeof config));
    assert_true(canned_has_heard(&s, picture, sizeof picture));
}

static void makes_a_configuration_and_a_picture_of_an_access_unit(void **state)
{
    (void)state;
    publish_picture((const size_t[]){ 14 + 9 + 8 }, 1);
}

static void keeps_parameter_sets_for_the_picture_after_them(void **state)
{
    (void)state;
    publish_picture((const size_t[]){ 14 + 9, 8 }, 2);
    publish_picture((const size_t[]){ 14, 9, 8 }, 3);
}

static void bounds_what_it_keeps_before_a_picture(void **state)
{
    enum { SEI_LEN = 1 << 20 };
    static uint8_t       sei[SEI_LEN] = { 0, 0, 1, 0x06 };
    enum srs_rtmp_result result = SRS_RTMP_OK;
    struct canned        s;
    (void)state;
    memset(sei + 4, 0xff, sizeof sei - 4);
    canned_open(&s);
    canned_start_publish(&s);
    canned_begin(&s);
    struct srs_rtmp *c = publishing(&s);
    size_t           n = 0;
    for (; result == SRS_RTMP_OK; n += result == SRS_RTMP_OK)
        result = srs_rtmp_write_frame(c, SRS_RTMP_H264, 0, 0, sei, sizeof sei);
    assert_int_equal(result, SRS_RTMP_BAD_DATA);
    assert_int_equal(n, SRS_RTMP_PACKET_MAX / SEI_LEN);
    assert_int_equal(srs_rtmp_close(c), SRS_RTMP_OK);
    srs_rtmp_destroy(c);
    canned_end(&s);
}

static void makes_raw_frames_of_adts_and_goes_on_after_other_bytes(void **state)
{
    /* ISO/IEC 14496-3 1.A.2.2: MPEG-4, no CRC, LC, 44100 Hz, two channels, 7 + 4 bytes */
    static const uint8_t adts[] = { 0xff, 0xf1, 0x50, 0x80, 0x01, 0x7f, 0xfc, 1, 2, 3, 4 };
    static const uint8_t config[] = { 0xaf, 0, 0x12, 0x10 };
    static const uint8_t raw[] = { 0xaf, 1, 1, 2, 3, 4 };
    struct canned        s;
    (void)state;
    canned_open(&s);
    canned_start_publish(&s);
    canned_begin(&s);
    struct srs_rtmp *c = publishing(&s);
    assert_int_equal(srs_rtmp_write_frame(c, SRS_RTMP_AAC, 0, 0, raw, sizeof raw), SRS_RTMP_BAD_DATA);
    assert_says(c, "not in the form of the codec");
    assert_int_equal(srs_rtmp_write_frame(c, (enum srs_rtmp_codec)99, 0, 0, adts, sizeof adts), SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_write_frame(c, SRS_RTMP_AAC, 0, 0, NULL, 0), SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_write_frame(c, SRS_RTMP_AAC, INT64_MAX, INT64_MAX, adts, sizeof adts), SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_write_frame(c, SRS_RTMP_AAC, 0, 0x800000, adts, sizeof adts), SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_write_frame(c, SRS_RTMP_AAC, 0, 0, adts, sizeof adts), SRS_RTMP_OK);
    assert_int_equal(srs_rtmp_close(c), SRS_RTMP_OK);
    srs_rtmp_destroy(c);
    canned_end(&s);
    assert_true(canned_has_heard(&s, config, sizeof config));
    assert_true(canned_has_heard(&s, raw, sizeof raw));
}

/* ---- threads ---- */

enum { THREADS = 4, CONNECTIONS = 25 };

/* Play from a server of its own, again and again; returns how many packets came. */
static void *play_often(void *arg)
{
    const struct canned   *s = arg;
    struct srs_rtmp_packet p;
    intptr_t               n = 0;
    for (int i = 0; i < CONNECTIONS; i++) {
        struct srs_rtmp *c = srs_rtmp_create(s->url);
        if (c && srs_rtmp_connect(c) == SRS_RTMP_OK && srs_rtmp_play(c) == SRS_RTMP_OK)
            while (srs_rtmp_read(c, &p) == SRS_RTMP_OK)
                n += p.len == 3 && memcmp(p.data, "one", 3) == 0;
        srs_rtmp_destroy(c);
    }
    return (void *)n;
}

static void plays_in_several_threads_at_once(void **state)
{
    static struct canned servers[THREADS];
    pthread_t            threads[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++) {
        canned_open(&servers[i]);
        canned_start_play(&servers[i]);
        for (int n = 0; n < 50; n++)
            canned_add_text(&servers[i], RTMP_TYPE_AUDIO, (uint32_t)n, "one");
        servers[i].hangs_up = true;
        canned_begin(&servers[i]);
        assert_int_equal(pthread_create(&threads[i], NULL, play_often, &servers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *n;
        pthread_join(threads[i], &n);
        canned_end(&servers[i]);
        assert_int_equal((intptr_t)n, CONNECTIONS * 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_packets_and_the_end_of_the_stream_and_its_return),
        cmocka_unit_test(goes_on_after_a_read_that_timed_out_within_a_message),
        cmocka_unit_test(answers_pings_while_it_reads),
        cmocka_unit_test(ends_at_a_server_that_pings_and_takes_no_answers),
        cmocka_unit_test(tells_that_the_server_has_closed_and_stays_over),
        cmocka_unit_test(ends_at_bytes_that_are_no_chunks),
        cmocka_unit_test(tells_the_words_of_a_server_that_refuses),
        cmocka_unit_test(tells_where_the_stream_has_moved_to),
        cmocka_unit_test(times_out_when_the_server_says_nothing),
        cmocka_unit_test(fails_where_nobody_listens),
        cmocka_unit_test(refuses_urls_that_name_no_stream),
        cmocka_unit_test(refuses_calls_at_the_wrong_time_and_goes_on),
        cmocka_unit_test(sends_metadata_as_encoders_do_and_ends_the_stream_in_good_order),
        cmocka_unit_test(tells_what_the_server_said_before_it_ended_a_publish),
        cmocka_unit_test(makes_a_configuration_and_a_picture_of_an_access_unit),
        cmocka_unit_test(keeps_parameter_sets_for_the_picture_after_them),
        cmocka_unit_test(bounds_what_it_keeps_before_a_picture),
        cmocka_unit_test(makes_raw_frames_of_adts_and_goes_on_after_other_bytes),
        cmocka_unit_test(plays_in_several_threads_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
