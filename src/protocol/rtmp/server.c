#include "protocol/rtmp/server.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtmp/receive.h"
#include "protocol/rtmp/reply.h"

/* What we tell clients to send at most without an acknowledgement; a number that is known to suit all. */
enum { PEER_BANDWIDTH = 2500000 };

const char *rtmp_role_name(enum rtmp_role role)
{
    static const char *const names[] = {
        [RTMP_PLAY] = "rtmp-play",
        [RTMP_FMLE_PUBLISH] = "fmle-publish",
        [RTMP_FLASH_PUBLISH] = "flash-publish",
        [RTMP_HAIVISION_PUBLISH] = "haivision-publish",
    };
    return role < ARRAY_LEN(names) ? names[role] : "unknown";
}

void rtmp_server_init(struct rtmp_server *s, struct io *io)
{
    *s = (struct rtmp_server){ .io = io, .out_chunk_size = RTMP_CHUNK_SIZE_DEFAULT };
    rtmp_chunk_reader_init(&s->in);
}

void rtmp_server_finish(struct rtmp_server *s)
{
    rtmp_receive_forget(s);
    frame_unref(&s->aggregate.payload);
    frame_unref(&s->unread.payload);
    rtmp_chunk_reader_finish(&s->in);
    s->io = NULL;
}

void rtmp_request_finish(struct rtmp_request *req)
{
    rtmp_url_finish(&req->url);
    mem_free(req->args);
    mem_free(req->block);
    *req = (struct rtmp_request){ .url = req->url, .tc_url = "", .page_url = "", .swf_url = "" };
}

/* ---- handshake ---- */

struct handshake_bytes {
    uint8_t c0c1[RTMP_C0C1_LEN], s0s1s2[RTMP_S0S1S2_LEN];
};

static struct err *read_proxy_prefix(struct rtmp_server *s, uint8_t first, int64_t deadline_us)
{
    uint8_t     header[RTMP_PROXY_HEADER_LEN] = { first }, data[RTMP_PROXY_DATA_MAX];
    size_t      len = 0;
    struct err *e = io_read_full(s->io, header + 1, sizeof header - 1, deadline_us);
    if (!e)
        e = rtmp_handshake_proxy_len(header, &len);
    if (!e)
        e = io_read_full(s->io, data, len, deadline_us);
    if (e)
        return err_wrap(e, "read the proxy's prefix");
    if (len >= sizeof s->proxied_ip) {
        memcpy(s->proxied_ip, data, sizeof s->proxied_ip);
        s->proxied = true;
    }
    return NULL;
}

static struct err *exchange(struct rtmp_server *s, struct handshake_bytes *b, const char *name, int64_t deadline_us)
{
    struct err *e = io_read_full(s->io, b->c0c1, 1, deadline_us);
    if (!e && b->c0c1[0] == RTMP_PROXY_MARK) {
        if ((e = read_proxy_prefix(s, b->c0c1[0], deadline_us)))
            return e;
        e = io_read_full(s->io, b->c0c1, 1, deadline_us);
    }
    if (e)
        return err_wrap(e, "read C0");
    if (b->c0c1[0] != RTMP_VERSION)
        return err_new(E_RTMP_PLAIN_REQUIRED, "C0 says version %u, only %d is spoken here", b->c0c1[0], RTMP_VERSION);
    if ((e = io_read_full(s->io, b->c0c1 + 1, RTMP_C1_LEN, deadline_us)))
        return err_wrap(e, "read C1");
    if ((e = rtmp_handshake_answer(b->c0c1, b->s0s1s2, name, (uint32_t)(wall_now_us() / US_PER_SECOND), &s->handshake)))
        return e;
    if ((e = io_write(s->io, b->s0s1s2, sizeof b->s0s1s2, deadline_us)))
        return err_wrap(e, "write S0, S1 and S2");
    rtmp_receive_acknowledge_at_once(s);
    if ((e = io_read_full(s->io, b->c0c1, RTMP_C2_LEN, deadline_us))) /* what it says is not checked */
        return err_wrap(e, "read C2");
    return NULL;
}

