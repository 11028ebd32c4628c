#include "protocol/rtmp/command.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "protocol/rtmp/peer.h"

/* ---- AMF0, spelled out ---- */

#define N(eight) "\x00" eight /* a number, IEEE 754 big-endian */
#define ZERO N("\x00\x00\x00\x00\x00\x00\x00\x00")
#define ONE N("\x3F\xF0\x00\x00\x00\x00\x00\x00")
#define TWO N("\x40\x00\x00\x00\x00\x00\x00\x00")
#define FOUR N("\x40\x10\x00\x00\x00\x00\x00\x00")
#define FIVE N("\x40\x14\x00\x00\x00\x00\x00\x00")
#define NUL "\x05"
#define UNDEFINED "\x06"
#define OBJECT "\x03"
#define END "\x00\x00\x09"
#define S(len16, text) "\x02\x00" len16 text /* a string value */
#define K(len16, text) "\x00" len16 text     /* a property's key */

static uint8_t   storage[RTMP_REPLY_MAX];
static struct wr w;

static int setup(void **state)
{
    (void)state;
    w = wr_over(storage, sizeof storage);
    return 0;
}

#define ASSERT_WRITTEN(literal) assert_written(literal, sizeof(literal) - 1)

static void assert_written(const char *expected, size_t len)
{
    assert_false(w.full);
    for (size_t i = 0; i < len && i < wr_len(&w); i++)
        if ((uint8_t)expected[i] != storage[i])
            fail_msg("byte %zu is %02x, not %02x", i, storage[i], (uint8_t)expected[i]);
    assert_int_equal(wr_len(&w), len);
    setup(NULL);
}

static const struct rtmp_signature signature = {
    .sig = "SRS", .server = "SRS/7.0.18(Hang)", .license = "MIT", .url = "u", .version = "7.0.18", .authors = "a"
};

static void the_answers_to_connect_have_their_bytes(void **state)
{
    (void)state;
    struct rtmp_connect_result c = {
        .signature = &signature, .tid = 1, .object_encoding = 0, .server_ip = "127.0.0.1", .pid = 2165, .id = "b1884122"
    };
    rtmp_write_connect_result(&w, &c);
    ASSERT_WRITTEN(S("\x07", "_result") ONE OBJECT K("\x06", "fmsVer") S("\x0D", "FMS/3,5,3,888") //
                   K("\x0C", "capabilities") N("\x40\x5F\xC0\x00\x00\x00\x00\x00")                //
                   K("\x04", "mode") ONE END OBJECT                                               //
                       K("\x05", "level") S("\x06", "status")                                     //
                   K("\x04", "code") S("\x1D", "NetConnection.Connect.Success")                   //
                   K("\x0B", "description") S("\x14", "Connection succeeded")                     //
                   K("\x0E", "objectEncoding") ZERO                                               //
                       K("\x04", "data") "\x08\x00\x00\x00\x0A"                                   //
                   K("\x07", "version") S("\x09", "3,5,3,888")                                    //
                   K("\x07", "srs_sig") S("\x03", "SRS")                                          //
                   K("\x0A", "srs_server") S("\x10", "SRS/7.0.18(Hang)")                          //
                   K("\x0B", "srs_license") S("\x03", "MIT")                                      //
                   K("\x07", "srs_url") S("\x01", "u")                                            //
                   K("\x0B", "srs_version") S("\x06", "7.0.18")                                   //
                   K("\x0B", "srs_authors") S("\x01", "a")                                        //
                   K("\x0D", "srs_server_ip") S("\x09", "127.0.0.1")                              //
                   K("\x07", "srs_pid") N("\x40\xA0\xEA\x00\x00\x00\x00\x00")                     //
                   K("\x06", "srs_id") S("\x08", "b1884122") END END);
    rtmp_write_bw_done(&w);
    ASSERT_WRITTEN(S("\x08", "onBWDone") ZERO NUL);
    rtmp_write_connect_rejected(&w, 1, "no");
    ASSERT_WRITTEN(S("\x06", "_error") ONE NUL OBJECT K("\x05", "level") S("\x05", "error")               //
                   K("\x04", "code") S("\x1E", "NetConnection.Connect.Rejected") K("\x0B", "description") //
                   S("\x02", "no") END);
}

