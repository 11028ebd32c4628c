/**
 * Refusals: replies that no cache keeps, and the lines of the log that say why.
 *
 * Yields     yes
 */
#ifndef APP_HTTP_REFUSAL_H
#define APP_HTTP_REFUSAL_H

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/** Reply with the status alone. */
struct err *refusal_status(struct http_exchange *x, int status) ATTR_MUST_USE;

/** Reply with a line of text. */
struct err *refusal_text(struct http_exchange *x, int status, const char *text) ATTR_MUST_USE;

/** Refuse the client, and log why. Takes `why` over. */
struct err *refusal_denied(struct http_exchange *x, int status, struct err *why) ATTR_MUST_USE;

/** Ask the client who it is (401): `challenge` is the field WWW-Authenticate. Log why. Takes `why` over. */
struct err *refusal_unnamed(struct http_exchange *x, const char *challenge, struct err *why) ATTR_MUST_USE;

/** Reply that it may be tried again in a few seconds, and log why. Takes `why` over. */
struct err *refusal_for_now(struct http_exchange *x, struct err *why, const char *text) ATTR_MUST_USE;

/** Reply so because the origin that decides about the client cannot be asked (SESSION_UNAVAILABLE). Takes `why` over. */
struct err *refusal_unasked(struct http_exchange *x, struct err *why) ATTR_MUST_USE;

#endif
