/* The answers of servers, as a client parses them. */
#include "protocol/rtmp/answer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t   storage[4096];
static struct wr w;

/* Begin a body. */
static struct wr *body(void)
{
    w = wr_over(storage, sizeof storage);
    return &w;
}

/* Parse the body that was written. */
static struct rtmp_answer answer(void)
{
    struct rtmp_call   call;
    struct rtmp_answer a;
    assert_false(w.full);
    assert_null(rtmp_call_decode(&call, RTMP_TYPE_COMMAND, storage, wr_len(&w)));
    rtmp_answer_read(&a, &call);
    return a;
}

static void assert_text(struct amf0_text text, const char *expected)
{
    if (!amf0_text_is(text, expected))
        fail_msg("%.*s, not %s", (int)text.len, text.p, expected);
}

static void assert_refused(enum err_code code, const char *text)
{
    char               buf[ERR_TEXT_MAX];
    struct rtmp_answer a = answer();
    struct err        *e = rtmp_answer_check(&a);
    assert_true(a.refused);
    assert_int_equal(err_code(e), code);
    if (!strstr(err_text(e, buf, sizeof buf), text))
        fail_msg("%s, without %s", buf, text);
    err_free(e);
}

static void our_own_answers_are_read(void **state)
{
    (void)state;
    static const struct rtmp_signature signature = { "SRS", "SRS/7.0.18(Hang)", "MIT", "u", "7.0.18", "a" };
    struct rtmp_connect_result         c = {
                .signature = &signature, .tid = 1, .server_ip = "127.0.0.1", .pid = 2165, .id = "b1884122"
    };
    rtmp_write_connect_result(body(), &c);
    struct rtmp_answer a = answer();
    assert_false(a.refused);
    assert_text(a.code, "NetConnection.Connect.Success");
    assert_string_equal(a.peer.server, "SRS/7.0.18(Hang)");
    assert_string_equal(a.peer.ip, "127.0.0.1");
    assert_true(a.peer.pid == 2165);
    assert_string_equal(a.peer.id, "b1884122");
    assert_null(rtmp_answer_check(&a));

    rtmp_write_result_number(body(), 4, 1);
    a = answer();
    assert_true(a.number == 1);
    assert_false(a.refused);
    assert_string_equal(a.peer.id, "");

    rtmp_write_status(body(), RTMP_STATUS_PLAY_START);
    a = answer();
    assert_false(a.refused);
    assert_text(a.code, "NetStream.Play.Start");
}

/* Write a `_result` up to the value of the server's id, which the caller adds. */
static struct wr *write_id(void)
{
    struct wr *to = body();
    amf0_write_string(to, "_result");
    amf0_write_number(to, 1);
    amf0_write_null(to);
    amf0_write_object(to);
    amf0_write_key(to, "data");
    amf0_write_ecma_array(to, 1);
    amf0_write_key(to, "srs_id");
    return to;
}

static void assert_id(const char *id)
{
    amf0_write_end(&w);
    amf0_write_end(&w);
    struct rtmp_answer a = answer();
    assert_string_equal(a.peer.id, id);
}

static void the_id_of_an_old_server_is_a_number(void **state)
{
    (void)state;
    amf0_write_number(write_id(), 100);
    assert_id("100");
    amf0_write_number(write_id(), INFINITY);
    assert_id("");
    amf0_write_null(write_id());
    assert_id("");
    amf0_write_string(write_id(), "x1");
    assert_id("x1");
}

static void refusals_are_errors_in_the_words_of_the_server(void **state)
{
    (void)state;
    static const struct {
        const char   *code;
        enum err_code error;
    } rows[] = {
        { "NetStream.Publish.BadName", E_SYSTEM_STREAM_BUSY },
        { "NetStream.Publish.Denied", E_REFUSED },
        { "NetStream.Play.StreamNotFound", E_RTMP_STREAM_NOT_FOUND },
        { "NetStream.Play.Failed", E_REFUSED },
        { "Anything.Else", E_REFUSED },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rtmp_write_status_error(body(), rows[i].code, "the reason\n\x1b[31m");
        assert_refused(rows[i].error, "the reason??[31m");
        assert_refused(rows[i].error, rows[i].code);
    }
    rtmp_write_error(body(), 1, "NetConnection.Connect.Rejected", "no");
    assert_refused(E_REFUSED, "NetConnection.Connect.Rejected: no");
    rtmp_write_error(body(), 1, "NetConnection.Connect.Rejected",
                     "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ");
    assert_refused(E_AUTH_REQUIRED, "authmod=adobe");

    /* no description, and one that is longer than the log shows */
    body();
    amf0_write_string(&w, "_error");
    amf0_write_number(&w, 1);
    assert_refused(E_REFUSED, "_error");
    char long_text[2000] = { 0 };
    memset(long_text, 'x', sizeof long_text - 1);
    rtmp_write_error(body(), 1, long_text, long_text);
    assert_refused(E_REFUSED, "xxxx");
}

static void a_code_refuses_whatever_its_level(void **state)
{
    (void)state;
    body();
    amf0_write_string(&w, "onStatus");
    amf0_write_number(&w, 0);
    amf0_write_null(&w);
    amf0_write_object(&w);
    amf0_put_string(&w, "level", "status");
    amf0_put_string(&w, "code", "NetStream.Publish.BadName");
    amf0_write_end(&w);
    assert_refused(E_SYSTEM_STREAM_BUSY, "NetStream.Publish.BadName");
}

static void a_redirect_has_two_addresses(void **state)
{
    (void)state;
    rtmp_write_redirect(body(), "rtmp://a/live", "rtmp://a/live/s");
    struct rtmp_answer a = answer();
    assert_text(a.redirect, "rtmp://a/live");
    assert_text(a.redirect2, "rtmp://a/live/s");
    assert_refused(E_CONTROL_REDIRECT, "RTMP 302 Redirect");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_own_answers_are_read),
        cmocka_unit_test(the_id_of_an_old_server_is_a_number),
        cmocka_unit_test(refusals_are_errors_in_the_words_of_the_server),
        cmocka_unit_test(a_code_refuses_whatever_its_level),
        cmocka_unit_test(a_redirect_has_two_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
