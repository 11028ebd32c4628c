/**
 * Serves a connection of HTTP/2: many requests at a time, each an exchange like those of HTTP/1.1, with the same handlers.
 *
 * libnghttp2 makes and reads the frames. One coroutine reads the connection, and each request has one of its own. A writer keeps
 * its bytes until they are in frames on their way, so a stream that its peer does not read holds nothing here. Frames of several
 * streams go out by one write.
 *
 * What a peer can cause is bounded: streams at a time, the size of a head and its frames, unread bytes of a request's body, and
 * frames without progress (budget.h).
 *
 * Source     RFC 9113; RFC 7541 (header compression)
 * Units      microseconds
 */
#ifndef PROTOCOL_HTTP2_HTTP2_H
#define PROTOCOL_HTTP2_HTTP2_H

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/serving.h"
#include "protocol/io.h"

/* The name of the protocol in TLS (RFC 9113, 3.2). */
#define HTTP2_ALPN "h2"

enum {
    HTTP2_STREAMS_MAX = 100,            /* requests at a time, also those whose peer has lost its interest */
    HTTP2_BODY_WINDOW = (64 << 10) - 1, /* unread bytes of one request's body; the default of RFC 9113, 6.9.2 */
    HTTP2_CONTINUATIONS_MAX = 6,        /* frames of a head after its first one */
    HTTP2_JOIN_US =
        5 * US_PER_SECOND, /* time for the handlers to end after their connection, before they are cancelled */
};

/**
 * Serve until the peer leaves, is idle for too long, or a handler wants the connection closed and all others have ended.
 *
 * Ownership  borrows `io` and `s`; the caller closes
 * Errors     NULL when it ended regularly; E_HTTP_PARSE_HEADER for a peer that breaks the protocol; E_LIMIT for a flood; those of
 *            the socket. Errors of handlers end their streams only
 * Yields     yes
 */
struct err *http2_serve(struct io *io, const struct http_serving *s) ATTR_MUST_USE;

#endif
