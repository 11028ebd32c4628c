/* The client, against our server's end in another coroutine, and against bytes that a server might send. */
#include "protocol/rtmp/client.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/rtmp/outbox.h"
#include "protocol/rtmp/server_end.h"

#define URL "rtmp://h:1936/live/s?k=v"

static const struct rtmp_client_target target = { .url = URL };

static void assert_err(struct err *e, enum err_code code)
{
    char text[ERR_TEXT_MAX];
    if (err_code(e) != code)
        fail_msg("error %s, not %s", err_summary(e, text, sizeof text), err_code_name(code));
    err_free(e);
}

/* ---- the server's end ---- */

enum { A_BIT_US = 30 * US_PER_MS };

static struct err *say(struct server_end *s, uint8_t type_id, uint32_t timestamp_ms, const char *body)
{
    uint8_t         bytes[256];
    struct wr       w = wr_over(bytes, sizeof bytes);
    struct rtmp_out m = { RTMP_CSID_VIDEO,      RTMP_MSID, timestamp_ms, type_id, (uint32_t)strlen(body),
                          (const uint8_t *)body };
    rtmp_message_write(&w, &m, s->s.link.out_chunk_size);
    return io_write(&s->io, bytes, wr_len(&w), a_while());
}

static struct err *play_a_stream(struct server_end *s)
{
    struct err *e = rtmp_server_start_play(&s->s);
    if (!e)
        e = say(s, RTMP_TYPE_AUDIO, 7, "one");
    if (!e)
        e = rtmp_server_send_status(&s->s, RTMP_STATUS_UNPUBLISH_NOTIFY);
    if (!e)
        e = rtmp_server_send_status(&s->s, RTMP_STATUS_PUBLISH_NOTIFY);
    if (!e)
        e = say(s, RTMP_TYPE_VIDEO, 0xFFFFFFFF, "two");
    return e;
}

static void assert_media(struct rtmp_client *c, uint8_t type_id, uint32_t timestamp_ms, const char *body)
{
    struct rtmp_message   msg;
    enum rtmp_client_news news;
    assert_null(rtmp_client_read(c, &msg, &news, a_while()));
    assert_int_equal(news, RTMP_NEWS_MEDIA);
    assert_int_equal(msg.type_id, type_id);
    assert_int_equal(msg.timestamp_ms, timestamp_ms);
    assert_int_equal(msg.payload->len, strlen(body));
    assert_memory_equal(msg.payload->data, body, strlen(body));
    frame_unref(&msg.payload);
}

static void assert_news(struct rtmp_client *c, enum rtmp_client_news expected)
{
    struct rtmp_message   msg;
    enum rtmp_client_news news;
    assert_null(rtmp_client_read(c, &msg, &news, a_while()));
    assert_int_equal(news, expected);
    assert_null(msg.payload);
}

static struct err *read_once(struct rtmp_client *c)
{
    struct rtmp_message   msg = { 0 };
    enum rtmp_client_news news;
    struct err           *e = rtmp_client_read(c, &msg, &news, a_while());
    frame_unref(&msg.payload);
    return e;
}

