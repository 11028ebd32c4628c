#include "protocol/rtmp/server.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/rtmp/answer.h"
#include "protocol/rtmp/identify.h"

/* A conversation whose client has said everything beforehand: its bytes lie in the socket. What the server
 * answered is read when it is done. */
enum { ANSWERS_MAX = 32, STEP_US = 2 * US_PER_SECOND };

struct talk {
    int                 peer; /* the client's end */
    struct io           io;
    struct rtmp_server  s;
    struct rtmp_request req;

    struct rtmp_chunk_reader in; /* of the client */
    uint8_t                  received[64 << 10];
    struct rtmp_message      answers[ANSWERS_MAX];
    int                      n_answers, n_read;
};

static bool told; /* the client, why its connect failed */

static int64_t soon(void)
{
    return now_us() + STEP_US;
}

static struct talk *talk_new(void)
{
    struct talk *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(connect_ends(&t->io, &t->peer), 0);
    rtmp_server_init(&t->s, &t->io);
    rtmp_chunk_reader_init(&t->in);
    return t;
}

static void talk_free(struct talk *t)
{
    for (int i = 0; i < t->n_answers; i++)
        frame_unref(&t->answers[i].payload);
    rtmp_chunk_reader_finish(&t->in);
    rtmp_request_finish(&t->req);
    rtmp_server_finish(&t->s);
    io_close(&t->io);
    if (t->peer >= 0)
        close(t->peer);
    free(t);
}

static void say(struct talk *t, const void *bytes, size_t len)
{
    assert_int_equal(write(t->peer, bytes, len), len);
    t->io.may_read = true; /* the watcher would say so, had it had its turn */
}

static void say_message(struct talk *t, uint8_t type_id, uint32_t timestamp_ms, const void *body, size_t len)
{
    uint8_t         wire[8192];
    struct wr       w = wr_over(wire, sizeof wire);
    struct rtmp_out m = { 3, 1, timestamp_ms, type_id, (uint32_t)len, body };
    rtmp_message_write(&w, &m, RTMP_CHUNK_SIZE_DEFAULT);
    assert_false(w.full);
    say(t, wire, wr_len(&w));
}

/* `name, tid, null` and a text argument unless it is NULL */
static void say_call(struct talk *t, const char *name, double tid, const char *text)
{
    uint8_t   body[4096];
    struct wr w = wr_over(body, sizeof body);
    amf0_write_string(&w, name);
    amf0_write_number(&w, tid);
    amf0_write_null(&w);
    if (text)
        amf0_write_string(&w, text);
    say_message(t, RTMP_TYPE_COMMAND, 0, body, wr_len(&w));
}

static void say_connect(struct talk *t, const char *tc_url)
{
    uint8_t             body[6000];
    struct wr           w = wr_over(body, sizeof body);
    struct rtmp_connect c = RTMP_CONNECT_INIT;
    c.tc_url = tc_url;
    c.page_url = "http://page/";
    c.object_encoding = 3;
    rtmp_write_connect(&w, &c);
    say_message(t, RTMP_TYPE_COMMAND, 0, body, wr_len(&w));
}

/* Read what the server has answered by now. */
static void hear(struct talk *t)
{
    ssize_t n;
    while ((n = read(t->peer, t->received, sizeof t->received)) > 0) {
        rtmp_chunk_reader_feed(&t->in, t->received, (size_t)n);
        for (bool got = true; got;) {
            struct rtmp_message msg;
            assert_null(rtmp_chunk_reader_next(&t->in, &msg, &got));
            if (!got)
                break;
            assert_true(t->n_answers < ANSWERS_MAX);
            t->answers[t->n_answers++] = msg;
            const uint8_t *b = msg.payload->data;
            if (msg.type_id == RTMP_TYPE_SET_CHUNK_SIZE)
                assert_null(rtmp_chunk_reader_set_chunk_size(&t->in, (uint32_t)b[2] << 8 | b[3]));
        }
    }
}

