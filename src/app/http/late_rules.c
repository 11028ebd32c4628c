#include "app/http/late_rules.h"

#include "app/http/conn.h"
#include "app/http/refusal.h"
#include "protocol/http/status.h"

struct err *late_rules_check(const struct http_exchange *x, const struct conf_vhost *vhost, const char *app,
                             const char *stream, enum session_verdict *verdict)
{
    struct io  *io = http_visit_of(x)->io;
    struct err *e = NULL;
    *verdict = SESSION_FAILED;
    io_end_with_peer(io, true);
    for (size_t i = 0; late_rules[i] && !e; i++)
        e = late_rules[i](x, vhost, app, stream, verdict);
    io_end_with_peer(io, false);
    return e;
}

struct err *late_rules_refuse(struct http_exchange *x, enum session_verdict verdict, struct err *why)
{
    switch (verdict) {
    case SESSION_FAILED: return why;
    case SESSION_UNAVAILABLE: return refusal_unasked(x, why);
    case SESSION_NOT_FOUND: return refusal_denied(x, HTTP_STATUS_NOT_FOUND, why);
    default: return refusal_denied(x, HTTP_STATUS_FORBIDDEN, why);
    }
}