static void a_stream_is_played_until_the_server_closes(void **state)
{
    (void)state;
    struct rtmp_client                   c;
    static const struct rtmp_client_part part = { .start_ms = 0, .duration_ms = 5000, .buffer_ms = 3000 };
    start_server(play_a_stream);
    assert_null(rtmp_client_open_over(&c, &target, served.client, a_while()));
    assert_int_equal(c.handshake, RTMP_HANDSHAKE_DIGEST_1);
    assert_string_equal(c.peer.server, "SRS/7.0.18(Hang)");
    assert_string_equal(c.peer.ip, "127.0.0.1");
    assert_string_equal(c.peer.id, "b1884122");
    assert_int_equal(c.peer.pid, 7);
    assert_null(rtmp_client_play(&c, &part, a_while()));
    assert_media(&c, RTMP_TYPE_AUDIO, 7, "one");
    assert_news(&c, RTMP_NEWS_ENDED);
    assert_news(&c, RTMP_NEWS_BEGUN);
    assert_media(&c, RTMP_TYPE_VIDEO, 0xFFFFFFFF, "two");
    assert_err(read_once(&c), E_END_OF_STREAM);
    assert_int_equal(served.ended_by, E_SUCCESS);
    assert_string_equal(served.req.tc_url, "rtmp://h:1936/live");
    assert_string_equal(served.req.url.app, "live");
    assert_string_equal(served.req.url.stream, "s");
    assert_string_equal(served.req.url.param, "?k=v");
    assert_int_equal(served.req.duration_ms, 5000);
    assert_int_equal(served.s.link.buffer_ms, 3000);
    assert_int_equal(served.s.link.in.chunk_size, RTMP_CLIENT_CHUNK_SIZE);
    rtmp_client_close(&c);
    rtmp_client_close(&c);
    stop_server();
}

static struct err *write_text(struct rtmp_client *c, uint8_t type_id, const char *text)
{
    struct rtmp_out m = {
        .csid = RTMP_CSID_AUDIO, .type_id = type_id, .len = (uint32_t)strlen(text), .body = (const uint8_t *)text
    };
    return rtmp_client_write(c, &m, a_while());
}

static void publish_in_style(bool no_fc, enum rtmp_role role)
{
    struct rtmp_client        c;
    struct rtmp_client_target t = target;
    t.no_fc = no_fc;
    t.plain = no_fc;
    t.tc_url = "rtmp://vhost/live";
    t.page_url = "http://page/";
    t.swf_url = "http://swf/";
    start_server(take_a_stream);
    assert_null(rtmp_client_open_over(&c, &t, served.client, a_while()));
    assert_int_equal(c.handshake, no_fc ? RTMP_HANDSHAKE_PLAIN : RTMP_HANDSHAKE_DIGEST_1);
    assert_null(rtmp_client_publish(&c, a_while()));
    assert_null(write_text(&c, RTMP_TYPE_AUDIO, "one "));
    assert_null(write_text(&c, RTMP_TYPE_VIDEO, "two"));
    assert_null(rtmp_client_listen(&c));
    rtmp_client_leave(&c, a_while());
    stop_server();
    assert_int_equal(served.ended_by, E_END_OF_STREAM);
    assert_int_equal(served.role, role);
    assert_string_equal(served.heard, "one two");
    assert_true(served.unpublished);
    rtmp_client_close(&c);
}

/* Take a stream, and send small messages without end until the client closes. */
static struct err *flood(struct server_end *s)
{
    static uint8_t  bytes[32 << 10];
    struct wr       w = wr_over(bytes, sizeof bytes);
    struct rtmp_out m = { RTMP_CSID_VIDEO, RTMP_MSID, 0, RTMP_TYPE_DATA, 1, (const uint8_t *)"!" };
    struct err     *e = rtmp_server_start_publish(&s->s, s->role);
    for (int i = 0; i < 2000; i++)
        rtmp_message_write(&w, &m, s->s.link.out_chunk_size);
    while (!e)
        e = io_write(&s->io, bytes, wr_len(&w), a_while());
    return e;
}

static void a_publisher_goes_on_while_its_server_sends_without_end(void **state)
{
    (void)state;
    struct rtmp_client c;
    start_server(flood);
    assert_null(rtmp_client_open_over(&c, &target, served.client, a_while()));
    assert_null(rtmp_client_publish(&c, a_while()));
    for (int i = 0; i < 3; i++) {
        assert_null(rtmp_client_listen(&c));
        assert_null(write_text(&c, RTMP_TYPE_AUDIO, "one"));
        co_give_way();
        assert_true(io_is_readable(&c.io)); /* There is more, which can wait. */
    }
    rtmp_client_close(&c);
    stop_server();
}

