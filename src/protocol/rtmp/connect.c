/* The server's side of a connect. */
#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtmp/receive.h"
#include "protocol/rtmp/reply.h"
#include "protocol/rtmp/server.h"
#include "protocol/rtmp/tc_url.h"

/* What we tell clients to send at most without an acknowledgement; a number that is known to suit all. */
enum { PEER_BANDWIDTH = 2500000 };

/* RTMP 1.0, 7.2.1.1: the transaction id of every connect. */
enum { CONNECT_TID = 1 };

void rtmp_request_finish(struct rtmp_request *req)
{
    rtmp_url_finish(&req->url);
    mem_free(req->args);
    mem_free(req->block);
    *req = (struct rtmp_request){ .url = req->url, .tc_url = "", .page_url = "", .swf_url = "" };
}

/* A text of connect's object that is told and logged, cut where it is too long. */
static struct amf0_text text_of(const struct rtmp_call *call, const char *name)
{
    struct amf0_text text = amf0_get_string(call->object, name);
    if (!text.p)
        return (struct amf0_text){ "", 0 };
    text.len = strnlen(text.p, text.len < RTMP_URL_MAX ? text.len : RTMP_URL_MAX);
    return text;
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

/* What the connection is about: the tcUrl, completed by the app (tc_url.h). */
static struct err *read_address(char to[static RTMP_URL_MAX + 1], const struct rtmp_call *call)
{
    struct amf0_text tc_url = amf0_get_string(call->object, "tcUrl"), app = amf0_get_string(call->object, "app");
    return rtmp_tc_url_complete(to, tc_url.p ? tc_url.p : "", tc_url.len, app.p ? app.p : "", app.len);
}

static struct err *keep_texts(struct rtmp_request *req, const struct rtmp_call *call, const char *tc_url)
{
    struct amf0_text address = { tc_url, strlen(tc_url) };
    struct amf0_text page_url = text_of(call, "pageUrl"), swf_url = text_of(call, "swfUrl");
    req->block = mem_alloc(address.len + page_url.len + swf_url.len + 3);
    if (!req->block)
        return err_no_memory();
    char *at = req->block;
    req->tc_url = str_pack(&at, address.p, address.len);
    req->page_url = str_pack(&at, page_url.p, page_url.len);
    req->swf_url = str_pack(&at, swf_url.p, swf_url.len);
    return NULL;
}

static struct err *read_connect(struct rtmp_request *req, const struct rtmp_call *call)
{
    req->connect_tid = call->tid;
    if (call->kind != RTMP_CALL_CONNECT)
        return err_new(E_RTMP_REQ_CONNECT, "the first command is %.*s, not connect",
                       call->name.len < 64 ? (int)call->name.len : 64, call->name.p);
    req->object_encoding = amf0_get_number(call->object, "objectEncoding", 0);
    char *tc_url = mem_alloc(RTMP_URL_MAX + 1);
    if (!tc_url)
        return err_no_memory();
    struct err *e = read_address(tc_url, call);
    if (!e)
        e = keep_texts(req, call, tc_url);
    mem_free(tc_url);
    if (!e)
        e = keep_args(req, call);
    return e ? e : rtmp_url_parse(&req->url, req->tc_url, NULL);
}

/* The reason is the client's fault, and not that it is gone or slow. */
static bool is_told(enum err_code code)
{
    return code == E_RTMP_REQ_CONNECT || code == E_RTMP_REQ_TCURL || code == E_RTMP_AMF0_DECODE || code == E_LIMIT;
}

struct err *rtmp_server_connect(struct rtmp_server *s, struct rtmp_request *req, int64_t deadline_us, bool *told)
{
    struct rtmp_message msg = { 0 };
    struct rtmp_call    call;
    *told = false;
    *req = (struct rtmp_request){ .tc_url = "", .page_url = "", .swf_url = "", .connect_tid = CONNECT_TID };
    rtmp_url_finish(&req->url);
    struct err *e = rtmp_receive_call(s, &msg, &call, deadline_us);
    if (!e)
        e = read_connect(req, &call);
    frame_unref(&msg.payload);
    *told = is_told(err_code(e));
    if (*told) {
        char text[ERR_TEXT_MAX];
        err_free(rtmp_server_reject_connect(s, req, err_text(e, text, sizeof text))); /* it ends in any case */
    }
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
