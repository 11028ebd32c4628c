/* The server's end of a conversation, step by step. */
#include "protocol/rtmp/server.h"

#include "core/mem.h"
#include "protocol/rtmp/identify.h"
#include "protocol/rtmp/talk.h"

/* ---- handshake ---- */

static void say_handshake(struct talk *t)
{
    uint8_t                      bytes[RTMP_C0C1_LEN + RTMP_C2_LEN] = { 0 };
    struct rtmp_handshake_client client;
    assert_null(rtmp_handshake_offer(&client, bytes, false, 1));
    say(t, bytes, sizeof bytes);
}

static void hear_handshake(struct talk *t)
{
    assert_int_equal(read(t->peer, t->received, RTMP_S0S1S2_LEN), RTMP_S0S1S2_LEN);
    assert_int_equal(t->received[0], 3);
}

static void shakes_hands(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    say_handshake(t);
    assert_null(rtmp_server_handshake(&t->s, "name", soon()));
    hear_handshake(t);
    assert_false(t->s.proxied);
    talk_free(t);
}

static void a_proxy_tells_the_real_address(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    say(t, "\xF3\x00\x06\x0A\x01\x02\x03xx", 9);
    say_handshake(t);
    assert_null(rtmp_server_handshake(&t->s, "name", soon()));
    hear_handshake(t);
    assert_true(t->s.proxied);
    assert_memory_equal(t->s.proxied_ip, "\x0A\x01\x02\x03", 4);
    talk_free(t);
}

static void handshakes_fail_by_their_codes(void **state)
{
    (void)state;
    static const struct {
        const char   *bytes;
        size_t        len;
        bool          closes;
        enum err_code code;
    } rows[] = {
        { "\x06", 1, false, E_RTMP_PLAIN_REQUIRED },       { "GET / HTTP/1.1\r\n", 16, false, E_RTMP_PLAIN_REQUIRED },
        { "\xF3\xFF\xFF", 3, false, E_RTMP_PROXY_EXCEED }, { "\xF3\x00\x00\x07", 4, false, E_RTMP_PLAIN_REQUIRED },
        { "\x03xxx", 4, true, E_END_OF_STREAM },           { "", 0, true, E_END_OF_STREAM },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk *t = talk_new();
        say(t, rows[i].bytes, rows[i].len);
        if (rows[i].closes) {
            close(t->peer);
            t->peer = -1;
        }
        assert_err(rtmp_server_handshake(&t->s, "name", soon()), rows[i].code);
        talk_free(t);
    }
}

static void a_silent_client_times_out(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    assert_err(rtmp_server_handshake(&t->s, "name", now_us() + 20 * US_PER_MS), E_SOCKET_TIMEOUT);
    assert_err(rtmp_server_connect(&t->s, &t->req, now_us() + 20 * US_PER_MS, &told), E_SOCKET_TIMEOUT);
    talk_free(t);
}

/* ---- connect ---- */

static const struct rtmp_signature signature = {
    .sig = "SRS", .server = "SRS/7.0.18(Hang)", .license = "MIT", .url = "u", .version = "7.0.18", .authors = "a"
};
static const struct rtmp_connect_result result = {
    .signature = &signature, .server_ip = "127.0.0.1", .pid = 1, .id = "b1884122"
};

static void answers_connect_in_order(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    say_connect(t, "rtmp://h:1936/live?vhost=v");
    assert_null(rtmp_server_connect(&t->s, &t->req, soon(), &told));
    assert_string_equal(t->req.tc_url, "rtmp://h:1936/live?vhost=v");
    assert_string_equal(t->req.page_url, "http://page/");
    assert_string_equal(t->req.swf_url, "");
    assert_string_equal(t->req.url.vhost, "v");
    assert_string_equal(t->req.url.app, "live");
    assert_string_equal(t->req.url.stream, "");
    assert_int_equal(t->req.url.port, 1936);
    assert_null(t->req.args);

    struct rtmp_server_settings settings = { .out_ack_size = 2500000, .chunk_size = 60000 };
    assert_null(rtmp_server_reply_connect(&t->s, &t->req, &settings, &result));
    assert_control(t, RTMP_TYPE_WINDOW_ACK_SIZE, "\x00\x26\x25\xA0", 4);
    assert_control(t, RTMP_TYPE_SET_PEER_BANDWIDTH, "\x00\x26\x25\xA0\x02", 5);
    assert_control(t, RTMP_TYPE_SET_CHUNK_SIZE, "\x00\x00\xEA\x60", 4);
    struct rtmp_call call = assert_call(t, "_result", 1, RTMP_CSID_COMMAND, 0);
    assert_true(amf0_get_number(call.args, "objectEncoding", 0) == 3); /* echoed */
    assert_call(t, "onBWDone", 0, RTMP_CSID_COMMAND, 0);
    assert_no_more_answers(t);
    talk_free(t);
}

