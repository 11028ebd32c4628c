#include "protocol/rtmp/server.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtmp/outbox.h"

/* Most bytes that clients may send without an acknowledgement; all known clients accept this number. */
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
    *s = (struct rtmp_server){ .handshake = RTMP_HANDSHAKE_PLAIN };
    rtmp_link_init(&s->link, io);
}

void rtmp_server_finish(struct rtmp_server *s)
{
    rtmp_link_finish(&s->link);
}

/* ---- replies ---- */

static void add_status(struct rtmp_outbox *o, enum rtmp_status status)
{
    rtmp_write_status(&o->body, status);
    rtmp_outbox_add(o, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
}

struct err *rtmp_server_reply_result(struct rtmp_server *s, double tid, rtmp_write_result *write)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    if (e)
        return e;
    write(&o.body, tid);
    rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    return rtmp_outbox_send(&o);
}

/* ---- handshake ---- */

struct handshake_bytes {
    uint8_t c0c1[RTMP_C0C1_LEN], s0s1s2[RTMP_S0S1S2_LEN];
};

static struct err *read_proxy_prefix(struct rtmp_server *s, uint8_t first, int64_t deadline_us)
{
    uint8_t     header[RTMP_PROXY_HEADER_LEN] = { first }, data[RTMP_PROXY_DATA_MAX];
    size_t      len = 0;
    struct err *e = io_read_full(s->link.io, header + 1, sizeof header - 1, deadline_us);
    if (!e)
        e = rtmp_handshake_proxy_len(header, &len);
    if (!e)
        e = io_read_full(s->link.io, data, len, deadline_us);
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
    struct err *e = io_read_full(s->link.io, b->c0c1, 1, deadline_us);
    if (!e && b->c0c1[0] == RTMP_PROXY_MARK) {
        if ((e = read_proxy_prefix(s, b->c0c1[0], deadline_us)))
            return e;
        e = io_read_full(s->link.io, b->c0c1, 1, deadline_us);
    }
    if (e)
        return err_wrap(e, "read C0");
    if (b->c0c1[0] != RTMP_VERSION)
        return err_new(E_RTMP_PLAIN_REQUIRED, "C0 says version %u, only %d is spoken here", b->c0c1[0], RTMP_VERSION);
    if ((e = io_read_full(s->link.io, b->c0c1 + 1, RTMP_C1_LEN, deadline_us)))
        return err_wrap(e, "read C1");
    if ((e = rtmp_handshake_answer(b->c0c1, b->s0s1s2, name, (uint32_t)(wall_now_us() / US_PER_SECOND), &s->handshake)))
        return e;
    if ((e = io_write(s->link.io, b->s0s1s2, sizeof b->s0s1s2, deadline_us)))
        return err_wrap(e, "write S0, S1 and S2");
    rtmp_link_acknowledge_at_once(&s->link);
    if ((e = io_read_full(s->link.io, b->c0c1, RTMP_C2_LEN, deadline_us))) /* C2 is not checked. */
        return err_wrap(e, "read C2");
    return NULL;
}

struct err *rtmp_server_handshake(struct rtmp_server *s, const char *name, int64_t deadline_us)
{
    /* Nothing is allocated before the client has sent something. */
    struct err *e = io_wait_readable(s->link.io, deadline_us);
    if (e)
        return err_wrap(e, "wait for C0");
    struct handshake_bytes *bytes = mem_alloc(sizeof *bytes);
    e = bytes ? exchange(s, bytes, name, deadline_us) : err_no_memory();
    mem_free(bytes);
    return e;
}

/* ---- connect ---- */

struct err *rtmp_server_reject(struct rtmp_server *s, const struct rtmp_request *req, const char *description)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    if (e)
        return e;
    rtmp_write_connect_rejected(&o.body, req->connect_tid, description);
    rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    return rtmp_outbox_send(&o);
}

/* True if the client has made the error, and is neither gone nor slow. */
static bool is_told(enum err_code code)
{
    return code == E_RTMP_REQ_CONNECT || code == E_RTMP_REQ_TCURL || code == E_RTMP_AMF0_DECODE || code == E_LIMIT;
}

struct err *rtmp_server_connect(struct rtmp_server *s, struct rtmp_request *req, int64_t deadline_us, bool *told)
{
    struct rtmp_message msg = { 0 };
    struct rtmp_call    call;
    *told = false;
    rtmp_request_init(req);
    struct err *e = rtmp_link_read_call(&s->link, &msg, &call, deadline_us);
    if (!e)
        e = rtmp_request_read(req, &call);
    frame_unref(&msg.payload);
    *told = is_told(err_code(e));
    if (*told) {
        char text[ERR_TEXT_MAX];
        err_free(rtmp_server_reject(s, req, err_text(e, text, sizeof text))); /* The connection ends in any case. */
    }
    return e;
}

struct err *rtmp_server_reply_connect(struct rtmp_server *s, const struct rtmp_request *req,
                                      const struct rtmp_server_settings *settings,
                                      const struct rtmp_connect_result  *result)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    if (e)
        return e;
    if (settings->in_ack_size && !s->link.ack_window)
        s->link.ack_window = settings->in_ack_size;
    if (settings->out_ack_size)
        rtmp_write_window_ack_size(&o.wire, settings->out_ack_size);
    rtmp_write_set_peer_bandwidth(&o.wire, PEER_BANDWIDTH, RTMP_LIMIT_DYNAMIC);
    rtmp_outbox_set_chunk_size(&o, settings->chunk_size);

    struct rtmp_connect_result own = *result;
    own.tid = req->connect_tid;
    own.object_encoding = req->object_encoding;
    rtmp_write_connect_result(&o.body, &own);
    rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    rtmp_write_bw_done(&o.body);
    rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    return rtmp_outbox_send(&o);
}

