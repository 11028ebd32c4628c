/* RTMP players: the media and commands that they get, and the commands that they may send while they play. */
#include "app/rtmp/player.h"

#include "app/rtmp/rtmp_caller.h"
#include "app/source/life.h"

#define LIVE "rtmp://v/live"

static struct caller    player;
static struct source   *source;
static struct publisher publisher;

static void serve_vhost(const char *directives)
{
    char text[1024];
    snprintf(text, sizeof text, "vhost v { %s }", directives);
    serve_with(text);
    assert_null(
        source_acquire(&source, &server.sources, server.conf, conf_find_vhost(server.conf, "v"), "live", "cam"));
}

static void publish(const char *labels)
{
    publisher = (struct publisher){ .co = co_self(), .trace = "publish" };
    assert_null(source_publish(source, &publisher));
    append(source, labels);
}

static void play(void)
{
    begin_playing(&player, LIVE, "cam");
    assert_true(hears(&player, "NetStream.Play.Start"));
}

static int setup(void **state)
{
    (void)state;
    player.fd = -1;
    source = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hang_up(&player);
    source_unpublish(source, &publisher);
    source_release(source);
    serve_no_more();
    return 0;
}

/* ---- from the server ---- */

static void a_newcomer_gets_headers_and_the_newest_pictures(void **state)
{
    (void)state;
    serve_vhost("");
    publish("M1 V1 A1 K1 p2 K3 a3 p4");
    play();
    assert_true(hears(&player, "p4"));
    assert_true(hears(&player, "V1"));
    assert_true(hears(&player, "A1"));
    assert_false(memmem(player.heard, player.len, "K1", 3));
}

static void a_player_before_its_publisher_waits(void **state)
{
    (void)state;
    serve_vhost("");
    play();
    publish("V1 A1 K1 a1");
    assert_true(hears(&player, "K1"));
}

static void a_player_is_told_when_its_stream_ends_and_when_it_comes_back(void **state)
{
    (void)state;
    serve_vhost("");
    publish("V1 A1 K1 a1");
    play();
    assert_true(hears(&player, "a1"));
    source_unpublish(source, &publisher);
    assert_true(hears(&player, "NetStream.Play.UnpublishNotify"));
    player.len = 0;
    publish("V2 A2 K2 a2");
    assert_true(hears(&player, "NetStream.Play.PublishNotify"));
    assert_true(hears(&player, "K2"));
}

static void a_player_whose_stream_nobody_publishes_is_refused_after_a_while(void **state)
{
    (void)state;
    serve_vhost("play { wait 0; }");
    play();
    assert_true(hears(&player, "NetStream.Play.StreamNotFound"));
    hang_up(&player);
    wait_for_the_end();
}

/* ---- from the player ---- */

static void say_pause(bool on)
{
    uint8_t   body[64];
    struct wr w = wr_over(body, sizeof body);
    amf0_write_string(&w, "pause");
    amf0_write_number(&w, 0);
    amf0_write_null(&w);
    wr_u8(&w, AMF0_BOOLEAN);
    wr_u8(&w, on);
    say_message(&player, RTMP_TYPE_COMMAND, 0, body, wr_len(&w));
}

static void a_paused_player_gets_nothing_until_it_goes_on(void **state)
{
    (void)state;
    serve_vhost("");
    publish("V1 A1 K1 a1");
    play();
    assert_true(hears(&player, "a1"));
    say_pause(true);
    assert_true(hears(&player, "NetStream.Pause.Notify"));
    append(source, "p8 a8");
    settle(source);
    say_call(&player, "getStreamLength", 9, "cam"); /* the answer follows everything that was sent before */
    assert_true(hears(&player, "_result"));
    assert_false(memmem(player.heard, player.len, "p8", 3));
    say_pause(false);
    assert_true(hears(&player, "NetStream.Unpause.Notify"));
    assert_true(hears(&player, "p8"));
}

static void a_player_may_play_another_stream_on_its_connection(void **state)
{
    (void)state;
    serve_vhost("");
    publish("V1 A1 K1 a1");
    begin_playing(&player, LIVE, "other");
    assert_true(hears(&player, "NetStream.Play.Start"));
    say_call(&player, "closeStream", 0, NULL);
    wait_for_clients(0);
    assert_int_equal(server.sources.by_key.count, 1);
    player.len = 0;
    say_call(&player, "createStream", 5, NULL);
    say_call(&player, "play", 6, "cam");
    assert_true(hears(&player, "K1"));
    wait_for_clients(1);
}

static void a_seek_is_answered_and_moves_nothing(void **state)
{
    (void)state;
    serve_vhost("");
    publish("V1 A1 K1 a1");
    play();
    assert_true(hears(&player, "a1"));
    say_call(&player, "seek", 7, NULL);
    assert_true(hears(&player, "NetStream.Seek.Notify"));
    append(source, "p2");
    assert_true(hears(&player, "p2"));
}

static void garbage_from_a_player_ends_it(void **state)
{
    static const uint8_t bad[] = { 0xff, 0xff, 0xff };
    (void)state;
    serve_vhost("");
    publish("V1 A1 K1 a1");
    play();
    say_message(&player, RTMP_TYPE_COMMAND, 0, bad, sizeof bad);
    hear_all(&player);
    wait_for_clients(0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_newcomer_gets_headers_and_the_newest_pictures),
        TEST(a_player_before_its_publisher_waits),
        TEST(a_player_is_told_when_its_stream_ends_and_when_it_comes_back),
        TEST(a_player_whose_stream_nobody_publishes_is_refused_after_a_while),
        TEST(a_paused_player_gets_nothing_until_it_goes_on),
        TEST(a_player_may_play_another_stream_on_its_connection),
        TEST(a_seek_is_answered_and_moves_nothing),
        TEST(garbage_from_a_player_ends_it),
    };
    return cmocka_run_group_tests(tests, serving_begin, serving_end);
}
