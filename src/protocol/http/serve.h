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
 * Serve the requests that are there. Between two requests a connection holds nothing, so it may rest (co_rest()):
 *
 *     int64_t rests_until_us = 0;                          kept with the connection
 *     e = http_serve(&io, &serving, &rests_until_us);
 *     if (!e && rests_until_us)
 *         call again when the io is readable, or at that time
 *     else
 *         the connection is over: close it
 *
 * It is over when the peer has left, or was idle for too long, or either side wants it closed. A request that cannot be understood is
 * first answered with its status.
 *
 * Ownership  borrows `io` and `s`; the caller closes
 * Errors     NULL when it rests or ended regularly; E_HTTP_PARSE_HEADER for a refused request; E_THREAD_INTERRUPTED; those of the
 *            handler and the socket
 * Yields     yes
 */
struct err *http_serve(struct io *io, const struct http_serving *s, int64_t *rests_until_us) ATTR_MUST_USE;

#endif
