/**
 * One player of a live stream over HTTP or WebSocket, from the head of the reply to its end.
 *
 * The reply ends with its last chunk when the stream ends; a player that comes before its publisher waits.
 */
#ifndef APP_HTTP_LIVE_PLAYER_H
#define APP_HTTP_LIVE_PLAYER_H

#include "app/http/live_format.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

struct session;

/**
 * Enter the session, which has been admitted, and play. The caller leaves the session.
 *
 * Errors     the socket's; E_THREAD_INTERRUPTED. NULL when the stream or the wait for it is over: the connection goes on
 * Yields     yes
 */
struct err *http_live_play(struct http_exchange *x, struct session *session,
                           const struct live_format *format) ATTR_MUST_USE;

#endif
