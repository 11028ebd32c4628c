#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "protocol/rtmp/chunk_writer.h"
#include "protocol/rtmp/command.h"
#include "protocol/rtmp/handshake.h"
#include "tls_socket.h"

enum { TID_CONNECT = 1, TID_CREATE_STREAM = 2, TID_START = 3, CHUNK_SIZE = 60000, SEND_MAX = 4096 };

struct client_handshake {
    struct rtmp_handshake_client state;
    size_t                       n;
    uint8_t                      s0s1s2[RTMP_S0S1S2_LEN];
};

static void fail(struct client *c, const char *why)
{
    if (!c->failure)
        c->failure = why;
}

/* Free an error of the project's own functions and fail with `why`. Returns true when there was an error. */
static bool failed(struct client *c, struct err *e, const char *why)
{
    if (e)
        fail(c, why);
    err_free(e);
    return e != NULL;
}

void client_open(struct client *c, const struct target *t, int number, enum client_role role, bool digest,
                 int receive_buffer)
{
    *c = (struct client){ .target = t, .number = number, .role = role, .digest = digest };
    chunk_scan_init(&c->scan);
    c->fd = target_connect(t, receive_buffer);
    if (c->fd < 0)
        fail(c, strerror(errno));
}

void client_close(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    tls_socket_close(c->tls);
    c->tls = NULL;
    free(c->handshake);
    c->handshake = NULL;
}

void client_send(struct client *c, const void *bytes, size_t len)
{
    ssize_t sent = c->tls ? tls_socket_send(c->tls, bytes, len) : send(c->fd, bytes, len, MSG_NOSIGNAL);
    if (sent != (ssize_t)len)
        fail(c, sent < 0 ? strerror(errno) : "the socket does not take a small message");
}

static void send_http_request(struct client *c)
{
    char stream[512], request[2048];
    target_stream(c->target, c->number, stream, sizeof stream);
    int n = snprintf(request, sizeof request, "GET /%s/%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\n\r\n",
                     c->target->app, stream, c->target->host);
    client_send(c, request, (size_t)n);
}

static void send_c0c1(struct client *c)
{
    uint8_t c0c1[RTMP_C0C1_LEN];
    c->phase = CLIENT_HANDSHAKE;
    c->handshake = calloc(1, sizeof *c->handshake);
    if (!c->handshake)
        fail(c, "out of memory");
    else if (!failed(c, rtmp_handshake_offer(&c->handshake->state, c0c1, !c->digest, (uint32_t)time(NULL)), "C1"))
        client_send(c, c0c1, sizeof c0c1);
}

/* Begin the conversation on the connected socket. */
static void begin(struct client *c)
{
    if (c->target->wire == WIRE_RTMP) {
        send_c0c1(c);
        return;
    }
    c->phase = CLIENT_RUNNING;
    if (c->target->wire == WIRE_HTTP)
        send_http_request(c);
}

static void shake_tls(struct client *c)
{
    if (tls_socket_shake(c->tls) > 0)
        begin(c);
    else if (errno != EAGAIN)
        fail(c, "the TLS handshake fails");
}

void client_connected(struct client *c)
{
    int       why = 0;
    socklen_t len = sizeof why;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0 || why) {
        fail(c, strerror(why ? why : errno));
    } else if (!c->target->tls) {
        begin(c);
    } else if (!(c->tls = tls_socket_open(c->fd))) {
        fail(c, "out of memory");
    } else {
        c->phase = CLIENT_TLS;
        shake_tls(c);
    }
}

ssize_t client_receive(struct client *c, void *buf, size_t cap)
{
    if (c->phase == CLIENT_TLS)
        shake_tls(c);
    if (c->phase == CLIENT_TLS) {
        errno = EAGAIN;
        return -1;
    }
    return c->tls ? tls_socket_receive(c->tls, buf, cap) : recv(c->fd, buf, cap, 0);
}

/* A command under construction, and its bytes on the wire. */
struct outgoing {
    uint8_t   body_bytes[SEND_MAX / 2], wire_bytes[SEND_MAX];
    struct wr body, wire;
};

static void outgoing_begin(struct outgoing *o)
{
    o->body = wr_over(o->body_bytes, sizeof o->body_bytes);
    o->wire = wr_over(o->wire_bytes, sizeof o->wire_bytes);
}

static void outgoing_add(struct outgoing *o, uint32_t csid, uint32_t msid, uint32_t chunk_size)
{
    struct rtmp_out m = { .csid = csid,
                          .msid = msid,
                          .type_id = RTMP_TYPE_COMMAND,
                          .len = (uint32_t)wr_len(&o->body),
                          .body = o->body.start };
    rtmp_message_write(&o->wire, &m, chunk_size);
    o->wire.full |= o->body.full;
    o->body = wr_over(o->body_bytes, sizeof o->body_bytes);
}

static void outgoing_send(struct client *c, const struct outgoing *o)
{
    if (o->wire.full)
        fail(c, "the URL is too long");
    else
        client_send(c, o->wire.start, wr_len(&o->wire));
}

static void send_connect(struct client *c)
{
    struct outgoing     o;
    struct rtmp_connect connect = RTMP_CONNECT_INIT;
    connect.app = c->target->app;
    connect.tc_url = c->target->tc_url;
    outgoing_begin(&o);
    rtmp_write_connect(&o.body, &connect);
    outgoing_add(&o, RTMP_CSID_COMMAND, 0, RTMP_CHUNK_SIZE_DEFAULT);
    rtmp_write_set_chunk_size(&o.wire, CHUNK_SIZE);
    outgoing_send(c, &o);
    c->phase = CLIENT_CONNECT;
}