static void results_have_their_bytes(void **state)
{
    (void)state;
    rtmp_write_result_undefined(&w, 2);
    ASSERT_WRITTEN(S("\x07", "_result") TWO NUL UNDEFINED);
    rtmp_write_result_null(&w, 5);
    ASSERT_WRITTEN(S("\x07", "_result") FIVE NUL NUL);
    rtmp_write_result_number(&w, 4, 1);
    ASSERT_WRITTEN(S("\x07", "_result") FOUR NUL ONE);
}

static void the_answers_to_publish_have_their_bytes(void **state)
{
    (void)state;
    rtmp_write_on_fc_publish(&w);
    ASSERT_WRITTEN(S("\x0B", "onFCPublish") ZERO NUL OBJECT K("\x04", "code") S("\x17", "NetStream.Publish.Start") //
                   K("\x0B", "description") S("\x1A", "Started publishing stream.") END);
    rtmp_write_on_fc_unpublish(&w);
    ASSERT_WRITTEN(S("\x0D", "onFCUnpublish") ZERO NUL OBJECT K("\x04", "code") //
                   S("\x1B", "NetStream.Unpublish.Success")                     //
                   K("\x0B", "description") S("\x17", "Stop publishing stream.") END);
    rtmp_write_status(&w, RTMP_STATUS_PUBLISH_START);
    ASSERT_WRITTEN(S("\x08", "onStatus") ZERO NUL OBJECT K("\x05", "level") S("\x06", "status") //
                   K("\x04", "code") S("\x17", "NetStream.Publish.Start")                       //
                   K("\x0B", "description") S("\x1A", "Started publishing stream.")             //
                   K("\x08", "clientid") S("\x08", "ASAICiss") END);
    rtmp_write_status(&w, RTMP_STATUS_UNPUBLISH_SUCCESS);
    ASSERT_WRITTEN(S("\x08", "onStatus") ZERO NUL OBJECT K("\x05", "level") S("\x06", "status") //
                   K("\x04", "code") S("\x1B", "NetStream.Unpublish.Success")                   //
                   K("\x0B", "description") S("\x19", "Stream is now unpublished")              //
                   K("\x08", "clientid") S("\x08", "ASAICiss") END);
    rtmp_write_status_error(&w, "NetStream.Publish.BadName", "busy");
    ASSERT_WRITTEN(S("\x08", "onStatus") ZERO NUL OBJECT K("\x05", "level") S("\x05", "error")       //
                   K("\x04", "code") S("\x19", "NetStream.Publish.BadName") K("\x0B", "description") //
                   S("\x04", "busy") K("\x08", "clientid") S("\x08", "ASAICiss") END);
}

