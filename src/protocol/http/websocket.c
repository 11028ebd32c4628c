#include "protocol/http/websocket.h"

#include <string.h>
#include <strings.h>

#include "core/wr.h"
#include "protocol/co.h"
#include "protocol/http/status.h"

enum { READ_BYTES = 1 << 10, TURN_BYTES = 64 << 10 };

/* ---- the handshake */

/* True when a list such as "h2c, websocket" contains the token. */
static bool has_token(const char *list, const char *token)
{
    size_t len = strlen(token);
    while (*list) {
        list += strspn(list, " \t,");
        size_t n = strcspn(list, " \t,");
        if (n == len && strncasecmp(list, token, len) == 0)
            return true;
        list += n;
    }
    return false;
}

bool websocket_is_wanted(const struct http_request *r)
{
    bool wanted = false;
    for (size_t i = 0; r->upgrade && i < r->n_fields; i++)
        wanted |= strcasecmp(r->fields[i].name, "Upgrade") == 0 && has_token(r->fields[i].value, "websocket");
    return wanted;
}

/* RFC 6455 4.2.1: GET, HTTP/1.1, a key of 16 bytes and version 13. Replies with the reason otherwise. */
static struct err *refuse_upgrade(struct http_exchange *x, const char *why)
{
    return http_reply(x, HTTP_STATUS_BAD_REQUEST, "text/plain; charset=utf-8", why, strlen(why));
}

/* 4.4: the version that we do speak. */
static struct err *refuse_version(struct http_exchange *x)
{
    struct err *e = http_add_field(x, "Sec-WebSocket-Version", "13");
    if (!e)
        e = http_add_field(x, "Upgrade", "websocket");
    if (!e)
        e = http_add_field(x, "Connection", "Upgrade");
    return e ? e : http_reply_status(x, HTTP_STATUS_UPGRADE_REQUIRED);
}

static struct err *take_frames(struct websocket *ws, uint8_t *bytes, size_t len);

/* Take over the bytes that follow the request. */
static struct err *take_early(struct http_exchange *x, struct websocket *ws)
{
    uint8_t     bytes[READ_BYTES];
    struct err *e = NULL;
    size_t      n;
    while (!e && (n = http_take_input(x, bytes, sizeof bytes)) > 0)
        e = take_frames(ws, bytes, n);
    return e;
}

struct err *websocket_accept(struct http_exchange *x, struct websocket *ws, bool *accepted)
{
    const struct http_request *r = http_request_of(x);
    const char                *key = http_request_field(r, "Sec-WebSocket-Key");
    const char                *version = http_request_field(r, "Sec-WebSocket-Version");
    char                       accept[WEBSOCKET_ACCEPT_CAP];
    *accepted = false;
    *ws = (struct websocket){ .io = http_io_of(x) };
    if (!websocket_is_wanted(r) || r->method != HTTP_GET || r->is_http_1_0 || r->has_body)
        return refuse_upgrade(x, "this is no request for a WebSocket");
    if (!version || strcmp(version, "13") != 0)
        return refuse_version(x);
    if (!key || !websocket_accept_key(key, accept))
        return refuse_upgrade(x, "Sec-WebSocket-Key is missing, or none");
    struct err *e = http_add_field(x, "Upgrade", "websocket");
    if (!e)
        e = http_add_field(x, "Sec-WebSocket-Accept", accept);
    if (!e)
        e = http_reply_begin(x, HTTP_STATUS_SWITCHING_PROTOCOLS, NULL, HTTP_LENGTH_UNKNOWN);
    if (e)
        return e;
    *accepted = true;
    return take_early(x, ws);
}

/* ---- the conversation */

static struct err *send_control(struct websocket *ws, enum websocket_opcode opcode, const void *data, size_t len)
{
    uint8_t frame[WEBSOCKET_HEAD_MAX + WEBSOCKET_CONTROL_MAX];
    size_t  head_len = websocket_head(frame, opcode, len);
    memcpy(frame + head_len, data, len);
    return err_wrap(io_write_taken(ws->io, frame, head_len + len, WEBSOCKET_REPLY_US), "answer the client");
}

/* Send a close, unless one was sent already. */
static struct err *send_close(struct websocket *ws, uint16_t status, const char *reason)
{
    uint8_t   payload[WEBSOCKET_CONTROL_MAX];
    struct wr w = wr_over(payload, sizeof payload);
    if (ws->close_sent)
        return NULL;
    ws->close_sent = true;
    if (status != WEBSOCKET_NO_STATUS) {
        size_t len = strlen(reason);
        wr_u16(&w, status);
        wr_bytes(&w, reason, len < WEBSOCKET_REASON_MAX ? len : WEBSOCKET_REASON_MAX);
    }
    return send_control(ws, WEBSOCKET_CLOSE, payload, wr_len(&w));
}

static struct err *fail_protocol(struct websocket *ws, const struct websocket_event *event)
{
    err_free(send_close(ws, event->status, event->why));
    return err_new(E_HTTP_DATA_INVALID, "WebSocket: %s", event->why);
}

static struct err *take_control(struct websocket *ws, const struct websocket_event *event)
{
    if (event->opcode == WEBSOCKET_PING && !ws->close_sent)
        return send_control(ws, WEBSOCKET_PONG, event->data, event->len);
    if (event->opcode != WEBSOCKET_CLOSE)
        return NULL;
    ws->close_received = true;
    ws->status = event->status;
    struct err *e = send_close(ws, event->status, "");
    return e ? e : err_new(E_END_OF_STREAM, "the client has closed its WebSocket with status %d", event->status);
}

static struct err *take_frames(struct websocket *ws, uint8_t *bytes, size_t len)
{
    struct err *e = NULL;
    size_t      at = 0;
    while (!e) {
        struct websocket_event event;
        size_t                 used;
        enum websocket_read    what = websocket_read(&ws->in, bytes + at, len - at, &used, &event);
        at += used;
        if (what == WEBSOCKET_NEED_MORE)
            return NULL;
        if (what == WEBSOCKET_BAD)
            e = fail_protocol(ws, &event);
        else if (what == WEBSOCKET_CONTROL)
            e = take_control(ws, &event);
        co_give_way_by_time(); /* each answer is a system call, and one buffer holds ten thousand pings */
    }
    return e;
}

struct err *websocket_listen_now(struct websocket *ws)
{
    uint8_t bytes[READ_BYTES];
    size_t  n, sum = 0;
    while (io_is_readable(ws->io) && sum < TURN_BYTES) {
        struct err *e = io_read_now(ws->io, bytes, sizeof bytes, &n);
        if (!e && n > 0)
            e = take_frames(ws, bytes, n);
        if (e)
            return e;
        sum += n;
    }
    if (sum >= TURN_BYTES) {
        co_give_way();
        co_unpark(co_self()); /* there may be more input, and no edge will report it */
    }
    return NULL;
}

void websocket_close(struct websocket *ws, enum websocket_status status, const char *reason)
{
    int64_t     deadline_us = now_us() + WEBSOCKET_CLOSE_US;
    struct err *e = send_close(ws, (uint16_t)status, reason);
    while (!e && !ws->close_received && now_us() < deadline_us)
        if (!(e = io_wait_readable(ws->io, deadline_us)))
            e = websocket_listen_now(ws);
    err_free(e);
}
