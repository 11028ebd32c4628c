/* A conversation for the tests of the server's end. The client's bytes are all in the socket beforehand, and the server's answers
 * are read when it is done. */
#ifndef TEST_PROTOCOL_RTMP_TALK_H
#define TEST_PROTOCOL_RTMP_TALK_H

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "protocol/rtmp/answer.h"
#include "protocol/rtmp/server.h"

enum { ANSWERS_MAX = 32, STEP_US = 2 * US_PER_SECOND };

struct talk {
    int                 peer; /* the client's end */
    struct io           io;
    struct rtmp_server  s;
    struct rtmp_request req;

    struct rtmp_chunk_reader in; /* the client's reader */
    uint8_t                  received[64 << 10];
    struct rtmp_message      answers[ANSWERS_MAX];
    int                      n_answers, n_read;
};

static bool told; /* the client has got the reason of its failed connect */

static inline int64_t soon(void)
{
    return now_us() + STEP_US;
}

static inline struct talk *talk_new(void)
{
    struct talk *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(connect_ends(&t->io, &t->peer), 0);
    rtmp_server_init(&t->s, &t->io);
    rtmp_chunk_reader_init(&t->in);
    return t;
}

static inline void talk_free(struct talk *t)
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

static inline void say(struct talk *t, const void *bytes, size_t len)
{
    assert_int_equal(write(t->peer, bytes, len), len);
    t->io.may_read = true; /* stands for the watcher, which has not run */
}

static inline void say_message(struct talk *t, uint8_t type_id, uint32_t timestamp_ms, const void *body, size_t len)
{
    uint8_t         wire[8192];
    struct wr       w = wr_over(wire, sizeof wire);
    struct rtmp_out m = { 3, 1, timestamp_ms, type_id, (uint32_t)len, body };
    rtmp_message_write(&w, &m, RTMP_CHUNK_SIZE_DEFAULT);
    assert_false(w.full);
    say(t, wire, wr_len(&w));
}

/* Send the command `name, tid, null`, with a text argument unless it is NULL. */
static inline void say_call(struct talk *t, const char *name, double tid, const char *text)
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

static inline void say_connect(struct talk *t, const char *tc_url)
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
static inline void hear(struct talk *t)
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

static inline const struct rtmp_message *next_answer(struct talk *t)
{
    if (t->n_read == t->n_answers)
        hear(t);
    if (t->n_read == t->n_answers)
        fail_msg("no further answer than %d", t->n_answers);
    return &t->answers[t->n_read++];
}

static inline void assert_no_more_answers(struct talk *t)
{
    hear(t);
    assert_int_equal(t->n_read, t->n_answers);
}

static inline void assert_control(struct talk *t, uint8_t type_id, const char *body, size_t len)
{
    const struct rtmp_message *m = next_answer(t);
    assert_int_equal(m->type_id, type_id);
    assert_int_equal(m->csid, RTMP_CSID_CONTROL);
    assert_int_equal(m->msid, 0);
    assert_int_equal(m->payload->len, len);
    assert_memory_equal(m->payload->data, body, len);
}

static inline struct rtmp_call assert_call(struct talk *t, const char *name, double tid, uint32_t csid, uint32_t msid)
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

static inline void assert_status(struct talk *t, const char *level, const char *code)
{
    struct rtmp_call   call = assert_call(t, "onStatus", 0, RTMP_CSID_STREAM, 1);
    struct rtmp_answer a;
    rtmp_answer_read(&a, &call);
    if (!amf0_text_is(a.level, level) || !amf0_text_is(a.code, code))
        fail_msg("onStatus %.*s %.*s", (int)a.level.len, a.level.p, (int)a.code.len, a.code.p);
}

static inline void assert_err(struct err *e, enum err_code code)
{
    char text[ERR_TEXT_MAX];
    if (err_code(e) != code)
        fail_msg("error %s, not %s", err_summary(e, text, sizeof text), err_code_name(code));
    err_free(e);
}

static inline struct talk *connected(const char *tc_url)
{
    struct talk *t = talk_new();
    say_connect(t, tc_url);
    assert_null(rtmp_server_connect(&t->s, &t->req, soon(), &told));
    return t;
}

#endif
