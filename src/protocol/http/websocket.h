/**
 * A WebSocket on a connection of the HTTP server.
 *
 *     if (websocket_is_wanted(http_request_of(x)))
 *         websocket_accept(x, &ws, &accepted)                     replies with 101, or with the reason of a refusal
 *     while (playing)
 *         websocket_listen_now(&ws)                               answers pings, notices the client's close
 *         websocket_head(head, WEBSOCKET_BINARY, len), then `len` bytes, by io_writev_now(http_io_of(x), …)
 *     websocket_close(&ws, WEBSOCKET_NORMAL, "the stream has ended")
 *
 * Pongs and closes are written as whole frames, so a caller that writes frames itself may call these functions only between two
 * frames. Messages of the client are read and dropped.
 *
 * Source     RFC 6455, 4.2 and 5.5
 * Errors     the socket's; E_END_OF_STREAM also after the client's close, which has been answered;
 *            E_HTTP_DATA_INVALID for frames that a client must not send, after a close with the reason
 */
#ifndef PROTOCOL_HTTP_WEBSOCKET_H
#define PROTOCOL_HTTP_WEBSOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "protocol/http/exchange.h"
#include "protocol/http/websocket_frame.h"
#include "protocol/io.h"

enum {
    WEBSOCKET_REPLY_US = 30 * US_PER_SECOND, /* time of the client to take a pong or a close */
    WEBSOCKET_CLOSE_US = 2 * US_PER_SECOND,  /* time of the client to answer our close */
};

struct websocket {
    struct io              *io;
    struct websocket_reader in;
    bool                    close_sent, close_received;
    uint16_t                status; /* code of the client's close */
};

/** True when a request asks for a WebSocket. Does not yield. */
bool websocket_is_wanted(const struct http_request *r);

/**
 * Answer such a request. With 101, *accepted is true, and the connection belongs to the caller until its handler returns; it is
 * then closed. A bad request gets an error, and *accepted is false. Borrows the exchange. Yields.
 */
struct err *websocket_accept(struct http_exchange *x, struct websocket *ws, bool *accepted) ATTR_MUST_USE;

/**
 * Read the frames that have come, and answer pings. It never waits for input, and costs almost nothing without input
 * (io_is_readable()). Yields when it answers. With a client that floods it gives way and returns, and the next co_park() does not
 * wait, so that the caller calls again.
 */
struct err *websocket_listen_now(struct websocket *ws) ATTR_MUST_USE;

/** Send a close and wait for that of the client, at most WEBSOCKET_CLOSE_US. `reason` is cut at WEBSOCKET_REASON_MAX. Yields. */
void websocket_close(struct websocket *ws, enum websocket_status status, const char *reason);

#endif