static void a_stream_is_published_in_both_styles(void **state)
{
    (void)state;
    publish_in_style(false, RTMP_FMLE_PUBLISH);
    publish_in_style(true, RTMP_FLASH_PUBLISH);
}

static void connect_has_arguments(void **state)
{
    (void)state;
    struct rtmp_client               c;
    struct rtmp_client_target        t = target;
    uint8_t                          args[512];
    struct wr                        w = wr_over(args, sizeof args);
    const struct rtmp_connect_result self = { .signature = &signature, .server_ip = "10.0.0.1", .pid = 7, .id = "abc" };
    rtmp_write_connect_args(&w, &(struct rtmp_connect_relay){ .self = &self });
    t.args = args;
    t.args_len = wr_len(&w);
    t.page_url = "http://page/";
    start_server(play_a_stream);
    assert_null(rtmp_client_open_over(&c, &t, served.client, a_while()));
    assert_int_equal(served.req.args_len, wr_len(&w));
    assert_memory_equal(served.req.args, args, wr_len(&w));
    assert_string_equal(served.req.page_url, "http://page/");
    rtmp_client_close(&c);
    stop_server();
}

/* ---- refusals ---- */

static struct err *refuse(struct server_end *s)
{
    return rtmp_server_refuse(&s->s, s->role, s->why, "the reason");
}

static void refusals_are_told_by_their_codes(void **state)
{
    (void)state;
    static const struct {
        bool              publish;
        enum rtmp_refusal why;
        enum err_code     code;
    } rows[] = {
        { true, RTMP_REFUSE_BUSY, E_SYSTEM_STREAM_BUSY },
        { true, RTMP_REFUSE_DENIED, E_REFUSED },
        { true, RTMP_REFUSE_NOT_FOUND, E_REFUSED },
        { true, RTMP_REFUSE_FAILED, E_REFUSED },
        { false, RTMP_REFUSE_BUSY, E_REFUSED },
        { false, RTMP_REFUSE_DENIED, E_REFUSED },
        { false, RTMP_REFUSE_NOT_FOUND, E_RTMP_STREAM_NOT_FOUND },
        { false, RTMP_REFUSE_FAILED, E_REFUSED },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rtmp_client c;
        char               text[ERR_TEXT_MAX];
        start_server(refuse);
        served.why = rows[i].why;
        assert_null(rtmp_client_open_over(&c, &target, served.client, a_while()));
        struct err *e = rows[i].publish ? rtmp_client_publish(&c, a_while()) : rtmp_client_play(&c, NULL, a_while());
        assert_non_null(strstr(err_text(e, text, sizeof text), "the reason"));
        assert_err(e, rows[i].code);
        rtmp_client_close(&c);
        stop_server();
    }
}

static struct err *stop_a_publisher(struct server_end *s)
{
    struct rtmp_message msg;
    struct err         *e = rtmp_server_start_publish(&s->s, s->role);
    if (!e)
        e = rtmp_link_read_message(&s->s.link, &msg, a_while());
    if (!e)
        frame_unref(&msg.payload);
    return e ? e : rtmp_server_refuse(&s->s, s->role, RTMP_REFUSE_FAILED, "disk full");
}

static void a_publisher_hears_why_it_is_stopped(void **state)
{
    (void)state;
    struct rtmp_client c;
    char               text[ERR_TEXT_MAX];
    start_server(stop_a_publisher);
    assert_null(rtmp_client_open_over(&c, &target, served.client, a_while()));
    assert_null(rtmp_client_publish(&c, a_while()));
    struct err *e = NULL;
    while (!e)
        if (!(e = write_text(&c, RTMP_TYPE_AUDIO, "a")))
            co_give_way();
    assert_non_null(strstr(err_text(e, text, sizeof text), "disk full"));
    assert_err(e, E_REFUSED);
    assert_string_equal(c.refusal, "disk full");
    rtmp_client_close(&c);
    stop_server();
}