static void the_answers_to_play_have_their_bytes(void **state)
{
    (void)state;
    rtmp_write_status(&w, RTMP_STATUS_PLAY_RESET);
    ASSERT_WRITTEN(S("\x08", "onStatus") ZERO NUL OBJECT K("\x05", "level") S("\x06", "status") //
                   K("\x04", "code") S("\x14", "NetStream.Play.Reset")                          //
                   K("\x0B", "description") S("\x1D", "Playing and resetting stream.")          //
                   K("\x07", "details") S("\x06", "stream")                                     //
                   K("\x08", "clientid") S("\x08", "ASAICiss") END);
    rtmp_write_status(&w, RTMP_STATUS_PLAY_START);
    ASSERT_WRITTEN(S("\x08", "onStatus") ZERO NUL OBJECT K("\x05", "level") S("\x06", "status") //
                   K("\x04", "code") S("\x14", "NetStream.Play.Start")                          //
                   K("\x0B", "description") S("\x17", "Started playing stream.")                //
                   K("\x07", "details") S("\x06", "stream")                                     //
                   K("\x08", "clientid") S("\x08", "ASAICiss") END);
    rtmp_write_sample_access(&w);
    ASSERT_WRITTEN(S("\x11", "|RtmpSampleAccess") "\x01\x01\x01\x01");
    rtmp_write_play_complete(&w);
    ASSERT_WRITTEN(S("\x0C", "onPlayStatus") OBJECT K("\x05", "level") S("\x06", "status") //
                   K("\x04", "code") S("\x17", "NetStream.Play.Complete") END);
    rtmp_write_status(&w, RTMP_STATUS_PAUSE);
    ASSERT_WRITTEN(S("\x08", "onStatus") ZERO NUL OBJECT K("\x05", "level") S("\x06", "status") //
                   K("\x04", "code") S("\x16", "NetStream.Pause.Notify")                        //
                   K("\x0B", "description") S("\x0E", "Paused stream.") END);
    rtmp_write_status(&w, RTMP_STATUS_UNPAUSE);
    ASSERT_WRITTEN(S("\x08", "onStatus") ZERO NUL OBJECT K("\x05", "level") S("\x06", "status") //
                   K("\x04", "code") S("\x18", "NetStream.Unpause.Notify")                      //
                   K("\x0B", "description") S("\x10", "Unpaused stream.") END);
    rtmp_write_status(&w, RTMP_STATUS_SEEK);
    ASSERT_WRITTEN(S("\x08", "onStatus") ZERO NUL OBJECT K("\x05", "level") S("\x06", "status") //
                   K("\x04", "code") S("\x15", "NetStream.Seek.Notify")                         //
                   K("\x0B", "description") S("\x28", "The live stream goes on where it is now.") END);
    rtmp_write_redirect(&w, "rtmp://h:1935/live", "rtmp://h:1935/live/s?tk=9");
    ASSERT_WRITTEN(S("\x08", "onStatus") ZERO NUL OBJECT K("\x05", "level") S("\x05", "error")    //
                   K("\x04", "code") S("\x1E", "NetConnection.Connect.Rejected")                  //
                   K("\x0B", "description") S("\x11", "RTMP 302 Redirect")                        //
                   K("\x02", "ex") OBJECT K("\x04", "code") N("\x40\x72\xE0\x00\x00\x00\x00\x00") //
                   K("\x08", "redirect") S("\x12", "rtmp://h:1935/live")                          //
                   K("\x09", "redirect2") S("\x19", "rtmp://h:1935/live/s?tk=9") END END);
}

static void the_calls_of_a_client_have_their_bytes(void **state)
{
    (void)state;
    struct rtmp_connect c = RTMP_CONNECT_INIT;
    c.app = "live";
    c.tc_url = "rtmp://h/live";
    rtmp_write_connect(&w, &c);
    ASSERT_WRITTEN(S("\x07", "connect") ONE OBJECT K("\x03", "app") S("\x04", "live")                  //
                   K("\x08", "flashVer") S("\x0E", "WIN 15,0,0,239") K("\x06", "swfUrl") S("\x00", "") //
                   K("\x05", "tcUrl") S("\x0D", "rtmp://h/live") K("\x04", "fpad") "\x01\x00"          //
                   K("\x0C", "capabilities") N("\x40\x6D\xE0\x00\x00\x00\x00\x00")                     //
                   K("\x0B", "audioCodecs") N("\x40\xAB\xEE\x00\x00\x00\x00\x00")                      //
                   K("\x0B", "videoCodecs") N("\x40\x6F\x80\x00\x00\x00\x00\x00")                      //
                   K("\x0D", "videoFunction") ONE   K("\x07", "pageUrl") S("\x00", "")                 //
                   K("\x0E", "objectEncoding") ZERO END);
    rtmp_write_create_stream(&w, 4);
    ASSERT_WRITTEN(S("\x0C", "createStream") FOUR NUL);
    rtmp_write_release_stream(&w, 2, "s");
    ASSERT_WRITTEN(S("\x0D", "releaseStream") TWO NUL S("\x01", "s"));
    rtmp_write_fc_publish(&w, 2, "s");
    ASSERT_WRITTEN(S("\x09", "FCPublish") TWO NUL S("\x01", "s"));
    rtmp_write_fc_unpublish(&w, 2, "s");
    ASSERT_WRITTEN(S("\x0B", "FCUnpublish") TWO NUL S("\x01", "s"));
    rtmp_write_publish(&w, 5, "s");
    ASSERT_WRITTEN(S("\x07", "publish") FIVE NUL S("\x01", "s") S("\x04", "live"));
    rtmp_write_play(&w, 0, "s", RTMP_PLAY_START, RTMP_PLAY_DURATION);
    ASSERT_WRITTEN(S("\x04", "play") ZERO NUL S("\x01", "s"));
    rtmp_write_play(&w, 0, "s", 1, RTMP_PLAY_DURATION);
    ASSERT_WRITTEN(S("\x04", "play") ZERO NUL S("\x01", "s") ONE);
    rtmp_write_play(&w, 0, "s", 1, 2);
    ASSERT_WRITTEN(S("\x04", "play") ZERO NUL S("\x01", "s") ONE TWO);
    rtmp_write_delete_stream(&w, 0, 1);
    ASSERT_WRITTEN(S("\x0C", "deleteStream") ZERO NUL ONE);
}

