#include "protocol/rtmp/server.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtmp/receive.h"
#include "protocol/rtmp/reply.h"

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
    s->in.unfinished.io = io;
    rtmp_chunk_reader_expect_media(&s->in, false);
}

void rtmp_server_finish(struct rtmp_server *s)
{
    rtmp_receive_forget(s);
    frame_unref(&s->aggregate.payload);
    frame_unref(&s->unread.payload);
    rtmp_chunk_reader_finish(&s->in);
    s->io = NULL;
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

static void write_no_length(struct wr *w, double tid)
{
    rtmp_write_result_number(w, tid, 0);
}

static struct err *reply_fc_subscribe(struct rtmp_server *s, const struct rtmp_call *call)
{
    struct rtmp_reply r;
    struct err       *e = rtmp_reply_begin(&r, s);
    if (e)
        return e;
    if (call->tid > 0) {
        rtmp_write_result_null(&r.body, call->tid);
        rtmp_reply_add(&r, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    }
    rtmp_write_on_fc_subscribe(&r.body);
    rtmp_reply_add(&r, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    return rtmp_reply_send(&r);
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
    return call->tid > 0 ? rtmp_reply_result(s, 0, call->tid, write) : NULL;
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