static struct err *redirect(struct server_end *s)
{
    struct err *e = rtmp_server_start_play(&s->s);
    return e ? e
             : rtmp_server_redirect(&s->s, "rtmp://other/live", "rtmp://other/live/s?tk=9", a_while(), &s->accepted);
}

static void a_player_is_redirected_by_our_own_server(void **state)
{
    (void)state;
    struct rtmp_client c;
    start_server(redirect);
    assert_null(rtmp_client_open_over(&c, &target, served.client, a_while()));
    assert_null(rtmp_client_play(&c, NULL, a_while()));
    struct err *e = read_once(&c), *other = err_new(E_END_OF_STREAM, "no redirect");
    assert_int_equal(err_code(e), E_CONTROL_REDIRECT);
    assert_null(rtmp_client_take_redirect(&c, &other));
    assert_err(other, E_END_OF_STREAM);
    c.address.tls = true; /* A server of RTMPS leads to none of RTMP. */
    assert_null(rtmp_client_take_redirect(&c, &e));
    c.address.tls = false;
    char *url = rtmp_client_take_redirect(&c, &e);
    assert_string_equal(url, "rtmp://other/live/s?tk=9");
    assert_null(e);
    assert_int_equal(c.io.fd, -1); /* It is closed. */
    mem_free(url);
    stop_server();
    assert_true(served.accepted);
    assert_int_equal(served.ended_by, E_SUCCESS);
}

static void a_url_that_is_none_connects_to_nobody(void **state)
{
    (void)state;
    static const struct {
        const char   *url;
        enum err_code code;
    } rows[] = {
        { "http://h/live/s", E_RTMP_REQ_TCURL },
        { "rtmp://h/live", E_RTMP_STREAM_NAME_EMPTY },
        { "rtmps://h/live/s", E_HTTPS_NOT_SUPPORTED },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rtmp_client              c;
        const struct rtmp_client_target t = { .url = rows[i].url, .chunk_size = 128 };
        assert_err(rtmp_client_open(&c, &t, a_while()), rows[i].code);
        rtmp_client_close(&c);
    }
    struct rtmp_client zero = { 0 };
    rtmp_client_close(&zero);
}

/* ---- bytes that a server might send ---- */

static struct {
    uint8_t            bytes[256 << 10];
    struct wr          w;
    size_t             bounds[32]; /* ends of the messages */
    int                n_bounds;
    int                client, server; /* the ends of the connection; the server's is a plain descriptor */
    struct rtmp_client c;
} script;

/* Begin a script with a plain handshake. */
static void begin(void)
{
    script.w = wr_over(script.bytes, sizeof script.bytes);
    script.n_bounds = 0;
    script.bytes[0] = RTMP_VERSION;
    memset(script.bytes + 1, 0, RTMP_S0S1S2_LEN - 1);
    wr_room(&script.w, RTMP_S0S1S2_LEN);
    script.bounds[script.n_bounds++] = wr_len(&script.w);
}

static void add(uint8_t type_id, const struct wr *body)
{
    struct rtmp_out m = { RTMP_CSID_COMMAND, 1, 0, type_id, (uint32_t)wr_len(body), body->start };
    rtmp_message_write(&script.w, &m, RTMP_CHUNK_SIZE_DEFAULT);
    script.bounds[script.n_bounds++] = wr_len(&script.w);
    assert_false(script.w.full || body->full);
}

static struct wr *body(void)
{
    static uint8_t   bytes[128 << 10];
    static struct wr w;
    w = wr_over(bytes, sizeof bytes);
    return &w;
}

static void add_result(double tid, double number)
{
    struct wr *w = body();
    rtmp_write_result_number(w, tid, number);
    add(RTMP_TYPE_COMMAND, w);
}

static void add_connected(void)
{
    struct wr                       *w = body();
    const struct rtmp_connect_result result = { .signature = &signature, .tid = 1, .server_ip = "1.1.1.1", .id = "x" };
    rtmp_write_window_ack_size(&script.w, 2500000);
    rtmp_write_user_control(&script.w, RTMP_EVENT_PING_REQUEST, 1);
    rtmp_write_connect_result(w, &result);
    add(RTMP_TYPE_COMMAND, w);
    w = body();
    rtmp_write_bw_done(w);
    add(RTMP_TYPE_COMMAND, w);
}

