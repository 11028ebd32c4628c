#include "protocol/rtmp/request.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtmp/authmod.h"
#include "protocol/rtmp/tc_url.h"

/* RTMP 1.0, 7.2.1.1: the transaction id of every connect. */
enum { CONNECT_TID = 1 };

void rtmp_request_init(struct rtmp_request *req)
{
    *req = (struct rtmp_request){ .tc_url = "", .page_url = "", .swf_url = "", .connect_tid = CONNECT_TID };
    rtmp_url_finish(&req->url);
}

void rtmp_request_finish(struct rtmp_request *req)
{
    rtmp_url_finish(&req->url);
    mem_free(req->args);
    mem_free(req->block);
    rtmp_request_init(req);
}

/* Read a text of connect's object that is shown in the API and the log. A text that is too long is cut. */
static struct amf0_text text_of(const struct rtmp_call *call, const char *name)
{
    struct amf0_text text = amf0_get_string(call->object, name);
    if (!text.p)
        return (struct amf0_text){ "", 0 };
    text.len = strnlen(text.p, text.len < RTMP_URL_MAX ? text.len : RTMP_URL_MAX);
    return text;
}

/* Keep the second object of connect byte for byte: an edge passes it on to its origin. */
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

/* Encoders say so before they publish: FMLE, OBS and ffmpeg by flashVer, librtmp by type. */
static bool is_of_encoder(const struct rtmp_call *call)
{
    struct amf0_text version = amf0_get_string(call->object, "flashVer"), type = amf0_get_string(call->object, "type");
    return (version.p && version.len >= 5 && memcmp(version.p, "FMLE/", 5) == 0) ||
           (version.p && version.len >= 9 && memcmp(version.p, "Wirecast/", 9) == 0) ||
           (type.p && amf0_text_is(type, "nonprivate"));
}

/* Read the address that the client connects to: the tcUrl, completed by the app (tc_url.h). */
static struct err *read_address(char to[static RTMP_URL_MAX + 1], const struct rtmp_call *call)
{
    struct amf0_text tc_url = amf0_get_string(call->object, "tcUrl"), app = amf0_get_string(call->object, "app");
    struct err      *e = rtmp_tc_url_complete(to, tc_url.p ? tc_url.p : "", tc_url.len, app.p ? app.p : "", app.len);
    if (!e)
        authmod_tidy(to);
    return e;
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

struct err *rtmp_request_read(struct rtmp_request *req, const struct rtmp_call *call)
{
    req->connect_tid = call->tid;
    if (call->kind != RTMP_CALL_CONNECT)
        return err_new(E_RTMP_REQ_CONNECT, "the first command is %.*s, not connect",
                       call->name.len < 64 ? (int)call->name.len : 64, call->name.p);
    req->object_encoding = amf0_get_number(call->object, "objectEncoding", 0);
    req->is_encoder = is_of_encoder(call);
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
