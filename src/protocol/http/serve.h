/**
 * Serves an HTTP/1.1 connection from its first request to its close: keep-alive, pipelining, and all time limits.
 *
 * Source     RFC 9112
 * Units      microseconds
 */
#ifndef PROTOCOL_HTTP_SERVE_H
#define PROTOCOL_HTTP_SERVE_H

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/serving.h"
#include "protocol/io.h"

/**
 * Serve until the peer leaves, is idle for too long, or either side wants the connection closed. A request that cannot be
 * understood is first answered with its status.
 *
 * Ownership  borrows `io` and `s`; the caller closes
 * Errors     NULL when it ended regularly; E_HTTP_PARSE_HEADER for a refused request; those of the handler and the socket
 * Yields     yes
 */
struct err *http_serve(struct io *io, const struct http_serving *s) ATTR_MUST_USE;

#endif