static void add_status(enum rtmp_status status)
{
    struct wr *w = body();
    rtmp_write_status(w, status);
    add(RTMP_TYPE_COMMAND, w);
}

static void add_error(double tid, const char *code, const char *description)
{
    struct wr *w = body();
    rtmp_write_error(w, tid, code, description);
    add(RTMP_TYPE_COMMAND, w);
}

static void add_text(uint8_t type_id, const char *text)
{
    struct wr *w = body();
    wr_bytes(w, text, strlen(text));
    add(type_id, w);
}

/* Index of the message in begin_good_play() that accepts the play. */
enum { PLAY_START = 5 };

static void begin_good_play(void)
{
    begin();
    add_connected();
    add_result(2, 1);
    add_status(RTMP_STATUS_PLAY_RESET);
    add_status(RTMP_STATUS_PLAY_START);
    add_text(RTMP_TYPE_AUDIO, "one");
    add_status(RTMP_STATUS_PLAY_STOP);
}

static void connect_script(void)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    script.client = ends[0];
    script.server = ends[1];
}

static void send_script(size_t from, size_t to)
{
    if (write(script.server, script.bytes + from, to - from) != (ssize_t)(to - from))
        fail_msg("the socket does not take %zu bytes", to - from);
}

/* Open and play. The caller closes the client, after an error too. */
static struct err *open_and_play(int64_t deadline_us)
{
    struct err *e = rtmp_client_open_over(&script.c, &target, script.client, deadline_us);
    return e ? e : rtmp_client_play(&script.c, NULL, deadline_us);
}

static struct err *open_and_publish(int64_t deadline_us)
{
    struct err *e = rtmp_client_open_over(&script.c, &target, script.client, deadline_us);
    return e ? e : rtmp_client_publish(&script.c, deadline_us);
}

static void close_script(void)
{
    rtmp_client_close(&script.c);
    close_end(&script.server);
}

/* Play against a server that sends the whole script at once and then ends. */
static struct err *play_script(void)
{
    connect_script();
    send_script(0, wr_len(&script.w));
    shutdown(script.server, SHUT_WR);
    return open_and_play(a_while());
}

static void assert_script(struct err *e, enum err_code code)
{
    assert_err(e, code);
    close_script();
}

static void a_server_that_cuts_is_the_end_at_every_byte(void **state)
{
    (void)state;
    begin_good_play();
    size_t start = script.bounds[PLAY_START];
    for (size_t cut = 0; cut < wr_len(&script.w); cut += cut && cut < RTMP_S0S1S2_LEN - 2 ? 509 : 1) {
        connect_script();
        send_script(0, cut);
        shutdown(script.server, SHUT_WR);
        struct err *e = open_and_play(a_while());
        if (cut >= start && !e)
            for (enum rtmp_client_news news = RTMP_NEWS_NONE; !e;) {
                struct rtmp_message msg = { 0 };
                e = rtmp_client_read(&script.c, &msg, &news, a_while());
                frame_unref(&msg.payload);
            }
        if (err_code(e) != E_END_OF_STREAM)
            fail_msg("cut at %zu: %s", cut, err_code_name(err_code(e)));
        err_free(e);
        close_script();
    }
}

static void send_rest(void *arg)
{
    size_t cut = *(size_t *)arg;
    co_give_way();
    co_give_way();
    if (write(script.server, script.bytes + cut, wr_len(&script.w) - cut) < 0)
        script.n_bounds = 0;
}