static void a_second_object_is_passed_on_as_it_was(void **state)
{
    (void)state;
    struct rtmp_connect_result self = { .signature = &signature, .server_ip = "10.0.0.1", .pid = 7, .id = "abc" };
    struct rtmp_connect        c = RTMP_CONNECT_INIT;
    uint8_t                    args[512];
    struct wr                  a = wr_over(args, sizeof args);
    rtmp_write_connect_args(&a, &(struct rtmp_connect_relay){ .self = &self });
    c.tc_url = "rtmp://h/live";
    c.args = args;
    c.args_len = wr_len(&a);
    rtmp_write_connect(&w, &c);
    struct rtmp_call call;
    assert_null(rtmp_call_decode(&call, RTMP_TYPE_COMMAND, storage, wr_len(&w)));
    assert_int_equal(call.kind, RTMP_CALL_CONNECT);
    assert_true(amf0_text_is(amf0_get_string(call.object, "tcUrl"), "rtmp://h/live"));
    assert_null(amf0_get_string(call.object, "app").p);
    assert_true(amf0_text_is(amf0_get_string(call.args, "srs_id"), "abc"));
    assert_true(amf0_text_is(amf0_get_string(call.args, "srs_server_ip"), "10.0.0.1"));
    assert_int_equal(rd_left(&call.args), wr_len(&a));
}

static void a_relay_adds_to_the_object_of_its_client_and_its_word_counts(void **state)
{
    (void)state;
    struct rtmp_connect_result self = { .signature = &signature, .server_ip = "10.0.0.1", .pid = 7, .id = "abc" };
    uint8_t                    theirs[256], ours[512];
    struct wr                  t = wr_over(theirs, sizeof theirs), o = wr_over(ours, sizeof ours);
    amf0_write_object(&t);
    amf0_put_string(&t, "token", "t1");
    amf0_put_string(&t, "srs_id", "forged");
    amf0_put_string(&t, "srs_client_ip", "6.6.6.6");
    amf0_put_string(&t, "srs_path", "c.3");
    amf0_put_number(&t, "srs_hops", 2);
    amf0_write_end(&t);
    const struct rtmp_connect_relay relay = {
        .self = &self, .client_ip = "10.0.0.9", .path = "a.1 b.2", .args = rd_over(theirs, wr_len(&t))
    };
    rtmp_write_connect_args(&o, &relay);
    struct rd r = rd_over(ours, wr_len(&o));
    assert_true(amf0_text_is(amf0_get_string(r, "token"), "t1"));
    assert_true(amf0_text_is(amf0_get_string(r, "srs_id"), "abc"));
    assert_true(amf0_text_is(amf0_get_string(r, "srs_client_ip"), "10.0.0.9"));
    assert_true(amf0_text_is(amf0_get_string(r, "srs_path"), "a.1 b.2"));
    assert_int_equal(rtmp_connect_hops(r), 3);
    struct rtmp_peer peer;
    assert_true(rtmp_peer_read(&peer, r));
    assert_string_equal(peer.ip, "10.0.0.1");
    assert_int_equal(peer.pid, 7);
    amf0_skip(&r);
    assert_false(r.bad);
    assert_int_equal(rd_left(&r), 0);
}