/* ---- play and publish ---- */

struct err *rtmp_server_start_play(struct rtmp_server *s)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    if (e)
        return e;
    rtmp_write_user_control(&o.wire, RTMP_EVENT_STREAM_BEGIN, RTMP_MSID);
    add_status(&o, RTMP_STATUS_PLAY_RESET);
    add_status(&o, RTMP_STATUS_PLAY_START);
    rtmp_write_sample_access(&o.body);
    rtmp_outbox_add(&o, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_DATA);
    return rtmp_outbox_send(&o);
}

struct err *rtmp_server_start_publish(struct rtmp_server *s, enum rtmp_role role)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    if (e)
        return e;
    if (role != RTMP_FLASH_PUBLISH) {
        rtmp_write_on_fc_publish(&o.body);
        rtmp_outbox_add(&o, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
    }
    add_status(&o, RTMP_STATUS_PUBLISH_START);
    return rtmp_outbox_send(&o);
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
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    if (e)
        return e;
    rtmp_write_status_error(&o.body, role == RTMP_PLAY ? codes[why].play : codes[why].publish, description);
    rtmp_outbox_add(&o, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
    return rtmp_outbox_send(&o);
}

static void write_no_length(struct wr *w, double tid)
{
    rtmp_write_result_number(w, tid, 0);
}

static struct err *reply_fc_subscribe(struct rtmp_server *s, const struct rtmp_call *call)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    if (e)
        return e;
    if (call->tid > 0) {
        rtmp_write_result_null(&o.body, call->tid);
        rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    }
    rtmp_write_on_fc_subscribe(&o.body);
    rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    return rtmp_outbox_send(&o);
}

struct err *rtmp_server_reply_unknown(struct rtmp_server *s, const struct rtmp_call *call)
{
    rtmp_write_result *write = rtmp_write_result_null;
    switch (call->kind) {
    case RTMP_CALL_RESULT:
    case RTMP_CALL_ERROR:
    case RTMP_CALL_STATUS: return NULL;
    case RTMP_CALL_FC_SUBSCRIBE: return reply_fc_subscribe(s, call);
    case RTMP_CALL_GET_STREAM_LENGTH: write = write_no_length; break;
    default: break;
    }
    return call->tid > 0 ? rtmp_server_reply_result(s, call->tid, write) : NULL;
}

struct err *rtmp_server_reply_pause(struct rtmp_server *s, bool pause)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    if (e)
        return e;
    add_status(&o, pause ? RTMP_STATUS_PAUSE : RTMP_STATUS_UNPAUSE);
    rtmp_write_user_control(&o.wire, pause ? RTMP_EVENT_STREAM_EOF : RTMP_EVENT_STREAM_BEGIN, RTMP_MSID);
    return rtmp_outbox_send(&o);
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
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    if (e)
        return e;
    if (call->kind == RTMP_CALL_FC_UNPUBLISH) {
        rtmp_write_on_fc_unpublish(&o.body);
        rtmp_outbox_add(&o, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
        rtmp_write_result_undefined(&o.body, call->tid);
        rtmp_outbox_add(&o, RTMP_CSID_COMMAND, RTMP_MSID, RTMP_TYPE_COMMAND);
    } else if (call->tid > 0) {
        rtmp_write_result_null(&o.body, call->tid);
        rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    }
    add_status(&o, RTMP_STATUS_UNPUBLISH_SUCCESS);
    return rtmp_outbox_send(&o);
}

struct err *rtmp_server_send_status(struct rtmp_server *s, enum rtmp_status status)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    if (e)
        return e;
    add_status(&o, status);
    return rtmp_outbox_send(&o);
}

struct err *rtmp_server_end_play(struct rtmp_server *s)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    if (e)
        return e;
    rtmp_write_user_control(&o.wire, RTMP_EVENT_STREAM_EOF, RTMP_MSID);
    rtmp_write_play_complete(&o.body);
    rtmp_outbox_add(&o, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_DATA);
    add_status(&o, RTMP_STATUS_PLAY_STOP);
    return rtmp_outbox_send(&o);
}

struct err *rtmp_server_send_event(struct rtmp_server *s, enum rtmp_user_event event)
{
    return rtmp_link_send_event(&s->link, event, RTMP_MSID);
}

struct err *rtmp_server_redirect(struct rtmp_server *s, const char *redirect, const char *redirect2,
                                 int64_t deadline_us, bool *accepted)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &s->link);
    *accepted = false;
    if (e)
        return e;
    rtmp_write_redirect(&o.body, redirect, redirect2);
    rtmp_outbox_add(&o, RTMP_CSID_STREAM, 0, RTMP_TYPE_COMMAND);
    if ((e = rtmp_outbox_send(&o)))
        return err_wrap(e, "redirect");
    while (!e && !*accepted) {
        struct rtmp_message msg;
        struct rtmp_call    call;
        if ((e = rtmp_link_read_call(&s->link, &msg, &call, deadline_us)))
            break;
        *accepted = call.text.p != NULL;
        frame_unref(&msg.payload);
    }
    *accepted |= err_code(e) == E_END_OF_STREAM; /* A client that closes follows the redirect. */
    return err_wrap(err_except(err_except(e, E_SOCKET_TIMEOUT), E_END_OF_STREAM), "redirect");
}