static void small_chunks_are_kept_in_replies_too(void **state)
{
    (void)state;
    struct talk                *t = talk_new();
    struct rtmp_server_settings settings = { .chunk_size = 128 };
    say_connect(t, "rtmp://h/live");
    assert_null(rtmp_server_connect(&t->s, &t->req, soon(), &told));
    assert_null(rtmp_server_reply_connect(&t->s, &t->req, &settings, &result));
    assert_control(t, RTMP_TYPE_SET_PEER_BANDWIDTH, "\x00\x26\x25\xA0\x02",
                   5); /* out_ack_size is 0: no Window Acknowledgement Size before it */
    assert_control(t, RTMP_TYPE_SET_CHUNK_SIZE, "\x00\x00\x00\x80", 4);
    struct rtmp_call   call = assert_call(t, "_result", 1, RTMP_CSID_COMMAND, 0);
    struct rtmp_answer a;
    rtmp_answer_read(&a, &call);
    assert_string_equal(a.peer.id, "b1884122");
    talk_free(t);
}

static void the_second_object_of_connect_is_kept(void **state)
{
    (void)state;
    struct talk        *t = talk_new();
    uint8_t             body[1024], args[256];
    struct wr           w = wr_over(body, sizeof body), a = wr_over(args, sizeof args);
    struct rtmp_connect c = RTMP_CONNECT_INIT;
    rtmp_write_connect_args(&a, &(struct rtmp_connect_relay){ .self = &result });
    c.tc_url = "rtmp://h/live";
    c.args = args;
    c.args_len = wr_len(&a);
    rtmp_write_connect(&w, &c);
    say_message(t, RTMP_TYPE_COMMAND, 0, body, wr_len(&w));
    assert_null(rtmp_server_connect(&t->s, &t->req, soon(), &told));
    assert_int_equal(t->req.args_len, wr_len(&a));
    assert_memory_equal(t->req.args, args, wr_len(&a));
    talk_free(t);
}

static void connect_fails_by_its_codes(void **state)
{
    (void)state;
    char long_url[RTMP_URL_MAX + 2] = "rtmp://h/";
    memset(long_url + 9, 'x', sizeof long_url - 10);
    const struct {
        const char   *tc_url;
        enum err_code code;
    } rows[] = {
        { "", E_RTMP_REQ_CONNECT },
        { "nonsense", E_RTMP_REQ_TCURL },
        { "rtmp://h/li ve", E_RTMP_REQ_TCURL },
        { long_url, E_LIMIT },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk *t = talk_new();
        say_connect(t, rows[i].tc_url);
        assert_err(rtmp_server_connect(&t->s, &t->req, soon(), &told), rows[i].code);
        assert_true(told);
        struct rtmp_call   call = assert_call(t, "_error", 1, RTMP_CSID_COMMAND, 0);
        struct rtmp_answer a;
        rtmp_answer_read(&a, &call);
        assert_true(amf0_text_is(a.code, "NetConnection.Connect.Rejected"));
        assert_true(a.description.len > 0);
        talk_free(t);
    }
    struct talk *t = talk_new();
    say_call(t, "connect", 1, NULL); /* no object */
    assert_err(rtmp_server_connect(&t->s, &t->req, soon(), &told), E_RTMP_REQ_CONNECT);
    talk_free(t);
    t = talk_new();
    say_call(t, "play", 1, "s");
    assert_err(rtmp_server_connect(&t->s, &t->req, soon(), &told), E_RTMP_REQ_CONNECT);
    talk_free(t);
}

static void acknowledgements_may_be_configured(void **state)
{
    (void)state;
    static const uint8_t        body[1000];
    struct rtmp_server_settings settings = { .in_ack_size = 1000, .chunk_size = 60000 };
    struct talk                *t = connected("rtmp://h/live");
    struct rtmp_message         msg;
    assert_null(rtmp_server_reply_connect(&t->s, &t->req, &settings, &result));
    say_message(t, RTMP_TYPE_AUDIO, 0, body, sizeof body);
    assert_null(rtmp_link_read_message(&t->s.link, &msg, soon()));
    frame_unref(&msg.payload);
    say_message(t, RTMP_TYPE_AUDIO, 0, "a", 1);
    assert_null(rtmp_link_read_message(&t->s.link, &msg, soon()));
    frame_unref(&msg.payload);
    hear(t);
    assert_int_equal(t->answers[t->n_answers - 1].type_id, RTMP_TYPE_ACK);
    talk_free(t);
}