struct err *rtmp_server_handshake(struct rtmp_server *s, const char *name, int64_t deadline_us)
{
    /* A connection that says nothing is given nothing. */
    struct err *e = io_wait_readable(s->io, deadline_us);
    if (e)
        return err_wrap(e, "wait for C0");
    struct handshake_bytes *bytes = mem_alloc(sizeof *bytes);
    e = bytes ? exchange(s, bytes, name, deadline_us) : err_no_memory();
    mem_free(bytes);
    return e;
}

/* ---- connect ---- */

/* A text of connect's object, cut where it is too long: only the tcUrl must be whole. */
static struct amf0_text text_of(const struct rtmp_call *call, const char *name)
{
    struct amf0_text text = amf0_get_string(call->object, name);
    if (!text.p)
        return (struct amf0_text){ "", 0 };
    text.len = strnlen(text.p, text.len < RTMP_URL_MAX ? text.len : RTMP_URL_MAX);
    return text;
}

static const char *put(char **at, struct amf0_text text)
{
    char *start = *at;
    memcpy(start, text.p, text.len);
    start[text.len] = '\0';
    *at += text.len + 1;
    return start;
}

/* Keep the second object of connect as it is: it is passed on to an origin. */
static struct err *keep_args(struct rtmp_request *req, const struct rtmp_call *call)
{
    struct rd      r = call->args;
    enum amf0_type type = amf0_peek(&r);
    if (type != AMF0_OBJECT && type != AMF0_ECMA_ARRAY)
        return NULL;
    amf0_skip(&r);
    size_t len = (size_t)(r.p - call->args.p);
    if (r.bad || len > RTMP_ARGS_MAX)
        return NULL;
    req->args = mem_alloc(len);
    if (!req->args)
        return err_no_memory();
    memcpy(req->args, call->args.p, len);
    req->args_len = len;
    return NULL;
}

static struct err *read_connect(struct rtmp_request *req, const struct rtmp_call *call)
{
    if (call->kind != RTMP_CALL_CONNECT)
        return err_new(E_RTMP_REQ_CONNECT, "the first command is %.*s, not connect",
                       call->name.len < 64 ? (int)call->name.len : 64, call->name.p);
    struct amf0_text given = amf0_get_string(call->object, "tcUrl");
    if (!given.len)
        return err_new(E_RTMP_REQ_CONNECT, "connect without tcUrl");
    struct amf0_text tc_url = text_of(call, "tcUrl"), page_url = text_of(call, "pageUrl"),
                     swf_url = text_of(call, "swfUrl");
    if (tc_url.len < given.len)
        return err_new(E_LIMIT, "a tcUrl of %zu bytes, or with a NUL in it", given.len);
    req->block = mem_alloc(tc_url.len + page_url.len + swf_url.len + 3);
    if (!req->block)
        return err_no_memory();
    char *at = req->block;
    req->tc_url = put(&at, tc_url);
    req->page_url = put(&at, page_url);
    req->swf_url = put(&at, swf_url);
    req->connect_tid = call->tid;
    req->object_encoding = amf0_get_number(call->object, "objectEncoding", 0);
    struct err *e = keep_args(req, call);
    return e ? e : rtmp_url_parse(&req->url, req->tc_url, NULL);
}

struct err *rtmp_server_connect(struct rtmp_server *s, struct rtmp_request *req, int64_t deadline_us)
{
    struct rtmp_message msg;
    struct rtmp_call    call;
    *req = (struct rtmp_request){ .tc_url = "", .page_url = "", .swf_url = "" };
    rtmp_url_finish(&req->url);
    struct err *e = rtmp_receive_call(s, &msg, &call, deadline_us);
    if (e)
        return e;
    e = read_connect(req, &call);
    frame_unref(&msg.payload);
    return e;
}