static void an_object_that_is_cut_is_left_out_and_hops_are_bounded(void **state)
{
    static const double hops[] = { -5, 0, 1e300, RTMP_HOPS_MAX, (double)NAN };
    static const int    want[] = { 0, 0, RTMP_HOPS_MAX, RTMP_HOPS_MAX, 0 };
    uint8_t             theirs[256], ours[512];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hops); i++) {
        struct wr t = wr_over(theirs, sizeof theirs), o = wr_over(ours, sizeof ours);
        amf0_write_object(&t);
        amf0_put_number(&t, "srs_hops", hops[i]);
        amf0_put_string(&t, "token", "t1");
        amf0_write_end(&t);
        assert_int_equal(rtmp_connect_hops(rd_over(theirs, wr_len(&t))), want[i]);
        const struct rtmp_connect_relay relay = { .args = rd_over(theirs, wr_len(&t) - 4) };
        rtmp_write_connect_args(&o, &relay);
        struct rd r = rd_over(ours, wr_len(&o));
        assert_null(amf0_get_string(r, "token").p);
        amf0_skip(&r);
        assert_true(!r.bad && rd_left(&r) == 0);
    }
}

/* ---- reading ---- */

static struct rtmp_call decoded(uint8_t type_id, const char *bytes, size_t len)
{
    struct rtmp_call call;
    assert_null(rtmp_call_decode(&call, type_id, (const uint8_t *)bytes, len));
    return call;
}

#define DECODED(type_id, literal) decoded(type_id, literal, sizeof(literal) - 1)

static void commands_are_decoded_with_their_arguments(void **state)
{
    (void)state;
    struct rtmp_call c = DECODED(RTMP_TYPE_COMMAND, S("\x07", "publish") FIVE NUL S("\x05", "s?k=v") S("\x04", "live"));
    assert_int_equal(c.kind, RTMP_CALL_PUBLISH);
    assert_true(c.tid == 5);
    assert_true(amf0_text_is(c.text, "s?k=v"));

    c = DECODED(RTMP_TYPE_COMMAND, S("\x04", "play") ZERO NUL S("\x01", "s") FOUR FIVE "\x01\x01");
    assert_int_equal(c.kind, RTMP_CALL_PLAY);
    assert_true(c.play_start == 4 && c.play_duration_ms == 5);
    assert_true(c.flag);

    c = DECODED(RTMP_TYPE_COMMAND, S("\x04", "play") ZERO NUL S("\x01", "s"));
    assert_true(c.play_start == -2 && c.play_duration_ms == -1);

    c = DECODED(RTMP_TYPE_COMMAND, S("\x05", "pause") ZERO NUL "\x01\x01" FIVE);
    assert_int_equal(c.kind, RTMP_CALL_PAUSE);
    assert_true(c.flag && c.number == 5);

    c = DECODED(RTMP_TYPE_COMMAND, S("\x0C", "receiveAudio") ZERO NUL "\x01\x00");
    assert_int_equal(c.kind, RTMP_CALL_RECEIVE_AUDIO);
    assert_false(c.flag);

    c = DECODED(RTMP_TYPE_COMMAND, S("\x0C", "deleteStream") FIVE NUL ONE);
    assert_int_equal(c.kind, RTMP_CALL_DELETE_STREAM);
    assert_true(c.number == 1);

    c = DECODED(RTMP_TYPE_COMMAND, S("\x08", "_checkbw") FIVE NUL);
    assert_int_equal(c.kind, RTMP_CALL_OTHER);
    assert_true(amf0_text_is(c.name, "_checkbw"));
    assert_null(c.text.p);

    c = DECODED(RTMP_TYPE_COMMAND_AMF3, "\x00" S("\x0C", "createStream") FOUR NUL);
    assert_int_equal(c.kind, RTMP_CALL_CREATE_STREAM);
    assert_true(c.tid == 4);
}

