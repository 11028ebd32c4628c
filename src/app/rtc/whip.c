#include "app/rtc/whip.h"

#include <string.h>
#include <strings.h>

#include "app/http/conn.h"
#include "app/rtc/ask.h"
#include "app/rtc/ice_servers.h"
#include "app/rtc/peer.h"
#include "app/rtc/peers.h"
#include "app/rtc/problem.h"
#include "app/rtc/session_url.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/status.h"
#include "protocol/rtc/sdp_answer.h"

static const char fragment_type[] = "application/trickle-ice-sdpfrag";

/* True if the field Content-Type names that type, with parameters or without. */
static bool is_type(const char *field, const char *type)
{
    size_t len = strlen(type);
    return field && strncasecmp(field, type, len) == 0 && strchr("; \t", field[len]); /* finds the NUL as well */
}

/* ---- POST ---- */

/* Clients of SRS send an offer without a type, or as text/plain; and curl says of each body that it is a form's, in a URL's encoding. */
static bool is_refused_type(const char *field)
{
    return is_type(field, "application/json") || is_type(field, "multipart/form-data");
}

/* Read the body; NULL in *body when the request is answered already. */
static struct err *read_body(struct http_exchange *x, const char **body, size_t *len)
{
    struct err *e = http_read_body(x, SDP_BYTES_MAX, body, len);
    if (err_code(e) != E_HTTP_CONTENT_LENGTH)
        return e;
    err_free(e);
    *body = NULL;
    http_close_after(x);
    return rtc_problem(x, HTTP_STATUS_PAYLOAD_TOO_LARGE, sdp_fault_name(SDP_TOO_LONG), sdp_fault_text(SDP_TOO_LONG));
}

static const char *name_of(const struct http_request *r, const char *param, const char *otherwise)
{
    const char *value = http_request_param(r, param);
    return value && *value ? value : otherwise;
}

static struct err *answer(struct http_exchange *x, const struct rtc_opened *opened)
{
    const struct http_request *r = http_request_of(x);
    struct buf                 url = buf_up_to(RTC_SESSION_URL_MAX);
    rtc_session_url(&url, r, opened->peer);
    struct err *e = buf_error(&url);
    if (!e)
        e = http_add_field(x, "Location", url.bytes);
    if (!e)
        e = http_add_fieldf(x, "ETag", "\"%s\"", opened->peer->ufrag);
    if (!e)
        e = http_add_field(x, "Accept-Patch", fragment_type);
    if (!e)
        e = rtc_ice_servers_add(x, &http_conn_of(x)->server->conf->rtc_server.ice_servers);
    buf_finish(&url);
    return e ? e : http_reply(x, HTTP_STATUS_CREATED, "application/sdp", opened->sdp.bytes, opened->sdp.len);
}

/* `param` is the query as text, with its '?'. */
static struct err *open_session(struct http_exchange *x, struct rtc_request *q, const char *param)
{
    const struct http_request *r = http_request_of(x);
    struct rtc_opened          opened;
    q->host = http_request_vhost(r);
    q->app = name_of(r, "app", "live");
    q->stream = name_of(r, "stream", "livestream");
    q->param = param;
    q->tc_url = "";
    struct err *e = rtc_open(http_conn_of(x)->server, q, &opened);
    e = e ? rtc_problem_of(x, &opened, e) : answer(x, &opened);
    buf_finish(&opened.sdp);
    mem_free(opened.place);
    return e;
}

static struct err *post(struct http_exchange *x, bool is_play)
{
    struct rtc_request q;
    const char        *body = NULL;
    size_t             len = 0;
    if (!rtc_ask_fill(&q, x, is_play))
        return rtc_problem(x, HTTP_STATUS_BAD_REQUEST, "bad-ice",
                           "ice-ufrag has 4 to 32 characters, ice-pwd 22 to 32, of letters, digits, + and /.");
    if (is_refused_type(http_request_field(http_request_of(x), "Content-Type")))
        return rtc_problem(x, HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE, "bad-type", "POST takes an offer, application/sdp.");
    struct err *e = read_body(x, &body, &len);
    if (e || !body)
        return e;
    struct buf param = buf_up_to(HTTP_REQUEST_LINE_MAX);
    q.offer = body;
    q.offer_len = len;
    rtc_ask_put_param(&param, http_request_of(x));
    e = buf_error(&param);
    if (!e)
        e = open_session(x, &q, param.bytes ? param.bytes : "");
    buf_finish(&param);
    return e;
}

/* ---- PATCH ---- */

/* True if the field If-Match names the present credentials, or any. */
static bool is_matched(const char *field, const struct rtc_peer *peer)
{
    char       tag[sizeof peer->ufrag + 2];
    struct str out = str_over(tag, sizeof tag);
    str_printf(&out, "\"%s\"", peer->ufrag);
    return str_equal(field, "*") || strstr(field, tag);
}

static struct err *restart(struct http_exchange *x, const struct rtc_restart *q)
{
    struct buf  fragment = buf_up_to(SDP_ANSWER_BYTES_MAX);
    struct err *e = rtc_restart_ice(http_conn_of(x)->server, q, &fragment);
    if (err_code(e) == E_RTC_NO_SESSION || err_code(e) == E_RTC_INVALID_ICE) {
        int  status = err_code(e) == E_RTC_NO_SESSION ? HTTP_STATUS_NOT_FOUND : HTTP_STATUS_BAD_REQUEST;
        bool is_gone = status == HTTP_STATUS_NOT_FOUND;
        err_free(e);
        e = rtc_problem(x, status, is_gone ? "no-session" : "bad-ice",
                        is_gone ? "There is no such session." : sdp_fault_text(SDP_BAD_ICE));
    } else if (!e) {
        struct rtc_peer *peer = rtc_peers_find_token(q->token, q->token_len);
        e = peer ? http_add_fieldf(x, "ETag", "\"%s\"", peer->ufrag) : NULL;
        if (!e)
            e = http_reply(x, HTTP_STATUS_OK, fragment_type, fragment.bytes, fragment.len);
    }
    buf_finish(&fragment);
    return e;
}