static void a_conversation_may_be_split_at_every_byte(void **state)
{
    (void)state;
    begin_good_play();
    struct co_group group;
    co_group_init(&group);
    for (size_t cut = RTMP_S0S1S2_LEN - 3; cut < wr_len(&script.w); cut++) {
        connect_script();
        send_script(0, cut);
        assert_null(co_go(&group, "rest", send_rest, &cut, NULL));
        struct err *e = open_and_play(a_while());
        if (e)
            fail_msg("split at %zu: %s", cut, err_code_name(err_code(e)));
        assert_media(&script.c, RTMP_TYPE_AUDIO, 0, "one");
        assert_news(&script.c, RTMP_NEWS_ENDED);
        assert_true(co_group_join(&group, a_while()));
        close_script();
    }
}

static void a_silent_server_times_out_at_every_message(void **state)
{
    (void)state;
    begin_good_play();
    for (int i = -1; i <= PLAY_START; i++) {
        size_t cut = i < 0 ? 0 : script.bounds[i];
        connect_script();
        send_script(0, cut);
        assert_script(open_and_play(now_us() + A_BIT_US), i < PLAY_START ? E_SOCKET_TIMEOUT : E_SUCCESS);
    }
}

static void open_and_wait(void *arg)
{
    struct err *e = open_and_play(a_while());
    *(enum err_code *)arg = err_code(e);
    err_free(e);
    rtmp_client_close(&script.c);
}

static void a_client_can_be_cancelled_at_every_message(void **state)
{
    (void)state;
    begin_good_play();
    for (int i = -1; i < PLAY_START; i++) {
        struct co_group group;
        enum err_code   ended_by = E_SUCCESS;
        co_group_init(&group);
        connect_script();
        send_script(0, i < 0 ? 0 : script.bounds[i]);
        assert_null(co_go(&group, "client", open_and_wait, &ended_by, NULL));
        co_give_way();
        co_group_cancel_and_join(&group);
        assert_int_equal(ended_by, E_THREAD_INTERRUPTED);
        close_end(&script.server);
    }
}

static void media_before_play_start_begin_the_stream(void **state)
{
    (void)state;
    begin();
    add_connected();
    add_result(2, 1);
    add_text(RTMP_TYPE_VIDEO, "early");
    assert_err(play_script(), E_SUCCESS);
    assert_media(&script.c, RTMP_TYPE_VIDEO, 0, "early");
    close_script();
}

static void only_data_of_the_stream_are_media(void **state)
{
    (void)state;
    begin_good_play();
    struct wr *w = body();
    rtmp_write_sample_access(w);
    add(RTMP_TYPE_DATA, w);
    w = body();
    amf0_write_string(w, "onMetaData");
    add(RTMP_TYPE_DATA, w);
    w = body();
    amf0_write_string(w, "onPlayStatus");
    amf0_write_object(w);
    amf0_put_string(w, "code", "NetStream.Play.Complete");
    amf0_write_end(w);
    add(RTMP_TYPE_DATA, w);
    add_text(RTMP_TYPE_DATA, "no AMF0");
    assert_err(play_script(), E_SUCCESS);
    assert_media(&script.c, RTMP_TYPE_AUDIO, 0, "one");
    assert_news(&script.c, RTMP_NEWS_ENDED);
    struct rtmp_message   msg;
    enum rtmp_client_news news;
    assert_null(rtmp_client_read(&script.c, &msg, &news, a_while()));
    assert_int_equal(news, RTMP_NEWS_MEDIA);
    assert_int_equal(msg.payload->len, sizeof "\x02\0\x0AonMetaData" - 1);
    frame_unref(&msg.payload);
    assert_news(&script.c, RTMP_NEWS_ENDED);
    assert_media(&script.c, RTMP_TYPE_DATA, 0, "no AMF0");
    close_script();
}

