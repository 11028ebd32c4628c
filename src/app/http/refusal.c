#include "app/http/refusal.h"

#include <string.h>

#include "app/http/conn.h"
#include "core/log.h"
#include "protocol/http/status.h"

/* Seconds after which a client may try again. */
#define RETRY_AFTER "5"

static struct err *keep_nowhere(struct http_exchange *x)
{
    return http_add_field(x, "Cache-Control", "no-store");
}

struct err *refusal_status(struct http_exchange *x, int status)
{
    struct err *e = keep_nowhere(x);
    return e ? e : http_reply_status(x, status);
}

struct err *refusal_text(struct http_exchange *x, int status, const char *text)
{
    struct err *e = keep_nowhere(x);
    return e ? e : http_reply(x, status, "text/plain; charset=utf-8", text, strlen(text));
}

struct err *refusal_denied(struct http_exchange *x, int status, struct err *why)
{
    log_err(LOG_WARN, why, "HTTP client ip=%s refused, %s", http_visit_of(x)->ip, http_request_of(x)->path);
    return refusal_status(x, status);
}

struct err *refusal_unnamed(struct http_exchange *x, const char *challenge, struct err *why)
{
    struct err *e = http_add_field(x, "WWW-Authenticate", challenge);
    if (!e)
        return refusal_denied(x, HTTP_STATUS_UNAUTHORIZED, why);
    err_free(why);
    return e;
}

struct err *refusal_for_now(struct http_exchange *x, struct err *why, const char *text)
{
    log_err(LOG_WARN, why, "HTTP client ip=%s, %s", http_visit_of(x)->ip, http_request_of(x)->path);
    struct err *e = http_add_field(x, "Retry-After", RETRY_AFTER);
    return e ? e : refusal_text(x, HTTP_STATUS_SERVICE_UNAVAILABLE, text);
}

struct err *refusal_unasked(struct http_exchange *x, struct err *why)
{
    return refusal_for_now(x, why, "The origin cannot be asked about you.\n");
}