static const struct rtmp_message *next_answer(struct talk *t)
{
    if (t->n_read == t->n_answers)
        hear(t);
    if (t->n_read == t->n_answers)
        fail_msg("no further answer than %d", t->n_answers);
    return &t->answers[t->n_read++];
}

static void assert_no_more_answers(struct talk *t)
{
    hear(t);
    assert_int_equal(t->n_read, t->n_answers);
}

static void assert_control(struct talk *t, uint8_t type_id, const char *body, size_t len)
{
    const struct rtmp_message *m = next_answer(t);
    assert_int_equal(m->type_id, type_id);
    assert_int_equal(m->csid, RTMP_CSID_CONTROL);
    assert_int_equal(m->msid, 0);
    assert_int_equal(m->payload->len, len);
    assert_memory_equal(m->payload->data, body, len);
}

static struct rtmp_call assert_call(struct talk *t, const char *name, double tid, uint32_t csid, uint32_t msid)
{
    const struct rtmp_message *m = next_answer(t);
    struct rtmp_call           call;
    assert_int_equal(m->type_id, RTMP_TYPE_COMMAND);
    assert_null(rtmp_call_decode(&call, m->type_id, m->payload->data, m->payload->len));
    if (!amf0_text_is(call.name, name) || call.tid != tid)
        fail_msg("%.*s %g, not %s %g", (int)call.name.len, call.name.p, call.tid, name, tid);
    assert_int_equal(m->csid, csid);
    assert_int_equal(m->msid, msid);
    return call;
}

static void assert_status(struct talk *t, const char *level, const char *code)
{
    struct rtmp_call   call = assert_call(t, "onStatus", 0, RTMP_CSID_STREAM, 1);
    struct rtmp_answer a;
    rtmp_answer_read(&a, &call);
    if (!amf0_text_is(a.level, level) || !amf0_text_is(a.code, code))
        fail_msg("onStatus %.*s %.*s", (int)a.level.len, a.level.p, (int)a.code.len, a.code.p);
}

static void assert_err(struct err *e, enum err_code code)
{
    char text[ERR_TEXT_MAX];
    if (err_code(e) != code)
        fail_msg("error %s, not %s", err_summary(e, text, sizeof text), err_code_name(code));
    err_free(e);
}

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
    assert_control(t, RTMP_TYPE_SET_PEER_BANDWIDTH, "\x00\x26\x25\xA0\x02", 5); /* out_ack_size 0: none before */
    assert_control(t, RTMP_TYPE_SET_CHUNK_SIZE, "\x00\x00\x00\x80", 4);
    struct rtmp_call   call = assert_call(t, "_result", 1, RTMP_CSID_COMMAND, 0);
    struct rtmp_answer a;
    rtmp_answer_read(&a, &call);
    assert_string_equal(a.id, "b1884122");
    talk_free(t);
}

