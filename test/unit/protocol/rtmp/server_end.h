/* Our server's end of a conversation, in another coroutine, for the tests of clients. */
#ifndef TEST_PROTOCOL_RTMP_SERVER_END_H
#define TEST_PROTOCOL_RTMP_SERVER_END_H

#include <cmocka.h>
#include <string.h>

#include "loop.h"
#include "protocol/co.h"
#include "protocol/rtmp/identify.h"
#include "protocol/rtmp/server.h"

enum { HEARD_CAP = 1024 };

static struct server_end {
    struct io           io;
    int                 client; /* the client's end of the connection */
    struct rtmp_server  s;
    struct rtmp_request req;
    enum rtmp_role      role;
    enum rtmp_refusal   why;
    struct err *(*then)(struct server_end *s); /* runs when the client has sent play or publish */
    struct co_group group;
    char            heard[HEARD_CAP]; /* the bodies of media, concatenated */
    bool            accepted, unpublished;
    enum err_code   ended_by;
} served;

static const struct rtmp_signature signature = { "SRS", "SRS/7.0.18(Hang)", "MIT", "u", "7.0.18", "a" };

static struct err *converse(struct server_end *s)
{
    static const struct rtmp_connect_result result = {
        .signature = &signature, .server_ip = "127.0.0.1", .pid = 7, .id = "b1884122"
    };
    static const struct rtmp_server_settings settings = { .out_ack_size = 2500000, .chunk_size = 4096 };
    bool                                     told;
    struct err                              *e = rtmp_server_handshake(&s->s, "name", a_while());
    if (!e)
        e = rtmp_server_connect(&s->s, &s->req, a_while(), &told);
    if (!e)
        e = rtmp_server_reply_connect(&s->s, &s->req, &settings, &result);
    if (!e)
        e = rtmp_identify(&s->s, &s->req, &s->role, a_while());
    return e ? e : s->then(s);
}

static void serve(void *arg)
{
    struct server_end *s = arg;
    io_set_owner(&s->io, co_self());
    struct err *e = converse(s);
    s->ended_by = err_code(e);
    err_free(e);
    io_close(&s->io);
}

/* Start a server that calls `then` when the client has sent play or publish. */
static inline void start_server(struct err *(*then)(struct server_end *s))
{
    served = (struct server_end){ .then = then };
    co_group_init(&served.group);
    assert_int_equal(connect_ends(&served.io, &served.client), 0);
    rtmp_server_init(&served.s, &served.io);
    rtmp_request_init(&served.req);
    assert_null(co_go(&served.group, "server", serve, &served, NULL));
}

static inline void stop_server(void)
{
    assert_true(co_group_join(&served.group, a_while()));
    rtmp_request_finish(&served.req);
    rtmp_server_finish(&served.s);
}

/* Receive the published stream until the client closes. */
static inline struct err *take_a_stream(struct server_end *s)
{
    struct err *e = rtmp_server_start_publish(&s->s, s->role);
    while (!e) {
        struct rtmp_message msg;
        struct rtmp_call    call = { .kind = RTMP_CALL_OTHER };
        if ((e = rtmp_link_read_message(&s->s.link, &msg, a_while())))
            break;
        if (msg.type_id == RTMP_TYPE_COMMAND)
            e = rtmp_link_decode(&msg, &call);
        else
            strncat(s->heard, (const char *)msg.payload->data, msg.payload->len);
        if (!e && rtmp_server_judge_publish_call(s->role, &call) == RTMP_PUBLISH_ENDS) {
            s->unpublished = true;
            e = rtmp_server_end_publish(&s->s, s->role, &call);
        }
        frame_unref(&msg.payload);
    }
    return e;
}

#endif