/* ---- play and publish ---- */

static void play_starts_in_order(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    assert_null(rtmp_server_start_play(&t->s));
    assert_control(t, RTMP_TYPE_USER_CONTROL, "\0\0\0\0\0\1", 6);
    assert_status(t, "status", "NetStream.Play.Reset");
    assert_status(t, "status", "NetStream.Play.Start");
    const struct rtmp_message *m = next_answer(t);
    assert_int_equal(m->type_id, RTMP_TYPE_DATA);
    assert_int_equal(m->csid, RTMP_CSID_STREAM);
    assert_int_equal(m->msid, 1);
    assert_no_more_answers(t);
    assert_null(rtmp_server_reply_pause(&t->s, true));
    assert_status(t, "status", "NetStream.Pause.Notify");
    assert_control(t, RTMP_TYPE_USER_CONTROL, "\0\1\0\0\0\1", 6);
    assert_null(rtmp_server_reply_pause(&t->s, false));
    assert_status(t, "status", "NetStream.Unpause.Notify");
    assert_control(t, RTMP_TYPE_USER_CONTROL, "\0\0\0\0\0\1", 6);
    assert_null(rtmp_server_send_status(&t->s, RTMP_STATUS_UNPUBLISH_NOTIFY));
    assert_status(t, "status", "NetStream.Play.UnpublishNotify");
    assert_null(rtmp_server_send_event(&t->s, RTMP_EVENT_STREAM_EOF));
    assert_control(t, RTMP_TYPE_USER_CONTROL, "\0\1\0\0\0\1", 6);
    talk_free(t);
}

/* Send a command with one argument that is not text, or without one. */
static void say_call_with(struct talk *t, const char *name, double tid, const void *arg, size_t len)
{
    uint8_t   body[256];
    struct wr w = wr_over(body, sizeof body);
    amf0_write_string(&w, name);
    amf0_write_number(&w, tid);
    amf0_write_null(&w);
    wr_bytes(&w, arg, len);
    say_message(t, RTMP_TYPE_COMMAND, 0, body, wr_len(&w));
}

static void publish_starts_as_its_role_has_it(void **state)
{
    (void)state;
    static const enum rtmp_role roles[] = { RTMP_FMLE_PUBLISH, RTMP_HAIVISION_PUBLISH, RTMP_FLASH_PUBLISH };
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        struct talk *t = talk_new();
        assert_null(rtmp_server_start_publish(&t->s, roles[i]));
        if (roles[i] != RTMP_FLASH_PUBLISH)
            assert_call(t, "onFCPublish", 0, RTMP_CSID_STREAM, 1);
        assert_status(t, "status", "NetStream.Publish.Start");
        assert_no_more_answers(t);
        talk_free(t);
    }
}