static void the_servers_message_stream_id_is_used(void **state)
{
    (void)state;
    struct rtmp_chunk_reader in;
    static uint8_t           said[16 << 10];
    bool                     got = true;
    begin();
    add_connected();
    add_result(4, 4294967295.0);
    add_status(RTMP_STATUS_PUBLISH_START);
    connect_script();
    send_script(0, wr_len(&script.w));
    assert_err(open_and_publish(a_while()), E_SUCCESS);
    assert_null(write_text(&script.c, RTMP_TYPE_AUDIO, "media"));
    ssize_t n = read(script.server, said, sizeof said);
    assert_true(n > RTMP_C0C1_LEN + RTMP_C2_LEN);
    rtmp_chunk_reader_init(&in);
    rtmp_chunk_reader_feed(&in, said + RTMP_C0C1_LEN + RTMP_C2_LEN, (size_t)n - RTMP_C0C1_LEN - RTMP_C2_LEN);
    bool heard = false;
    while (got) {
        struct rtmp_message msg = { 0 };
        assert_null(rtmp_chunk_reader_next(&in, &msg, &got));
        if (got && msg.type_id == RTMP_TYPE_SET_CHUNK_SIZE)
            assert_null(rtmp_chunk_reader_set_chunk_size(&in, 60000));
        if (got && msg.type_id == RTMP_TYPE_AUDIO) {
            assert_int_equal(msg.msid, 4294967295);
            heard = true;
        }
        frame_unref(&msg.payload);
    }
    assert_true(heard);
    rtmp_chunk_reader_finish(&in);
    close_script();
}

static void a_message_stream_id_must_be_one(void **state)
{
    (void)state;
    static const double numbers[] = { 0, -1, 4294967296.0, 1e300, NAN, INFINITY };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        begin();
        add_connected();
        add_result(2, numbers[i]);
        assert_script(play_script(), E_RTMP_MESSAGE_DECODE);
    }
    begin();
    add_connected();
    struct wr *w = body();
    rtmp_write_result_null(w, 2);
    add(RTMP_TYPE_COMMAND, w);
    assert_script(play_script(), E_RTMP_MESSAGE_DECODE);
}

static void a_rejected_connect_says_why(void **state)
{
    (void)state;
    static const struct {
        const char   *code, *description;
        enum err_code expected;
    } rows[] = {
        { "NetConnection.Connect.Rejected", "vhost", E_REFUSED },
        { "NetConnection.Connect.InvalidApp", "", E_REFUSED },
        { "NetConnection.Connect.Rejected", "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ]",
          E_AUTH_REQUIRED },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        begin();
        add_error(1, rows[i].code, rows[i].description);
        assert_script(play_script(), rows[i].expected);
    }
    begin();
    add_connected();
    add_error(2, "NetConnection.Call.Failed", "createStream");
    assert_script(play_script(), E_REFUSED);

    /* an error that answers a call which does not matter */
    begin();
    add_connected();
    add_error(2, "NetConnection.Call.Failed", "releaseStream");
    add_result(4, 1);
    add_status(RTMP_STATUS_PUBLISH_START);
    connect_script();
    send_script(0, wr_len(&script.w));
    assert_script(open_and_publish(a_while()), E_SUCCESS);
}

/* Add an `_error` to connect that redirects the client, with the properties of `ex` that are not NULL. */
static void add_redirect(const char *to, size_t to_len, const char *redirect2)
{
    struct wr *w = body();
    amf0_write_string(w, "_error");
    amf0_write_number(w, 1);
    amf0_write_null(w);
    amf0_write_object(w);
    amf0_put_string(w, "level", "error");
    amf0_put_string(w, "code", "NetConnection.Connect.Rejected");
    amf0_write_key(w, "ex");
    amf0_write_object(w);
    amf0_put_number(w, "code", 302);
    amf0_write_key(w, "redirect");
    amf0_write_text(w, to, to_len);
    if (redirect2)
        amf0_put_string(w, "redirect2", redirect2);
    amf0_write_end(w);
    amf0_write_end(w);
    add(RTMP_TYPE_COMMAND, w);
}

