#include "app/rtc/api.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/http/conn.h"
#include "app/rtc/ask.h"
#include "app/rtc/peer.h"
#include "app/rtc/problem.h"
#include "core/jr.h"
#include "core/jw.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/status.h"
#include "protocol/rtmp/url.h"

enum {
    CODE_FAILED = 400,
    BODY_MAX = 2 * SDP_BYTES_MAX, /* Each line of an SDP ends with two escapes. */
};

/* The texts of one request. */
struct call {
    struct rtmp_url url;
    char            address[RTMP_URL_MAX], tc_url[RTMP_URL_MAX];
    char            sdp[SDP_BYTES_MAX + 1];
};

static struct err *reply(struct http_exchange *x, struct jw *j)
{
    struct err *e = buf_error(&j->text);
    if (!e)
        e = http_reply(x, HTTP_STATUS_OK, "application/json", j->text.bytes, j->text.len);
    jw_finish(j);
    return e;
}

static struct err *fail(struct http_exchange *x, const char *why)
{
    struct jw j = JW_INIT;
    jw_object(&j, NULL);
    jw_int(&j, "code", CODE_FAILED);
    jw_string(&j, "msg", why);
    jw_object_end(&j);
    return reply(x, &j);
}

static struct err *succeed(struct http_exchange *x, const struct rtc_opened *opened)
{
    const struct session_door *door = &http_conn_of(x)->server->door;
    struct jw                  j = JW_INIT;
    char                       pid[16], id[sizeof opened->peer->ufrag + 1 + sizeof opened->peer->agreed->remote_ufrag];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    snprintf(id, sizeof id, "%s:%s", opened->peer->ufrag, opened->peer->agreed->remote_ufrag);
    jw_object(&j, NULL);
    jw_int(&j, "code", 0);
    jw_string(&j, "server", door->server_id);
    jw_string(&j, "service", door->service_id);
    jw_string(&j, "pid", pid);
    jw_text(&j, "sdp", opened->sdp.bytes, opened->sdp.len);
    jw_string(&j, "sessionid", id);
    jw_object_end(&j);
    return reply(x, &j);
}

/* True if the URL takes the same request: its path is that of this one. Other URLs have no place in an answer of the API. */
static bool takes_request(const char *url, const struct http_request *r)
{
    const char *authority = strstr(url, "://");
    const char *path = authority ? strchr(authority + strlen("://"), '/') : NULL;
    size_t      len = strlen(r->raw_path);
    return path && strncmp(path, r->raw_path, len) == 0 && (!path[len] || path[len] == '?');
}

static struct err *refuse(struct http_exchange *x, const struct rtc_opened *opened, struct err *why)
{
    struct rtc_refusal refusal = rtc_refusal_of(opened, why);
    log_err(LOG_WARN, why, "HTTP client ip=%s refused, %s", http_visit_of(x)->ip, http_request_of(x)->path);
    if (opened->place && takes_request(opened->place, http_request_of(x)))
        return http_reply_redirect(x, HTTP_STATUS_TEMPORARY_REDIRECT, opened->place);
    return fail(x, refusal.detail);
}

/* A client that another server has sent here names that one in its body. */
static const char *host_for_media(const struct http_request *r, const struct call *call)
{
    return http_request_param(r, SESSION_HOP_PARAM) && *r->host ? r->host : call->url.host;
}

static struct err *open_session(struct http_exchange *x, struct rtc_request *q, const struct call *call)
{
    struct rtc_opened opened;
    q->host = call->url.vhost;
    q->api_host = host_for_media(http_request_of(x), call);
    q->app = call->url.app;
    q->stream = call->url.stream;
    q->param = call->url.param;
    q->tc_url = call->tc_url;
    q->offer = call->sdp;
    q->offer_len = strlen(call->sdp);
    struct err *e = rtc_open(http_conn_of(x)->server, q, &opened);
    e = e ? refuse(x, &opened, e) : succeed(x, &opened);
    buf_finish(&opened.sdp);
    mem_free(opened.place);
    return e;
}

/* The tcUrl of a streamurl is what stands before the stream. */
static void take_tc_url(struct call *call)
{
    struct str  out = str_over(call->tc_url, sizeof call->tc_url);
    const char *path = strstr(call->address, "://");
    size_t      len = strcspn(call->address, "?");
    path = path ? path + strlen("://") : call->address;
    while (call->address + len > path && call->address[len] != '/')
        len--;
    str_append(&out, call->address, len);
}

/* Take what the body says; the sentence that tells what is wrong with it, or NULL. */
static const char *take_body(struct call *call, const char *body, size_t len)
{
    struct jr_value root, member;
    if (!jr_parse(body, len, &root) || root.kind != JR_OBJECT)
        return "The body is no JSON object.";
    if (!jr_member(&root, "sdp", &member) || !jr_string(&member, call->sdp, sizeof call->sdp))
        return "The body has no sdp of at most 64 KiB.";
    if (!jr_member(&root, "streamurl", &member) || !jr_string(&member, call->address, sizeof call->address))
        return "The body has no streamurl.";
    struct err *e = rtmp_url_parse(&call->url, call->address, "");
    bool        is_named = !e && *call->url.stream;
    err_free(e);
    take_tc_url(call);
    return is_named ? NULL : "The streamurl is not of the form webrtc://host/app/stream.";
}

static struct err *serve(struct http_exchange *x, bool is_play, struct call *call)
{
    struct rtc_request q;
    const char        *body = NULL;
    size_t             len = 0;
    struct err        *e = http_read_body(x, BODY_MAX, &body, &len);
    if (e)
        return e;
    if (!rtc_ask_fill(&q, x, is_play))
        return fail(x, "ice-ufrag has 4 to 32 characters, ice-pwd 22 to 32.");
    const char *wrong = take_body(call, body, len);
    return wrong ? fail(x, wrong) : open_session(x, &q, call);
}

static struct err *handle(struct http_exchange *x, bool is_play)
{
    if (http_request_of(x)->method != HTTP_POST)
        return fail(x, "An offer is posted.");
    struct call *call = mem_calloc(1, sizeof *call);
    if (!call)
        return err_no_memory();
    struct err *e = serve(x, is_play, call);
    rtmp_url_finish(&call->url);
    mem_free(call);
    return e;
}

struct err *rtc_api_publish(struct http_exchange *x)
{
    return handle(x, false);
}

struct err *rtc_api_play(struct http_exchange *x)
{
    return handle(x, true);
}