static void commands_end_a_publish_or_do_not(void **state)
{
    (void)state;
    static const char one[] = "\0\x3F\xF0\0\0\0\0\0\0", seven[] = "\0\x40\x1C\0\0\0\0\0\0";
    enum { NUMBER_LEN = 9, BOOL_LEN = 2, TEXT_LEN = 4 };
    static const struct {
        const char            *name, *arg;
        size_t                 len;
        enum rtmp_publish_call fmle, flash; /* Haivision as FMLE */
    } rows[] = {
        { "FCUnpublish", "\2\0\1s", TEXT_LEN, RTMP_PUBLISH_ENDS, RTMP_PUBLISH_ENDS },
        { "deleteStream", one, NUMBER_LEN, RTMP_PUBLISH_ENDS, RTMP_PUBLISH_ENDS },
        { "deleteStream", seven, NUMBER_LEN, RTMP_PUBLISH_ENDS, RTMP_PUBLISH_ENDS },
        { "deleteStream", "", 0, RTMP_PUBLISH_ENDS, RTMP_PUBLISH_ENDS },
        { "closeStream", "", 0, RTMP_PUBLISH_ENDS, RTMP_PUBLISH_ENDS },
        { "publish", "\1\0", BOOL_LEN, RTMP_PUBLISH_ENDS, RTMP_PUBLISH_ENDS },
        { "publish", "\1\1", BOOL_LEN, RTMP_PUBLISH_GOES_ON, RTMP_PUBLISH_GIVES_WAY },
        { "publish", "\2\0\1s", TEXT_LEN, RTMP_PUBLISH_GOES_ON, RTMP_PUBLISH_GIVES_WAY },
        { "createStream", "", 0, RTMP_PUBLISH_GOES_ON, RTMP_PUBLISH_GIVES_WAY },
        { "releaseStream", "\2\0\1s", TEXT_LEN, RTMP_PUBLISH_GOES_ON, RTMP_PUBLISH_GIVES_WAY },
        { "play", "\2\0\1s", TEXT_LEN, RTMP_PUBLISH_GOES_ON, RTMP_PUBLISH_GIVES_WAY },
        { "_checkbw", "", 0, RTMP_PUBLISH_GOES_ON, RTMP_PUBLISH_GOES_ON },
        { "_result", "", 0, RTMP_PUBLISH_GOES_ON, RTMP_PUBLISH_GOES_ON },
        { "onStatus", "", 0, RTMP_PUBLISH_GOES_ON, RTMP_PUBLISH_GOES_ON },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk        *t = talk_new();
        struct rtmp_message msg;
        struct rtmp_call    call;
        say_call_with(t, rows[i].name, 7, rows[i].arg, rows[i].len);
        assert_null(rtmp_link_read_message(&t->s.link, &msg, soon()));
        assert_null(rtmp_link_decode(&msg, &call));
        assert_int_equal(rtmp_server_judge_publish_call(RTMP_FMLE_PUBLISH, &call), rows[i].fmle);
        assert_int_equal(rtmp_server_judge_publish_call(RTMP_HAIVISION_PUBLISH, &call), rows[i].fmle);
        assert_int_equal(rtmp_server_judge_publish_call(RTMP_FLASH_PUBLISH, &call), rows[i].flash);
        frame_unref(&msg.payload);
        talk_free(t);
    }
}

static void an_end_of_a_publish_is_answered(void **state)
{
    (void)state;
    static const struct {
        const char    *name;
        double         tid;
        enum rtmp_role role;
    } rows[] = {
        { "FCUnpublish", 8, RTMP_FMLE_PUBLISH },  { "FCUnpublish", 8, RTMP_HAIVISION_PUBLISH },
        { "deleteStream", 8, RTMP_FMLE_PUBLISH }, { "closeStream", 0, RTMP_FMLE_PUBLISH },
        { "closeStream", 0, RTMP_FLASH_PUBLISH }, { "deleteStream", 8, RTMP_FLASH_PUBLISH },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk        *t = talk_new();
        bool                fc = strcmp(rows[i].name, "FCUnpublish") == 0;
        struct rtmp_message msg;
        struct rtmp_call    call;
        say_call(t, rows[i].name, rows[i].tid, NULL);
        assert_null(rtmp_link_read_message(&t->s.link, &msg, soon()));
        assert_null(rtmp_link_decode(&msg, &call));
        assert_null(rtmp_server_end_publish(&t->s, rows[i].role, &call));
        frame_unref(&msg.payload);
        if (fc)
            assert_call(t, "onFCUnpublish", 0, RTMP_CSID_STREAM, 1);
        if (rows[i].tid > 0)
            assert_call(t, "_result", rows[i].tid, RTMP_CSID_COMMAND, fc ? 1 : 0);
        if (rows[i].role != RTMP_FLASH_PUBLISH)
            assert_status(t, "status", "NetStream.Unpublish.Success");
        assert_no_more_answers(t);
        talk_free(t);
    }
}

static void refusals_are_answered_with_a_status(void **state)
{
    (void)state;
    static const struct {
        enum rtmp_role    role;
        enum rtmp_refusal why;
        const char       *code;
    } rows[] = {
        { RTMP_FMLE_PUBLISH, RTMP_REFUSE_BUSY, "NetStream.Publish.BadName" },
        { RTMP_FLASH_PUBLISH, RTMP_REFUSE_DENIED, "NetStream.Publish.Denied" },
        { RTMP_FMLE_PUBLISH, RTMP_REFUSE_NOT_FOUND, "NetStream.Publish.Denied" },
        { RTMP_FMLE_PUBLISH, RTMP_REFUSE_FAILED, "NetStream.Publish.Failed" },
        { RTMP_PLAY, RTMP_REFUSE_NOT_FOUND, "NetStream.Play.StreamNotFound" },
        { RTMP_PLAY, RTMP_REFUSE_DENIED, "NetStream.Play.Failed" },
    };
    struct talk *t = talk_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_null(rtmp_server_refuse(&t->s, rows[i].role, rows[i].why, "why"));
        assert_status(t, "error", rows[i].code);
    }
    talk_free(t);
}

