/**
 * HTTP players of an origin cluster: a request for a live stream, or for its playlist, that is not published here is sent to the co-worker that
 * has it (302). For a WebSocket the stream is fetched from there (websocket.h). A playlist that is the master of variants is sent to a
 * co-worker that has one of them. Where nobody has the stream, it is served here as always.
 */
#ifndef APP_CLUSTER_HTTP_H
#define APP_CLUSTER_HTTP_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/**
 * Send the client on if its stream is elsewhere, and if the rules of the vhost let it play; otherwise *taken is false. Its row is in
 * app/http_faces.c, before all that serve streams.
 *
 * Yields     yes
 */
struct err *cluster_http_handle(struct http_exchange *x, bool *taken) ATTR_MUST_USE;

#endif