static void odd_commands_are_read_as_far_as_they_go(void **state)
{
    (void)state;
    struct rtmp_call c = DECODED(RTMP_TYPE_COMMAND, S("\x0B", "closeStream")); /* nothing but a name */
    assert_int_equal(c.kind, RTMP_CALL_CLOSE_STREAM);
    assert_true(c.tid == 0);
    c = DECODED(RTMP_TYPE_COMMAND, S("\x0B", "closeStream") FIVE); /* no object */
    assert_true(c.tid == 5);
    assert_int_equal(rd_left(&c.args), 0);
    c = DECODED(RTMP_TYPE_COMMAND, S("\x07", "publish") FIVE NUL S("\x01", "s") "\x02\x00"); /* a cut last argument */
    assert_true(amf0_text_is(c.text, "s"));
}

static void malformed_commands_are_refused_at_every_cut(void **state)
{
    (void)state;
    static const char bytes[] = S("\x07", "connect") ONE OBJECT K("\x03", "app") S("\x04", "live") END;
    struct rtmp_call                                            call;
    for (size_t cut = 0; cut < sizeof bytes - 1; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);
        memcpy(exact, bytes, cut);
        struct err *e = rtmp_call_decode(&call, RTMP_TYPE_COMMAND, exact, cut);
        bool        whole = cut == 10 || cut == 19; /* a name alone; a name and a transaction id */
        assert_int_equal(err_code(e), whole ? E_SUCCESS : E_RTMP_AMF0_DECODE);
        err_free(e);
        free(exact);
    }
    struct err *e = rtmp_call_decode(&call, RTMP_TYPE_COMMAND, (const uint8_t *)S("\x01", "x") NUL, 5);
    assert_int_equal(err_code(e), E_RTMP_AMF0_DECODE); /* the transaction id is no number */
    err_free(e);
    e = rtmp_call_decode(&call, RTMP_TYPE_COMMAND_AMF3, (const uint8_t *)"", 0);
    assert_int_equal(err_code(e), E_RTMP_AMF0_DECODE);
    err_free(e);
}

static void the_length_is_bounded(void **state)
{
    (void)state;
    uint8_t         *body = calloc(1, RTMP_CALL_MAX + 1);
    struct rtmp_call call;
    memcpy(body, S("\x04", "play"), 7);
    struct err *e = rtmp_call_decode(&call, RTMP_TYPE_COMMAND, body, RTMP_CALL_MAX);
    assert_null(e);
    e = rtmp_call_decode(&call, RTMP_TYPE_COMMAND, body, RTMP_CALL_MAX + 1);
    assert_int_equal(err_code(e), E_LIMIT);
    err_free(e);
    free(body);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    enum { LEVELS = 10000 };
    uint8_t  *deep = malloc(LEVELS * 4 + 64);
    struct wr d = wr_over(deep, LEVELS * 4 + 64);
    amf0_write_string(&d, "connect");
    amf0_write_number(&d, 1);
    for (int i = 0; i < LEVELS; i++) {
        amf0_write_object(&d);
        amf0_write_key(&d, "a");
    }
    struct rtmp_call call;
    struct err      *e = rtmp_call_decode(&call, RTMP_TYPE_COMMAND, deep, wr_len(&d));
    assert_int_equal(err_code(e), E_RTMP_AMF0_DECODE);
    err_free(e);
    free(deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_answers_to_connect_have_their_bytes, setup),
        cmocka_unit_test_setup(results_have_their_bytes, setup),
        cmocka_unit_test_setup(the_answers_to_publish_have_their_bytes, setup),
        cmocka_unit_test_setup(the_answers_to_play_have_their_bytes, setup),
        cmocka_unit_test_setup(the_calls_of_a_client_have_their_bytes, setup),
        cmocka_unit_test_setup(a_second_object_is_passed_on_as_it_was, setup),
        cmocka_unit_test(a_relay_adds_to_the_object_of_its_client_and_its_word_counts),
        cmocka_unit_test(an_object_that_is_cut_is_left_out_and_hops_are_bounded),
        cmocka_unit_test_setup(commands_are_decoded_with_their_arguments, setup),
        cmocka_unit_test_setup(odd_commands_are_read_as_far_as_they_go, setup),
        cmocka_unit_test_setup(malformed_commands_are_refused_at_every_cut, setup),
        cmocka_unit_test_setup(the_length_is_bounded, setup),
        cmocka_unit_test_setup(deep_nesting_is_refused, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