static void a_redirect_waits_for_an_answer_and_needs_none(void **state)
{
    (void)state;
    for (int answers = 0; answers < 2; answers++) {
        struct talk *t = talk_new();
        bool         accepted;
        say_call(t, "_checkbw", 5, NULL);
        if (answers)
            say_call(t, "anyName", 0, "rtmp://b/live/s");
        assert_null(
            rtmp_server_redirect(&t->s, "rtmp://b/live", "rtmp://b/live/s", now_us() + 20 * US_PER_MS, &accepted));
        assert_true(accepted == answers);
        struct rtmp_call   call = assert_call(t, "onStatus", 0, RTMP_CSID_STREAM, 0);
        struct rtmp_answer a;
        rtmp_answer_read(&a, &call);
        assert_true(amf0_text_is(a.redirect, "rtmp://b/live"));
        assert_true(amf0_text_is(a.redirect2, "rtmp://b/live/s"));
        talk_free(t);
    }
}

static bool whole_conversation(struct talk *t)
{
    enum rtmp_role              role;
    struct rtmp_server_settings settings = { .chunk_size = 60000 };
    struct rtmp_message         msg;
    struct err                 *e = rtmp_server_handshake(&t->s, "name", soon());
    if (!e)
        e = rtmp_server_connect(&t->s, &t->req, soon(), &told);
    if (!e)
        e = rtmp_server_reply_connect(&t->s, &t->req, &settings, &result);
    if (!e)
        e = rtmp_identify(&t->s, &t->req, &role, soon());
    if (!e)
        e = rtmp_server_start_publish(&t->s, role);
    if (!e)
        e = rtmp_link_read_message(&t->s.link, &msg, soon());
    bool done = !e;
    if (done)
        frame_unref(&msg.payload);
    assert_true(done || err_code(e) == E_NO_MEMORY || err_code(e) == E_OPEN_SSL_CREATE_HMAC);
    err_free(e);
    return done;
}

static void survives_each_allocation_that_fails(void **state)
{
    (void)state;
    int n = 0;
    for (bool done = false; !done; n++) {
        struct talk *t = talk_new();
        say_handshake(t);
        say_connect(t, "rtmp://h/live");
        say_call(t, "releaseStream", 2, "s");
        say_call(t, "FCPublish", 3, "s");
        say_call(t, "createStream", 4, NULL);
        say_call(t, "publish", 5, "s");
        say_message(t, RTMP_TYPE_AUDIO, 0, "a", 1);
        mem_fail_after(n);
        done = whole_conversation(t);
        bool dealt = mem_failed();
        mem_fail_after(-1);
        assert_true(done == !dealt);
        talk_free(t);
    }
    assert_true(n > 15);
}

static void a_connection_costs_little(void **state)
{
    (void)state;
    assert_true(sizeof(struct rtmp_server) <= 320);
    struct rtmp_server zero = { 0 };
    rtmp_server_finish(&zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shakes_hands),
        cmocka_unit_test(a_proxy_tells_the_real_address),
        cmocka_unit_test(handshakes_fail_by_their_codes),
        cmocka_unit_test(a_silent_client_times_out),
        cmocka_unit_test(answers_connect_in_order),
        cmocka_unit_test(small_chunks_are_kept_in_replies_too),
        cmocka_unit_test(the_second_object_of_connect_is_kept),
        cmocka_unit_test(connect_fails_by_its_codes),
        cmocka_unit_test(acknowledgements_may_be_configured),
        cmocka_unit_test(play_starts_in_order),
        cmocka_unit_test(publish_starts_as_its_role_has_it),
        cmocka_unit_test(commands_end_a_publish_or_do_not),
        cmocka_unit_test(an_end_of_a_publish_is_answered),
        cmocka_unit_test(refusals_are_answered_with_a_status),
        cmocka_unit_test(a_redirect_waits_for_an_answer_and_needs_none),
        cmocka_unit_test(survives_each_allocation_that_fails),
        cmocka_unit_test(a_connection_costs_little),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