static void the_second_object_of_connect_is_kept(void **state)
{
    (void)state;
    struct talk        *t = talk_new();
    uint8_t             body[1024], args[256];
    struct wr           w = wr_over(body, sizeof body), a = wr_over(args, sizeof args);
    struct rtmp_connect c = RTMP_CONNECT_INIT;
    rtmp_write_connect_args(&a, &result);
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

/* ---- identify ---- */

static struct talk *connected(const char *tc_url)
{
    struct talk *t = talk_new();
    say_connect(t, tc_url);
    assert_null(rtmp_server_connect(&t->s, &t->req, soon(), &told));
    return t;
}

struct transcript {
    const char *who;
    struct {
        const char *name;
        double      tid;
        const char *text;
    } says[8];
    enum rtmp_role role;
    const char    *stream, *param;
};

static void every_client_is_identified_by_its_sequence(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct transcript rows[] = {
        { "FMLE, ffmpeg, librtmp", { { "releaseStream", 2, "s" }, { "FCPublish", 3, "s" }, { "createStream", 4, NULL },
          { "_checkbw", 5, NULL }, { "publish", 6, "s" } }, RTMP_FMLE_PUBLISH, "s", "" },
        { "OBS", { { "releaseStream", 2, "s?k=v" }, { "FCPublish", 3, "s?k=v" }, { "createStream", 4, NULL },
          { "publish", 5, "s?k=v" } }, RTMP_FMLE_PUBLISH, "s", "?k=v" },
        { "parameters in publish alone", { { "releaseStream", 2, "s" }, { "FCPublish", 3, "s" }, { "createStream", 4, NULL },
          { "publish", 5, "s?k=v" } }, RTMP_FMLE_PUBLISH, "s", "?k=v" },
        { "another name in publish", { { "releaseStream", 2, "s" }, { "FCPublish", 3, "t" }, { "createStream", 4, NULL },
          { "publish", 5, "u?k=v" } }, RTMP_FMLE_PUBLISH, "s", "" },
        { "FCPublish alone", { { "FCPublish", 3, "s" }, { "createStream", 4, NULL }, { "publish", 5, "s" } },
          RTMP_FMLE_PUBLISH, "s", "" },
        { "FMLE publishes again", { { "FCUnpublish", 2, "old" }, { "releaseStream", 3, "new" }, { "FCPublish", 4, "new" },
          { "createStream", 5, NULL }, { "publish", 6, "new" } }, RTMP_FMLE_PUBLISH, "new", "" },
        { "Flash", { { "createStream", 2, NULL }, { "publish", 3, "s?k=v" } }, RTMP_FLASH_PUBLISH, "s", "?k=v" },
        { "no createStream", { { "publish", 0, "s" } }, RTMP_FLASH_PUBLISH, "s", "" },
        { "Haivision", { { "_checkbw", 2, NULL }, { "createStream", 3, NULL }, { "FCPublish", 4, "s" },
          { "publish", 5, "s" } }, RTMP_HAIVISION_PUBLISH, "s", "" },
        { "ffmpeg plays", { { "createStream", 2, NULL }, { "_checkbw", 3, NULL }, { "getStreamLength", 4, "s" },
          { "play", 5, "s?k=v" } }, RTMP_PLAY, "s", "?k=v" },
        { "rtmpdump plays", { { "createStream", 2, NULL }, { "FCSubscribe", 3, "s" }, { "play", 0, "s" } }, RTMP_PLAY, "s", "" },
        { "play at once", { { "play", 0, "s" } }, RTMP_PLAY, "s", "" },
        { "a name with a dot", { { "createStream", 2, NULL }, { "play", 0, "s.flv" } }, RTMP_PLAY, "s.flv", "" },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct transcript *row = &rows[i];
        struct talk             *t = connected("rtmp://h/live");
        enum rtmp_role           role;
        int                      n = 0;
        for (; row->says[n].name; n++)
            say_call(t, row->says[n].name, row->says[n].tid, row->says[n].text);
        assert_null(rtmp_identify(&t->s, &t->req, &role, soon()));
        if (role != row->role || strcmp(t->req.url.stream, row->stream) || strcmp(t->req.url.param, row->param))
            fail_msg("%s: %s, stream %s, param %s", row->who, rtmp_role_name(role), t->req.url.stream,
                     t->req.url.param);
        for (int k = 0; k < n - 1; k++) {
            struct rtmp_call call = assert_call(t, "_result", row->says[k].tid, RTMP_CSID_COMMAND, 0);
            const char      *name = row->says[k].name;
            bool             length = strcmp(name, "getStreamLength") == 0;
            enum amf0_type   expected = strcmp(name, "createStream") == 0 || length                    ? AMF0_NUMBER
                                        : strstr(name, "ublish") || strcmp(name, "releaseStream") == 0 ? AMF0_UNDEFINED
                                                                                                       : AMF0_NULL;
            assert_int_equal(amf0_peek(&call.args), expected);
            assert_true(expected != AMF0_NUMBER || call.number == (length ? 0 : 1));
            if (strcmp(name, "FCSubscribe") == 0)
                assert_call(t, "onFCSubscribe", 0, RTMP_CSID_COMMAND, 0);
        }
        assert_no_more_answers(t);
        talk_free(t);
    }
}

static void amf3_commands_identify_too(void **state)
{
    (void)state;
    struct talk   *t = connected("rtmp://h/live");
    uint8_t        body[256];
    struct wr      w = wr_over(body, sizeof body);
    enum rtmp_role role;
    wr_u8(&w, 0);
    rtmp_write_publish(&w, 3, "s");
    say_message(t, RTMP_TYPE_COMMAND_AMF3, 0, body, wr_len(&w));
    assert_null(rtmp_identify(&t->s, &t->req, &role, soon()));
    assert_int_equal(role, RTMP_FLASH_PUBLISH);
    assert_string_equal(t->req.url.stream, "s");
    talk_free(t);
}

static void three_create_streams_are_answered(void **state)
{
    (void)state;
    struct talk   *t = connected("rtmp://h/live");
    enum rtmp_role role;
    for (int i = 0; i < 4; i++)
        say_call(t, "createStream", 2 + i, NULL);
    assert_err(rtmp_identify(&t->s, &t->req, &role, soon()), E_RTMP_CREATE_STREAM_DEPTH);
    for (int i = 0; i < 3; i++)
        assert_call(t, "_result", 2 + i, RTMP_CSID_COMMAND, 0);
    assert_no_more_answers(t);
    talk_free(t);
}

static void a_second_identification_keeps_nothing_of_the_first(void **state)
{
    (void)state;
    struct talk   *t = connected("rtmp://h/live?a=1");
    enum rtmp_role role;
    say_call(t, "publish", 0, "s?k=v&vhost=v");
    assert_null(rtmp_identify(&t->s, &t->req, &role, soon()));
    assert_string_equal(t->req.url.param, "?k=v&vhost=v&a=1");
    assert_string_equal(t->req.url.vhost, "v");
    say_call(t, "publish", 0, "t");
    assert_null(rtmp_identify(&t->s, &t->req, &role, soon()));
    assert_string_equal(t->req.url.stream, "t");
    assert_string_equal(t->req.url.param, "?a=1");
    assert_string_equal(t->req.url.vhost, "h");
    talk_free(t);
}

static void a_stream_without_a_name_is_refused_in_words(void **state)
{
    (void)state;
    static const struct {
        const char   *call, *text, *status;
        enum err_code code;
    } rows[] = {
        { "play", "", "NetStream.Play.StreamNotFound", E_RTMP_STREAM_NAME_EMPTY },
        { "play", NULL, "NetStream.Play.StreamNotFound", E_RTMP_STREAM_NAME_EMPTY },
        { "publish", "?k=v", "NetStream.Publish.Denied", E_RTMP_STREAM_NAME_EMPTY },
        { "publish", "../s", "NetStream.Publish.Denied", E_RTMP_REQ_TCURL },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk   *t = connected("rtmp://h/live");
        enum rtmp_role role;
        say_call(t, rows[i].call, 0, rows[i].text);
        assert_err(rtmp_identify(&t->s, &t->req, &role, soon()), rows[i].code);
        assert_status(t, "error", rows[i].status);
        talk_free(t);
    }
}

static void play_has_a_duration(void **state)
{
    (void)state;
    static const struct {
        double  asked;
        int64_t ms;
    } rows[] = { { 5000, 5000 }, { -1, 0 }, { 0, 0 }, { NAN, 0 }, { INFINITY, 0 }, { 1e300, 0 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk   *t = connected("rtmp://h/live");
        uint8_t        body[256];
        struct wr      w = wr_over(body, sizeof body);
        enum rtmp_role role;
        rtmp_write_play(&w, 0, "s", RTMP_PLAY_START, rows[i].asked);
        say_message(t, RTMP_TYPE_COMMAND, 0, body, wr_len(&w));
        assert_null(rtmp_identify(&t->s, &t->req, &role, soon()));
        assert_true(t->req.duration_ms == rows[i].ms);
        talk_free(t);
    }
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

/* A command with one argument that is no text, or none. */
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

static void a_message_given_back_is_read_again(void **state)
{
    (void)state;
    struct talk        *t = talk_new();
    struct rtmp_message msg;
    struct rtmp_call    call;
    say_call(t, "createStream", 7, NULL);
    say_call(t, "publish", 8, "s");
    for (int i = 0; i < 2; i++) {
        assert_null(rtmp_link_read_message(&t->s.link, &msg, soon()));
        assert_null(rtmp_link_decode(&msg, &call));
        assert_int_equal(call.kind, RTMP_CALL_CREATE_STREAM);
        rtmp_link_unread(&t->s.link, &msg);
        assert_null(msg.payload);
    }
    talk_free(t); /* releases it */
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

/* ---- messages ---- */

static void assert_media(struct talk *t, uint8_t type_id, uint32_t timestamp_ms, const char *body)
{
    struct rtmp_message msg;
    assert_null(rtmp_link_read_message(&t->s.link, &msg, soon()));
    assert_int_equal(msg.type_id, type_id);
    assert_int_equal(msg.timestamp_ms, timestamp_ms);
    assert_int_equal(msg.payload->len, strlen(body));
    assert_memory_equal(msg.payload->data, body, strlen(body));
    frame_unref(&msg.payload);
}

static void control_messages_are_handled_inside(void **state)
{
    (void)state;
    struct talk *t = talk_new();
    say_message(t, RTMP_TYPE_USER_CONTROL, 0, "\0\6\1\2\3\4", 6);              /* ping */
    say_message(t, RTMP_TYPE_USER_CONTROL, 0, "\0\3\0\0\0\1\0\0\x0B\xB8", 10); /* buffer length 3000 ms */
    say_message(t, RTMP_TYPE_USER_CONTROL, 0, "\0\x1A\0", 3);                  /* one of Flash's own */
    say_message(t, RTMP_TYPE_ACK, 0, "\0\0\0\1", 4);
    say_message(t, RTMP_TYPE_SET_PEER_BANDWIDTH, 0, "\0\0\0\1\2", 5);
    say_message(t, RTMP_TYPE_ABORT, 0, "\0\0\0\x09", 4);
    say_message(t, 16, 0, "xx", 2);                   /* a shared object */
    say_message(t, RTMP_TYPE_DATA, 0, "\0\0\0\1", 4); /* ffmpeg's time code */
    say_message(t, RTMP_TYPE_DATA_AMF3, 5, "\0data", 5);
    say_message(t, RTMP_TYPE_AUDIO, 7, "audio", 5);
    assert_media(t, RTMP_TYPE_DATA, 5, "data");
    assert_media(t, RTMP_TYPE_AUDIO, 7, "audio");
    assert_control(t, RTMP_TYPE_USER_CONTROL, "\0\7\1\2\3\4", 6);
    assert_no_more_answers(t);
    assert_int_equal(t->s.link.buffer_ms, 3000);
    talk_free(t);
}

static void short_control_messages_are_malformed(void **state)
{
    (void)state;
    static const struct {
        uint8_t       type_id;
        const char   *body;
        size_t        len;
        enum err_code code;
    } rows[] = {
        { RTMP_TYPE_SET_CHUNK_SIZE, "\0\0\1", 3, E_RTMP_MESSAGE_DECODE },
        { RTMP_TYPE_SET_CHUNK_SIZE, "\0\0\0\x7F", 4, E_RTMP_CHUNK_SIZE },
        { RTMP_TYPE_WINDOW_ACK_SIZE, "", 0, E_RTMP_MESSAGE_DECODE },
        { RTMP_TYPE_USER_CONTROL, "\0", 1, E_RTMP_MESSAGE_DECODE },
        { RTMP_TYPE_USER_CONTROL, "\0\6\0", 3, E_RTMP_MESSAGE_DECODE },
        { RTMP_TYPE_AGGREGATE, "\x08\0\0\5", 4, E_RTMP_AGGREGATE },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk        *t = talk_new();
        struct rtmp_message msg;
        say_message(t, rows[i].type_id, 0, rows[i].body, rows[i].len);
        assert_err(rtmp_link_read_message(&t->s.link, &msg, soon()), rows[i].code);
        talk_free(t);
    }
}

static void assert_acknowledged(struct talk *t, int64_t bytes)
{
    const char body[] = { 0, 0, (char)(bytes >> 8), (char)bytes };
    assert_control(t, RTMP_TYPE_ACK, body, 4);
}

static void received_bytes_are_acknowledged_by_half_windows(void **state)
{
    (void)state;
    static const uint8_t body[600];
    struct talk         *t = talk_new();
    struct rtmp_message  msg;
    bool                 got;
    say_message(t, RTMP_TYPE_WINDOW_ACK_SIZE, 0, "\0\0\x08\x00", 4); /* 2048 */
    for (int i = 0; i < 4; i++) {
        say_message(t, RTMP_TYPE_AUDIO, 0, body, sizeof body); /* 616 bytes on the wire */
        assert_null(rtmp_link_read_message(&t->s.link, &msg, soon()));
        frame_unref(&msg.payload);
        assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
        assert_false(got);
    }
    assert_acknowledged(t, 16 + 2 * 616);
    assert_acknowledged(t, 16 + 4 * 616);
    assert_no_more_answers(t);
    talk_free(t);
}

static void nothing_new_is_acknowledged_no_more(void **state)
{
    (void)state;
    struct talk        *t = talk_new();
    struct rtmp_message msg;
    bool                got;
    say_message(t, RTMP_TYPE_WINDOW_ACK_SIZE, 0, "\0\0\0\x01", 4); /* half of it is nothing */
    for (int i = 0; i < 5; i++) {
        assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
        assert_false(got);
    }
    assert_acknowledged(t, 16);
    assert_no_more_answers(t);
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
    assert_media(t, RTMP_TYPE_AUDIO, 0, "a");
    hear(t);
    assert_int_equal(t->answers[t->n_answers - 1].type_id, RTMP_TYPE_ACK);
    talk_free(t);
}

static void aggregates_come_out_in_parts(void **state)
{
    (void)state;
    static const char parts[] = "\x08\0\0\2\0\0\x64\0\0\0\0ab\0\0\0\x0D"
                                "\x01\0\0\4\0\0\x64\0\0\0\0\0\0\0\0\0\0\0\x0F" /* control in it is dropped */
                                "\x09\0\0\1\0\0\x6E\0\0\0\0c\0\0\0\x0C";
    struct talk *t = talk_new();
    say_message(t, RTMP_TYPE_AGGREGATE, 5000, parts, sizeof parts - 1);
    say_message(t, RTMP_TYPE_AUDIO, 6000, "d", 1);
    assert_media(t, RTMP_TYPE_AUDIO, 5000, "ab");
    assert_media(t, RTMP_TYPE_VIDEO, 5010, "c");
    assert_media(t, RTMP_TYPE_AUDIO, 6000, "d");
    talk_free(t);
}

static void connections_share_the_buffer_and_not_their_bytes(void **state)
{
    (void)state;
    struct talk *a = talk_new(), *b = talk_new();
    for (int i = 0; i < 3; i++) {
        say_message(a, RTMP_TYPE_AUDIO, (uint32_t)i, (const char[]){ (char)('a' + i), 0 }, 1);
        say_message(b, RTMP_TYPE_VIDEO, (uint32_t)i, (const char[]){ (char)('A' + i), 0 }, 1);
    }
    /* each reading takes all three off the socket, and hands out one */
    for (int i = 0; i < 3; i++) {
        assert_media(a, RTMP_TYPE_AUDIO, (uint32_t)i, (const char[]){ (char)('a' + i), 0 });
        assert_media(b, RTMP_TYPE_VIDEO, (uint32_t)i, (const char[]){ (char)('A' + i), 0 });
    }
    /* and one that ends while it borrows leaves nothing behind */
    say_message(a, RTMP_TYPE_AUDIO, 9, "x", 1);
    say_message(a, RTMP_TYPE_AUDIO, 9, "y", 1);
    assert_media(a, RTMP_TYPE_AUDIO, 9, "x");
    talk_free(a);
    say_message(b, RTMP_TYPE_AUDIO, 9, "z", 1);
    assert_media(b, RTMP_TYPE_AUDIO, 9, "z");
    talk_free(b);
}

static void what_cannot_be_copied_out_of_the_buffer_ends_its_connection(void **state)
{
    (void)state;
    struct talk        *a = talk_new(), *b = talk_new();
    struct rtmp_message msg;
    say_message(a, RTMP_TYPE_AUDIO, 0, "a", 1);
    say_message(a, RTMP_TYPE_AUDIO, 0, "b", 1);
    say_message(b, RTMP_TYPE_AUDIO, 0, "c", 1);
    assert_media(a, RTMP_TYPE_AUDIO, 0, "a");
    mem_fail_after(0);
    struct err *e = rtmp_link_read_message(&b->s.link, &msg, soon());
    mem_fail_after(-1);
    assert_null(e);
    frame_unref(&msg.payload);
    assert_err(rtmp_link_read_message(&a->s.link, &msg, soon()), E_NO_MEMORY);
    talk_free(a);
    talk_free(b);
}

static void looking_for_a_message_never_waits(void **state)
{
    (void)state;
    struct talk        *t = talk_new();
    struct rtmp_message msg;
    bool                got;
    assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
    assert_false(got);
    say(t, "\x03\0\0\0\0\0\1\x08\1\0\0\0", 12); /* all but the body */
    assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
    assert_false(got);
    say(t, "a", 1);
    assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
    assert_true(got);
    frame_unref(&msg.payload);
    close(t->peer);
    t->peer = -1;
    t->io.may_read = true;
    assert_err(rtmp_link_next_now(&t->s.link, &msg, &got), E_END_OF_STREAM);
    talk_free(t);
}

/* A peer that sends messages without a pause, and who looks at what it says as a player does. */
struct flood {
    struct talk  *t;
    atomic_bool   stop;
    enum err_code ended_by;
    int64_t       most_at_once; /* bytes taken in between two turns of another coroutine */
    struct co    *test_co;      /* whose the io is in the end: events still come */
};

static void *flood_run(void *arg)
{
    struct flood *f = arg;
    int64_t       until = now_us() + 10 * US_PER_SECOND; /* the test has failed by then */
    uint8_t       bytes[32 << 10];
    memset(bytes, 0xC3, sizeof bytes); /* type 3: an empty audio message a byte, as the first header said */
    fcntl(f->t->peer, F_SETFL, 0);
    if (write(f->t->peer, "\x03\0\0\0\0\0\0\x08\1\0\0\0", 12) == 12)
        while (!f->stop && now_us() < until && write(f->t->peer, bytes, sizeof bytes) > 0)
            ;
    shutdown(f->t->peer, SHUT_WR);
    return NULL;
}

static void look_at_all(void *arg)
{
    struct flood       *f = arg;
    struct rtmp_message msg;
    bool                got;
    struct err         *e = NULL;
    while (!e) {
        if (!io_is_readable(&f->t->io))
            e = io_wait_readable(&f->t->io, DEADLINE_NEVER);
        if (!e && !(e = rtmp_link_next_now(&f->t->s.link, &msg, &got)) && got)
            frame_unref(&msg.payload);
    }
    f->ended_by = err_code(e);
    err_free(e);
    io_set_owner(&f->t->io, f->test_co);
}

static void measure_turns(void *arg)
{
    struct flood *f = arg;
    for (int64_t before = 0; !co_is_cancelled(co_self()); before = f->t->io.bytes_in) {
        co_give_way();
        int64_t taken = f->t->io.bytes_in - before;
        f->most_at_once = taken > f->most_at_once ? taken : f->most_at_once;
    }
}

static void who_looks_at_a_flood_gives_way_and_can_be_cancelled(void **state)
{
    (void)state;
    struct flood    f = { .t = talk_new(), .test_co = co_self() };
    struct co_group group;
    pthread_t       thread;
    co_group_init(&group);
    assert_int_equal(pthread_create(&thread, NULL, flood_run, &f), 0);
    assert_null(co_go(&group, "look", look_at_all, &f, NULL));
    assert_null(co_go(&group, "measure", measure_turns, &f, NULL));
    assert_null(co_sleep(100 * US_PER_MS));
    co_group_cancel_and_join(&group);
    f.stop = true;
    io_close(&f.t->io);
    pthread_join(thread, NULL);
    talk_free(f.t);
    assert_int_equal(f.ended_by, E_THREAD_INTERRUPTED);
    assert_in_range(f.most_at_once, 1, 3 * RTMP_RECEIVE_BUFFER);
}

static void count_turns(void *arg)
{
    for (; !co_is_cancelled(co_self()); ++*(int *)arg)
        co_give_way();
}

static void who_is_pinged_much_gives_way(void **state)
{
    (void)state;
    enum { PINGS = 200 };
    struct talk        *t = talk_new();
    struct rtmp_message msg;
    struct co_group     group;
    int                 turns = 0;
    bool                got;
    for (int i = 0; i < PINGS; i++)
        say_message(t, RTMP_TYPE_USER_CONTROL, 0, "\0\6\0\0\0\1", 6);
    co_group_init(&group);
    assert_null(co_go(&group, "count", count_turns, &turns, NULL));
    assert_null(rtmp_link_next_now(&t->s.link, &msg, &got));
    assert_false(got);
    assert_in_range(turns, 2, PINGS);
    co_group_cancel_and_join(&group);
    talk_free(t);
}

static void a_waiting_reader_is_woken(void **state)
{
    (void)state;
    struct talk        *t = talk_new();
    struct rtmp_message msg;
    assert_err(rtmp_link_read_message(&t->s.link, &msg, now_us() + 10 * US_PER_MS), E_SOCKET_TIMEOUT);
    say_message(t, RTMP_TYPE_AUDIO, 0, "a", 1);
    t->io.may_read = false; /* the watcher is to find out */
    assert_media(t, RTMP_TYPE_AUDIO, 0, "a");
    talk_free(t);
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
        cmocka_unit_test(every_client_is_identified_by_its_sequence),
        cmocka_unit_test(amf3_commands_identify_too),
        cmocka_unit_test(three_create_streams_are_answered),
        cmocka_unit_test(a_second_identification_keeps_nothing_of_the_first),
        cmocka_unit_test(a_stream_without_a_name_is_refused_in_words),
        cmocka_unit_test(play_has_a_duration),
        cmocka_unit_test(play_starts_in_order),
        cmocka_unit_test(publish_starts_as_its_role_has_it),
        cmocka_unit_test(commands_end_a_publish_or_do_not),
        cmocka_unit_test(an_end_of_a_publish_is_answered),
        cmocka_unit_test(a_message_given_back_is_read_again),
        cmocka_unit_test(refusals_are_answered_with_a_status),
        cmocka_unit_test(a_redirect_waits_for_an_answer_and_needs_none),
        cmocka_unit_test(control_messages_are_handled_inside),
        cmocka_unit_test(short_control_messages_are_malformed),
        cmocka_unit_test(received_bytes_are_acknowledged_by_half_windows),
        cmocka_unit_test(nothing_new_is_acknowledged_no_more),
        cmocka_unit_test(acknowledgements_may_be_configured),
        cmocka_unit_test(aggregates_come_out_in_parts),
        cmocka_unit_test(connections_share_the_buffer_and_not_their_bytes),
        cmocka_unit_test(what_cannot_be_copied_out_of_the_buffer_ends_its_connection),
        cmocka_unit_test(looking_for_a_message_never_waits),
        cmocka_unit_test(who_looks_at_a_flood_gives_way_and_can_be_cancelled),
        cmocka_unit_test(who_is_pinged_much_gives_way),
        cmocka_unit_test(a_waiting_reader_is_woken),
        cmocka_unit_test(survives_each_allocation_that_fails),
        cmocka_unit_test(a_connection_costs_little),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
