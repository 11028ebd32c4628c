/**
 * An HTTP/1.1 connection served from its first request to its close: keep-alive, pipelining, and every limit in time.
 *
 * Source     RFC 9112
 * Units      microseconds
 */
#ifndef PROTOCOL_HTTP_SERVE_H
#define PROTOCOL_HTTP_SERVE_H

#include <stdint.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "protocol/http/exchange.h"
#include "protocol/io.h"

enum {
    HTTP_IDLE_US = 15 * US_PER_SECOND,  /* between two requests, as SRS */
    HTTP_HEAD_US = 15 * US_PER_SECOND,  /* a whole head, from its first byte */
    HTTP_BODY_US = 30 * US_PER_SECOND,  /* a whole body that http_read_body() reads */
    HTTP_STALL_US = 30 * US_PER_SECOND, /* a peer that takes not a byte of a reply */
    HTTP_LINGER_US = 2 * US_PER_SECOND, /* for the peer to read our last words and close */
    HTTP_DRAIN_US = 5 * US_PER_SECOND,  /* the rest of a body that nobody has read */
    HTTP_DRAIN_BYTES_MAX = 64 << 10,    /* and how much of it is read to keep the connection */
};

struct http_serving {
    /** Reply. An error before the reply has begun becomes a 500 (413, 400, 408 for the body's); any ends the connection. */
    struct err *(*handle)(struct http_exchange *x);
    void   *owner;
    int64_t idle_us, head_us, stall_us; /* 0: those above */
};

/**
 * Serve until the peer leaves, is idle for too long, or either side wants the connection closed. What cannot be understood
 * is answered with its status first.
 *
 * Ownership  borrows `io` and `s`; the caller closes
 * Errors     NULL when it ended in good order; E_HTTP_PARSE_HEADER for a request that was refused; the handler's; the socket's
 * Yields     yes
 */
struct err *http_serve(struct io *io, const struct http_serving *s) ATTR_MUST_USE;

#endif
