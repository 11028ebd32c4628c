/**
 * Live streams over HTTP: the requests that ask for one, and the replies to players without access.
 *
 * A path of a vhost's `http_remux { mount; }` belongs to a stream, published or not. A player that comes before the publisher
 * gets the head of its reply at once and then waits, at most `http_remux { wait; }`. While the stream is published, the same path
 * with .mp4 is the stream as fragmented MP4; otherwise there may be a file.
 */
#ifndef APP_HTTP_LIVE_H
#define APP_HTTP_LIVE_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/**
 * Serve the request if its path is that of a live stream; otherwise *taken is false, and nothing has been done. It is called
 * before files are looked for, which may have the same paths.
 *
 * Errors     those of the player; the connection is closed then, or the reply was a refusal
 * Yields     yes, while the player plays
 */
struct err *http_live_handle(struct http_exchange *x, bool *taken) ATTR_MUST_USE;

#endif