static void a_redirect_at_connect_names_the_stream_or_leaves_it(void **state)
{
    (void)state;
    begin();
    add_redirect("rtmp://other/app", 16, NULL);
    assert_err(play_script(), E_CONTROL_REDIRECT);
    assert_string_equal(script.c.moved_to, "rtmp://other/app/s?k=v");
    close_script();

    begin();
    add_redirect("rtmp://other/app", 16, "rtmp://other/app/t");
    assert_err(play_script(), E_CONTROL_REDIRECT);
    assert_string_equal(script.c.moved_to, "rtmp://other/app/t");
    close_script();

    static char long_url[8192];
    memset(long_url, 'x', sizeof long_url);
    begin();
    add_redirect(long_url, sizeof long_url, NULL);
    assert_script(play_script(), E_LIMIT);
    begin();
    add_redirect("rtmp://o\0/app", 13, NULL);
    assert_script(play_script(), E_LIMIT);
}

static void malformed_answers_end_the_conversation(void **state)
{
    (void)state;
    begin();
    script.bytes[0] = 6;
    assert_script(play_script(), E_RTMP_PLAIN_REQUIRED);
    begin();
    add_text(RTMP_TYPE_COMMAND, "\xFF\xFF");
    assert_script(play_script(), E_RTMP_AMF0_DECODE);
    begin();
    struct wr *w = body();
    amf0_write_string(w, "_result");
    memset(wr_room(w, RTMP_COMMAND_MAX), 0, RTMP_COMMAND_MAX); /* before anything is played */
    add(RTMP_TYPE_COMMAND, w);
    assert_script(play_script(), E_LIMIT);
    begin_good_play();
    add_text(RTMP_TYPE_SET_CHUNK_SIZE, "\x01");
    assert_err(play_script(), E_SUCCESS);
    assert_media(&script.c, RTMP_TYPE_AUDIO, 0, "one");
    assert_news(&script.c, RTMP_NEWS_ENDED);
    assert_script(read_once(&script.c), E_RTMP_MESSAGE_DECODE);
}

static void survives_each_allocation_that_fails(void **state)
{
    (void)state;
    begin_good_play();
    int n = 0;
    for (bool done = false; !done; n++) {
        connect_script();
        send_script(0, wr_len(&script.w));
        mem_fail_after(n);
        struct err *e = open_and_play(a_while());
        bool        dealt = mem_failed();
        mem_fail_after(-1);
        done = !dealt;
        if (err_code(e) != (dealt ? E_NO_MEMORY : E_SUCCESS) && err_code(e) != E_OPEN_SSL_CREATE_HMAC)
            fail_msg("allocation %d: %s", n, err_code_name(err_code(e)));
        assert_script(e, err_code(e));
    }
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_played_until_the_server_closes),
        cmocka_unit_test(a_stream_is_published_in_both_styles),
        cmocka_unit_test(a_publisher_goes_on_while_its_server_sends_without_end),
        cmocka_unit_test(connect_has_arguments),
        cmocka_unit_test(refusals_are_told_by_their_codes),
        cmocka_unit_test(a_publisher_hears_why_it_is_stopped),
        cmocka_unit_test(a_player_is_redirected_by_our_own_server),
        cmocka_unit_test(a_url_that_is_none_connects_to_nobody),
        cmocka_unit_test(a_server_that_cuts_is_the_end_at_every_byte),
        cmocka_unit_test(a_conversation_may_be_split_at_every_byte),
        cmocka_unit_test(a_silent_server_times_out_at_every_message),
        cmocka_unit_test(a_client_can_be_cancelled_at_every_message),
        cmocka_unit_test(media_before_play_start_begin_the_stream),
        cmocka_unit_test(only_data_of_the_stream_are_media),
        cmocka_unit_test(the_servers_message_stream_id_is_used),
        cmocka_unit_test(a_message_stream_id_must_be_one),
        cmocka_unit_test(a_rejected_connect_says_why),
        cmocka_unit_test(a_redirect_at_connect_names_the_stream_or_leaves_it),
        cmocka_unit_test(malformed_answers_end_the_conversation),
        cmocka_unit_test(survives_each_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
