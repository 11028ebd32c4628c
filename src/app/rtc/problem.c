#include "app/rtc/problem.h"

#include "app/http/conn.h"
#include "core/jw.h"
#include "core/log.h"
#include "protocol/http/status.h"

/* Seconds after which a client may try again. */
#define RETRY_AFTER "5"

struct err *rtc_problem(struct http_exchange *x, int status, const char *code, const char *detail)
{
    struct jw   j = JW_INIT;
    struct err *e = http_add_field(x, "Cache-Control", "no-store");
    if (!e && status == HTTP_STATUS_SERVICE_UNAVAILABLE)
        e = http_add_field(x, "Retry-After", RETRY_AFTER);
    if (e)
        return e;
    jw_object(&j, NULL);
    jw_string(&j, "type", "about:blank");
    jw_string(&j, "title", http_status_reason(status));
    jw_int(&j, "status", status);
    jw_string(&j, "detail", detail);
    jw_string(&j, "code", code);
    jw_object_end(&j);
    e = buf_error(&j.text);
    if (!e)
        e = http_reply(x, status, "application/problem+json", j.text.bytes, j.text.len);
    jw_finish(&j);
    return e;
}

static struct rtc_refusal of_verdict(enum session_verdict verdict)
{
    switch (verdict) {
    case SESSION_NOT_FOUND: return (struct rtc_refusal){ HTTP_STATUS_NOT_FOUND, "no-vhost", "There is no such vhost." };
    case SESSION_DENIED:
        return (struct rtc_refusal){ HTTP_STATUS_FORBIDDEN, "denied", "A rule of the server does not let you in." };
    case SESSION_UNNAMED:
        return (struct rtc_refusal){ HTTP_STATUS_UNAUTHORIZED, "unauthorized", "A token or a password is needed." };
    case SESSION_REDIRECTED: /* The place is in Location, where the API has one. */
        return (struct rtc_refusal){ HTTP_STATUS_TEMPORARY_REDIRECT, "elsewhere",
                                     "You are sent to another server, which WHIP and WHEP name." };
    case SESSION_BUSY:
        return (struct rtc_refusal){ HTTP_STATUS_CONFLICT, "busy", "Another client publishes the stream." };
    case SESSION_UNAVAILABLE:
        return (struct rtc_refusal){ HTTP_STATUS_SERVICE_UNAVAILABLE, "origin-unavailable",
                                     "The origin cannot be asked about you." };
    default: return (struct rtc_refusal){ HTTP_STATUS_INTERNAL_SERVER_ERROR, "failed", "The server has failed." };
    }
}

struct rtc_refusal rtc_refusal_of(const struct rtc_opened *opened, const struct err *why)
{
    if (opened->fault != SDP_SOUND)
        return (struct rtc_refusal){ HTTP_STATUS_BAD_REQUEST, sdp_fault_name(opened->fault),
                                     sdp_fault_text(opened->fault) };
    switch (err_code(why)) {
    case E_RTC_DISABLED:
        return (struct rtc_refusal){ HTTP_STATUS_FORBIDDEN, "disabled",
                                     "WebRTC is off, for the server or for the vhost." };
    case E_RTC_SDP_EXCHANGE: /* The hash of the fingerprint is known to DTLS alone. */
        return (struct rtc_refusal){ HTTP_STATUS_BAD_REQUEST, sdp_fault_name(SDP_BAD_FINGERPRINT),
                                     sdp_fault_text(SDP_BAD_FINGERPRINT) };
    case E_RTMP_REQ_TCURL:
        return (struct rtc_refusal){ HTTP_STATUS_BAD_REQUEST, "bad-name", "No stream can have this app and name." };
    case E_RTC_INVALID_ICE:
        return (struct rtc_refusal){ HTTP_STATUS_BAD_REQUEST, "bad-ice", "The ICE credentials cannot be used." };
    case E_OCLUSTER_DISCOVER:
        return (struct rtc_refusal){ HTTP_STATUS_SERVICE_UNAVAILABLE, "no-answer",
                                     "The stream is not here, and no other server answers." };
    case E_OCLUSTER_REDIRECT:
        return (struct rtc_refusal){ HTTP_STATUS_SERVICE_UNAVAILABLE, "no-way",
                                     "The stream is on a server to which you cannot be sent." };
    case E_RTC_OVERLOADED:
        return (struct rtc_refusal){ HTTP_STATUS_SERVICE_UNAVAILABLE, "overloaded",
                                     "The server has no time for another session now." };
    case E_RTC_SOURCE_BUSY:
    case E_SYSTEM_STREAM_BUSY: return of_verdict(SESSION_BUSY);
    case E_NO_MEMORY:
        return (struct rtc_refusal){ HTTP_STATUS_SERVICE_UNAVAILABLE, "no-memory", "The server is out of memory." };
    case E_LIMIT:
        if (opened->verdict != SESSION_DENIED)
            return (struct rtc_refusal){ HTTP_STATUS_SERVICE_UNAVAILABLE, "full", "The server has too many sessions." };
        break;
    default: break;
    }
    return of_verdict(opened->verdict);
}

struct err *rtc_problem_of(struct http_exchange *x, const struct rtc_opened *opened, struct err *why)
{
    struct rtc_refusal refusal = rtc_refusal_of(opened, why);
    struct err        *e = NULL;
    log_err(LOG_WARN, why, "HTTP client ip=%s refused, %s", http_visit_of(x)->ip, http_request_of(x)->path);
    if (opened->place) /* which takes the offer along */
        return http_reply_redirect(x, HTTP_STATUS_TEMPORARY_REDIRECT, opened->place);
    if (opened->challenge)
        e = http_add_field(x, "WWW-Authenticate", opened->challenge);
    return e ? e : rtc_problem(x, refusal.status, refusal.code, refusal.detail);
}