struct err *rtmp_server_reply_connect(struct rtmp_server *s, const struct rtmp_request *req,
                                      const struct rtmp_server_settings *settings,
                                      const struct rtmp_connect_result  *result)
{
    struct rtmp_reply r;
    struct err       *e = rtmp_reply_begin(&r, s);
    if (e)
        return e;
    if (settings->in_ack_size && !s->ack_window)
        s->ack_window = settings->in_ack_size;
    if (settings->out_ack_size)
        rtmp_write_window_ack_size(&r.wire, settings->out_ack_size);
    rtmp_write_set_peer_bandwidth(&r.wire, PEER_BANDWIDTH, RTMP_LIMIT_DYNAMIC);
    rtmp_write_set_chunk_size(&r.wire, settings->chunk_size);
    s->out_chunk_size = settings->chunk_size;

    struct rtmp_connect_result own = *result;
    own.tid = req->connect_tid;
    own.object_encoding = req->object_encoding;
    rtmp_write_connect_result(&r.body, &own);
    rtmp_reply_add(&r, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    rtmp_write_bw_done(&r.body);
    rtmp_reply_add(&r, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    return rtmp_reply_send(&r);
}

struct err *rtmp_server_reject_connect(struct rtmp_server *s, const struct rtmp_request *req, const char *description)
{
    struct rtmp_reply r;
    struct err       *e = rtmp_reply_begin(&r, s);
    if (e)
        return e;
    rtmp_write_connect_rejected(&r.body, req->connect_tid, description);
    rtmp_reply_add(&r, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    return rtmp_reply_send(&r);
}

/* ---- play and publish ---- */

struct err *rtmp_server_start_play(struct rtmp_server *s)
{
    struct rtmp_reply r;
    struct err       *e = rtmp_reply_begin(&r, s);
    if (e)
        return e;
    rtmp_write_user_control(&r.wire, RTMP_EVENT_STREAM_BEGIN, RTMP_MSID);
    rtmp_reply_add_status(&r, RTMP_STATUS_PLAY_RESET);
    rtmp_reply_add_status(&r, RTMP_STATUS_PLAY_START);
    rtmp_write_sample_access(&r.body);
    rtmp_reply_add(&r, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_DATA);
    return rtmp_reply_send(&r);
}

struct err *rtmp_server_start_publish(struct rtmp_server *s, enum rtmp_role role)
{
    struct rtmp_reply r;
    struct err       *e = rtmp_reply_begin(&r, s);
    if (e)
        return e;
    if (role != RTMP_FLASH_PUBLISH) {
        rtmp_write_on_fc_publish(&r.body);
        rtmp_reply_add(&r, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
    }
    rtmp_reply_add_status(&r, RTMP_STATUS_PUBLISH_START);
    return rtmp_reply_send(&r);
}

struct err *rtmp_server_refuse(struct rtmp_server *s, enum rtmp_role role, enum rtmp_refusal why,
                               const char *description)
{
    static const struct {
        const char *publish, *play;
    } codes[] = {
        [RTMP_REFUSE_BUSY] = { "NetStream.Publish.BadName", "NetStream.Play.Failed" },
        [RTMP_REFUSE_DENIED] = { "NetStream.Publish.Denied", "NetStream.Play.Failed" },
        [RTMP_REFUSE_NOT_FOUND] = { "NetStream.Publish.Denied", "NetStream.Play.StreamNotFound" },
        [RTMP_REFUSE_FAILED] = { "NetStream.Publish.Failed", "NetStream.Play.Failed" },
    };
    struct rtmp_reply r;
    struct err       *e = rtmp_reply_begin(&r, s);
    if (e)
        return e;
    rtmp_write_status_error(&r.body, role == RTMP_PLAY ? codes[why].play : codes[why].publish, description);
    rtmp_reply_add(&r, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
    return rtmp_reply_send(&r);
}

struct err *rtmp_server_decode(const struct rtmp_message *msg, struct rtmp_call *call)
{
    if (msg->type_id == RTMP_TYPE_COMMAND)
        return rtmp_call_decode(call, msg->type_id, msg->payload->data, msg->payload->len);
    *call = (struct rtmp_call){ .kind = RTMP_CALL_OTHER };
    return NULL;
}

struct err *rtmp_server_reply_unknown(struct rtmp_server *s, const struct rtmp_call *call)
{
    bool is_answer = call->kind == RTMP_CALL_RESULT || call->kind == RTMP_CALL_ERROR || call->kind == RTMP_CALL_STATUS;
    return call->tid > 0 && !is_answer ? rtmp_reply_result(s, 0, call->tid, rtmp_write_result_null) : NULL;
}

struct err *rtmp_server_reply_pause(struct rtmp_server *s, bool pause)
{
    struct rtmp_reply r;
    struct err       *e = rtmp_reply_begin(&r, s);
    if (e)
        return e;
    rtmp_reply_add_status(&r, pause ? RTMP_STATUS_PAUSE : RTMP_STATUS_UNPAUSE);
    rtmp_write_user_control(&r.wire, pause ? RTMP_EVENT_STREAM_EOF : RTMP_EVENT_STREAM_BEGIN, RTMP_MSID);
    return rtmp_reply_send(&r);
}

enum rtmp_publish_call rtmp_server_judge_publish_call(enum rtmp_role role, const struct rtmp_call *call)
{
    switch (call->kind) {
    case RTMP_CALL_FC_UNPUBLISH:
    case RTMP_CALL_CLOSE_STREAM:
    case RTMP_CALL_DELETE_STREAM: return RTMP_PUBLISH_ENDS;
    case RTMP_CALL_PUBLISH:
        if (rtmp_call_is_stop(call))
            return RTMP_PUBLISH_ENDS;
        break;
    case RTMP_CALL_PLAY:
    case RTMP_CALL_CREATE_STREAM:
    case RTMP_CALL_RELEASE_STREAM:
    case RTMP_CALL_FC_PUBLISH: break;
    default: return RTMP_PUBLISH_GOES_ON;
    }
    return role == RTMP_FLASH_PUBLISH ? RTMP_PUBLISH_GIVES_WAY : RTMP_PUBLISH_GOES_ON;
}

struct err *rtmp_server_end_publish(struct rtmp_server *s, enum rtmp_role role, const struct rtmp_call *call)
{
    if (role == RTMP_FLASH_PUBLISH)
        return rtmp_server_reply_unknown(s, call);
    struct rtmp_reply r;
    struct err       *e = rtmp_reply_begin(&r, s);
    if (e)
        return e;
    if (call->kind == RTMP_CALL_FC_UNPUBLISH) {
        rtmp_write_on_fc_unpublish(&r.body);
        rtmp_reply_add(&r, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
        rtmp_write_result_undefined(&r.body, call->tid);
        rtmp_reply_add(&r, RTMP_CSID_COMMAND, RTMP_MSID, RTMP_TYPE_COMMAND);
    } else if (call->tid > 0) {
        rtmp_write_result_null(&r.body, call->tid);
        rtmp_reply_add(&r, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    }
    rtmp_reply_add_status(&r, RTMP_STATUS_UNPUBLISH_SUCCESS);
    return rtmp_reply_send(&r);
}

struct err *rtmp_server_send_status(struct rtmp_server *s, enum rtmp_status status)
{
    struct rtmp_reply r;
    struct err       *e = rtmp_reply_begin(&r, s);
    if (e)
        return e;
    rtmp_reply_add_status(&r, status);
    return rtmp_reply_send(&r);
}

struct err *rtmp_server_send_event(struct rtmp_server *s, enum rtmp_user_event event)
{
    return rtmp_send_user_control(s, event, RTMP_MSID);
}

struct err *rtmp_server_redirect(struct rtmp_server *s, const char *redirect, const char *redirect2,
                                 int64_t deadline_us, bool *accepted)
{
    struct rtmp_reply r;
    struct err       *e = rtmp_reply_begin(&r, s);
    *accepted = false;
    if (e)
        return e;
    rtmp_write_redirect(&r.body, redirect, redirect2);
    rtmp_reply_add(&r, RTMP_CSID_STREAM, 0, RTMP_TYPE_COMMAND);
    if ((e = rtmp_reply_send(&r)))
        return err_wrap(e, "redirect");
    while (!e && !*accepted) {
        struct rtmp_message msg;
        struct rtmp_call    call;
        if ((e = rtmp_receive_call(s, &msg, &call, deadline_us)))
            break;
        *accepted = call.text.p != NULL;
        frame_unref(&msg.payload);
    }
    if (err_code(e) == E_SOCKET_TIMEOUT) { /* it did not answer, which it need not */
        err_free(e);
        e = NULL;
    }
    return err_wrap(e, "redirect");
}
