/* RTMP publishers: the way of their messages into the source, and the end of a publish. */
#include "app/rtmp/publisher.h"

#include "app/rtmp/rtmp_caller.h"
#include "app/source/life.h"

#define LIVE "rtmp://v/live"

static struct caller a, b;

static int setup(void **state)
{
    (void)state;
    a.fd = b.fd = -1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hang_up(&a);
    hang_up(&b);
    serve_no_more();
    return 0;
}

static void serve_vhost(const char *directives)
{
    char text[1024];
    snprintf(text, sizeof text, "vhost v { %s }", directives);
    serve_with(text);
}

static void publish(struct caller *c)
{
    begin_publishing(c, LIVE, "cam");
    assert_true(hears(c, "NetStream.Publish.Start"));
}

/* The stream v/live/cam, which exists while it has a publisher or player. */
static struct source *stream(void)
{
    return source_find(&server.sources, conf_find_vhost(server.conf, "v"), "live", "cam");
}

/* Send the configuration of AAC, 44.1 kHz, stereo, and frames with arbitrary bytes. */
static void say_sound(const struct caller *c, uint32_t ms)
{
    static const uint8_t config[] = { 0xaf, 0x00, 0x12, 0x10 }, sound[] = { 0xaf, 0x01, 0x21, 0x10, 0x04 };
    bool                 is_first = ms == 0;
    say_message(c, RTMP_TYPE_AUDIO, ms, is_first ? config : sound, is_first ? sizeof config : sizeof sound);
}

static void wait_for_sound(int64_t n)
{
    for (int64_t deadline_us = a_while(); stream()->frames_audio < n && now_us() < deadline_us;)
        co_give_way();
    assert_int_equal(stream()->frames_audio, n);
}

/* ---- messages ---- */

static void messages_become_frames_of_the_stream(void **state)
{
    (void)state;
    serve_vhost("");
    publish(&a);
    for (uint32_t ms = 0; ms <= 92; ms += 23)
        say_sound(&a, ms);
    wait_for_sound(4);
    assert_int_equal(stream()->audio.codec, CODEC_AAC);
    assert_int_equal(stream()->audio.sample_rate, 44100);
}

static void what_cannot_be_read_is_dropped_and_the_rest_goes_on(void **state)
{
    static const uint8_t bad_video[] = { 0x17, 0x00 }, bad_data[] = { 0xff };
    (void)state;
    serve_vhost("");
    publish(&a);
    say_sound(&a, 0);
    say_message(&a, RTMP_TYPE_VIDEO, 0, bad_video, sizeof bad_video);
    say_message(&a, RTMP_TYPE_DATA, 0, bad_data, sizeof bad_data);
    say_call(&a, "somethingElse", 9, NULL);
    say_sound(&a, 23);
    wait_for_sound(1);
    assert_true(hears(&a, "_result"));
}

static void a_stream_is_called_as_its_publisher_spells_it(void **state)
{
    (void)state;
    serve_vhost("");
    begin_playing(&b, LIVE, "caf\xc3\xa9");
    assert_true(hears(&b, "NetStream.Play.Start"));
    begin_publishing(&a, LIVE, "caf%C3%A9");
    assert_true(hears(&a, "NetStream.Publish.Start"));
    const struct source *s = source_find(&server.sources, conf_find_vhost(server.conf, "v"), "live", "caf\xc3\xa9");
    assert_non_null(s);
    assert_string_equal(s->stream, "caf%C3%A9");
}

/* ---- the end of a publish ---- */

static void every_way_of_ending_frees_the_name(void **state)
{
    static const char *const calls[] = { "FCUnpublish", "closeStream", "deleteStream" };
    (void)state;
    serve_vhost("");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        publish(&a);
        say_call(&a, calls[i], 6, "cam");
        assert_true(hears(&a, "NetStream.Unpublish.Success"));
        wait_for_clients(0);
        assert_null(stream());
        hang_up(&a);
        wait_for_the_end();
    }
}

static void a_publisher_that_sends_nothing_is_given_up(void **state)
{
    (void)state;
    serve_vhost("publish { firstpkt_timeout 30; normal_timeout 60000; }");
    publish(&a);
    hear_all(&a);
    wait_for_the_end();
}

static void a_publisher_that_falls_silent_is_given_up(void **state)
{
    (void)state;
    serve_vhost("publish { firstpkt_timeout 60000; normal_timeout 30; }");
    publish(&a);
    say_sound(&a, 0);
    hear_all(&a);
    wait_for_the_end();
}

static void a_publisher_that_nobody_watches_is_given_up_where_that_is_configured(void **state)
{
    (void)state;
    serve_vhost("publish { kickoff_for_idle 0.03; }");
    publish(&a);
    hear_all(&a);
    wait_for_the_end();
}

static void a_takeover_ends_the_first_publisher(void **state)
{
    (void)state;
    serve_vhost("publish { republish takeover; }");
    publish(&a);
    publish(&b);
    hear_all(&a);
    say_sound(&b, 0);
    say_sound(&b, 23);
    wait_for_sound(1);
    wait_for_clients(1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(messages_become_frames_of_the_stream),
        TEST(what_cannot_be_read_is_dropped_and_the_rest_goes_on),
        TEST(a_stream_is_called_as_its_publisher_spells_it),
        TEST(every_way_of_ending_frees_the_name),
        TEST(a_publisher_that_sends_nothing_is_given_up),
        TEST(a_publisher_that_falls_silent_is_given_up),
        TEST(a_publisher_that_nobody_watches_is_given_up_where_that_is_configured),
        TEST(a_takeover_ends_the_first_publisher),
    };
    return cmocka_run_group_tests(tests, serving_begin, serving_end);
}
