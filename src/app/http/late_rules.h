/**
 * Rules for a request without a session that are asked of others, and wait for the answer. They come behind play_rules.h.
 *
 * Players of segments that do not name themselves are asked about with each request.
 */
#ifndef APP_HTTP_LATE_RULES_H
#define APP_HTTP_LATE_RULES_H

#include "app/conf/conf.h"
#include "app/session/session.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/**
 * Why the client may not play the stream; NULL: it may.
 *
 * Shape      app, stream: in normal form; verdict: set with an error
 * Errors     E_THREAD_INTERRUPTED: the client has hung up
 * Yields     yes; `vhost` stays valid meanwhile
 */
typedef struct err *late_rule(const struct http_exchange *x, const struct conf_vhost *vhost, const char *app,
                              const char *stream, enum session_verdict *verdict);

/** The rules of this server, in their order; ends with NULL (app/guards.c). */
extern late_rule *const late_rules[];

/** Ask all rules. As a rule, it yields, and a client that hangs up ends the wait. */
struct err *late_rules_check(const struct http_exchange *x, const struct conf_vhost *vhost, const char *app,
                             const char *stream, enum session_verdict *verdict) ATTR_MUST_USE;

/** Reply that the client may not play. Takes `why` over. Yields. */
struct err *late_rules_refuse(struct http_exchange *x, enum session_verdict verdict, struct err *why) ATTR_MUST_USE;

#endif