/* Take a fragment for a session. Candidates need no answer: as an ICE-lite agent we wait for checks from wherever they come. */
static struct err *take_fragment(struct http_exchange *x, const struct rtc_peer *peer, const char *token,
                                 const struct sdp *fragment)
{
    struct rtc_request q;
    struct sdp_ice     ice = sdp_ice_of(fragment);
    char               ufrag[SDP_UFRAG_LEN_MAX + 1], pwd[SDP_PWD_LEN_MAX + 1];
    struct str         text = str_over(ufrag, sizeof ufrag), secret = str_over(pwd, sizeof pwd);
    str_append(&text, ice.ufrag.at ? ice.ufrag.at : "", ice.ufrag.len);
    str_append(&secret, ice.pwd.at ? ice.pwd.at : "", ice.pwd.len);
    if (!ice.ufrag.at || str_equal(ufrag, peer->agreed->remote_ufrag))
        return http_reply(x, HTTP_STATUS_NO_CONTENT, NULL, NULL, 0);
    if (!ice.pwd.at)
        return rtc_problem(x, HTTP_STATUS_BAD_REQUEST, sdp_fault_name(SDP_NO_ICE), sdp_fault_text(SDP_NO_ICE));
    (void)rtc_ask_fill(&q, x, peer->agreed->is_play); /* for the candidates */
    return restart(x, &(struct rtc_restart){ token, strlen(token), ufrag, pwd, q.api_host, q.candidate });
}

/* Refuse what RFC 9725 4.3 refuses before the body; *done tells that it is answered. */
static struct err *check_patch(struct http_exchange *x, const struct rtc_peer *peer, bool *done)
{
    const char *match = http_request_field(http_request_of(x), "If-Match");
    *done = true;
    if (!is_type(http_request_field(http_request_of(x), "Content-Type"), fragment_type)) {
        struct err *e = http_add_field(x, "Accept-Patch", fragment_type);
        return e ? e
                 : rtc_problem(x, HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE, "bad-type",
                               "PATCH takes application/trickle-ice-sdpfrag.");
    }
    if (!peer)
        return rtc_problem(x, HTTP_STATUS_NOT_FOUND, "no-session", "There is no such session.");
    if (!match)
        return rtc_problem(x, HTTP_STATUS_PRECONDITION_REQUIRED, "no-etag",
                           "If-Match must name the ETag of the session.");
    if (!is_matched(match, peer))
        return rtc_problem(x, HTTP_STATUS_PRECONDITION_FAILED, "old-etag", "ICE was restarted since this ETag.");
    *done = false;
    return NULL;
}

static struct err *patch(struct http_exchange *x, const char *token)
{
    bool        done;
    const char *body = NULL;
    size_t      len = 0;
    struct err *e = check_patch(x, rtc_peers_find_token(token, strlen(token)), &done);
    if (e || done)
        return e;
    if ((e = read_body(x, &body, &len)) || !body)
        return e;
    struct sdp *fragment = mem_alloc(sizeof *fragment);
    if (!fragment)
        return err_no_memory();
    enum sdp_fault         fault = sdp_parse_fragment(fragment, body, len);
    const struct rtc_peer *peer = rtc_peers_find_token(token, strlen(token));
    e = check_patch(x, peer, &done); /* It may have ended meanwhile, or restarted. */
    if (!done)
        e = fault ? rtc_problem(x, HTTP_STATUS_BAD_REQUEST, sdp_fault_name(fault), sdp_fault_text(fault))
                  : take_fragment(x, peer, token, fragment);
    mem_free(fragment);
    return e;
}

/* ---- DELETE ---- */

/* A session that has ended already is as good as ended; one that lives is ended by its own token alone. */
static struct err *end(struct http_exchange *x, const char *token)
{
    const char      *name = name_of(http_request_of(x), "session", "");
    struct rtc_peer *peer = rtc_peers_find_token(token, strlen(token));
    if (!peer && rtc_peers_find_ufrag(name, strcspn(name, ":")))
        return rtc_problem(x, HTTP_STATUS_FORBIDDEN, "bad-token", "This is not the token of the session.");
    if (peer)
        rtc_peer_end(peer);
    return http_reply(x, HTTP_STATUS_OK, NULL, NULL, 0);
}

/* ---- all of them ---- */

static struct err *handle(struct http_exchange *x, bool is_play)
{
    const struct http_request *r = http_request_of(x);
    const char                *token = name_of(r, "token", NULL);
    if (r->method == HTTP_POST)
        return post(x, is_play);
    if (!token)
        return rtc_problem(x, HTTP_STATUS_BAD_REQUEST, "no-token", "The address names no session: it has no token.");
    return r->method == HTTP_PATCH ? patch(x, token) : end(x, token);
}

struct err *rtc_whip_handle(struct http_exchange *x)
{
    return handle(x, str_equal(http_request_param(http_request_of(x), "action"), "play"));
}

struct err *rtc_whep_handle(struct http_exchange *x)
{
    return handle(x, true);
}