static void send_create_stream(struct client *c)
{
    struct outgoing o;
    char            stream[512];
    target_stream(c->target, c->number, stream, sizeof stream);
    outgoing_begin(&o);
    if (c->role == CLIENT_PUBLISH) {
        rtmp_write_release_stream(&o.body, TID_START, stream);
        outgoing_add(&o, RTMP_CSID_COMMAND, 0, CHUNK_SIZE);
        rtmp_write_fc_publish(&o.body, TID_START, stream);
        outgoing_add(&o, RTMP_CSID_COMMAND, 0, CHUNK_SIZE);
    }
    rtmp_write_create_stream(&o.body, TID_CREATE_STREAM);
    outgoing_add(&o, RTMP_CSID_COMMAND, 0, CHUNK_SIZE);
    outgoing_send(c, &o);
    c->phase = CLIENT_CREATE;
}

static void send_start(struct client *c)
{
    struct outgoing o;
    char            stream[512];
    target_stream(c->target, c->number, stream, sizeof stream);
    outgoing_begin(&o);
    if (c->role == CLIENT_PUBLISH)
        rtmp_write_publish(&o.body, TID_START, stream);
    else
        rtmp_write_play(&o.body, TID_START, stream, RTMP_PLAY_START, RTMP_PLAY_DURATION);
    outgoing_add(&o, RTMP_CSID_STREAM, c->msid, CHUNK_SIZE);
    if (c->role == CLIENT_PLAY)
        rtmp_write_set_buffer_length(&o.wire, c->msid, 1000);
    outgoing_send(c, &o);
    c->phase = CLIENT_START;
}

static void take_handshake(struct client *c, struct rd *in)
{
    struct client_handshake *h = c->handshake;
    size_t                   more = sizeof h->s0s1s2 - h->n < rd_left(in) ? sizeof h->s0s1s2 - h->n : rd_left(in);
    memcpy(h->s0s1s2 + h->n, rd_bytes(in, more), more);
    h->n += more;
    if (h->n < sizeof h->s0s1s2)
        return;
    uint8_t                  c2[RTMP_C2_LEN];
    enum rtmp_handshake_kind kind;
    if (!failed(c, rtmp_handshake_finish(&h->state, h->s0s1s2, c2, &kind), "S0S1S2 are not understood"))
        client_send(c, c2, sizeof c2);
    free(h);
    c->handshake = NULL;
    if (!c->failure)
        send_connect(c);
}

/* RTMP 1.0, 7.2.1.1 and 7.2.2: `_result` or `_error` with a transaction id, or onStatus with an object */
static void take_answer(struct client *c, const struct scanned *m)
{
    struct rd        r = rd_over(m->start, m->n_start);
    struct amf0_text name = amf0_read_string(&r);
    double           tid = amf0_read_number(&r);
    if (r.bad)
        return;
    bool result = amf0_text_is(name, "_result"), status = amf0_text_is(name, "onStatus");
    if (amf0_text_is(name, "_error") && tid <= TID_CREATE_STREAM) {
        fail(c, "connect or createStream is refused");
    } else if (result && tid == TID_CONNECT && c->phase == CLIENT_CONNECT) {
        send_create_stream(c);
    } else if (result && tid == TID_CREATE_STREAM && c->phase == CLIENT_CREATE) {
        amf0_skip(&r);
        c->msid = (uint32_t)amf0_read_number(&r);
        send_start(c);
    } else if (status && c->phase == CLIENT_START) {
        amf0_skip(&r);
        struct amf0_text code = amf0_get_string(r, "code");
        if (amf0_text_is(amf0_get_string(r, "level"), "error"))
            fail(c, "play or publish is refused");
        else if (amf0_text_is(code, "NetStream.Play.Start") || amf0_text_is(code, "NetStream.Publish.Start"))
            c->phase = CLIENT_RUNNING;
    }
}

static void take_control(struct client *c, const struct scanned *m)
{
    struct rd r = rd_over(m->start, m->n_start);
    if (m->type == RTMP_TYPE_WINDOW_ACK_SIZE) {
        c->ack_window = rd_u32(&r);
    } else if (rd_u16(&r) == RTMP_EVENT_PING_REQUEST) {
        uint8_t   bytes[RTMP_CONTROL_MAX];
        struct wr w = wr_over(bytes, sizeof bytes);
        rtmp_write_user_control(&w, RTMP_EVENT_PING_RESPONSE, rd_u32(&r));
        client_send(c, bytes, wr_len(&w));
    }
}

bool client_next(struct client *c, struct rd *in, struct scanned *message)
{
    if (c->phase == CLIENT_HANDSHAKE && rd_left(in))
        take_handshake(c, in);
    if (c->failure || c->phase < CLIENT_CONNECT)
        return false;
    if (!chunk_scan_next(&c->scan, in, message)) {
        if (c->scan.bad)
            fail(c, "the chunk stream is broken");
        return false;
    }
    switch (message->type) {
    case RTMP_TYPE_COMMAND: take_answer(c, message); break;
    case RTMP_TYPE_WINDOW_ACK_SIZE:
    case RTMP_TYPE_USER_CONTROL: take_control(c, message); break;
    default: break;
    }
    return true;
}

void client_acknowledge(struct client *c, size_t n)
{
    c->bytes_in += n;
    if (!c->ack_window || c->bytes_in - c->acked < c->ack_window / 2)
        return;
    uint8_t   bytes[RTMP_CONTROL_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    c->acked = c->bytes_in;
    rtmp_write_ack(&w, (uint32_t)c->bytes_in);
    client_send(c, bytes, wr_len(&w));
}
