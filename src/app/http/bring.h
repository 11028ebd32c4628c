/**
 * Playlists of streams that are fetched for viewers and are not here yet: a request makes the edge, the relay or the ingest fetch the
 * stream, and waits for the playlist (watched.h: further requests keep the stream up).
 */
#ifndef APP_HTTP_BRING_H
#define APP_HTTP_BRING_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/* How long a request waits: for a stream, and then for two segments, but not longer than the second. */
enum { HTTP_BRING_US = 5 * US_PER_SECOND, HTTP_BRING_MAX_US = 30 * US_PER_SECOND };

/**
 * Wait for the playlist that is asked for, if the stream can be fetched and the rules of the vhost let the client play. What is there then is
 * served, or is not, by those that follow. *taken: it was answered by 503, because the stream has come and has no segment after the wait, or because
 * the origin that decides about the client cannot be asked. Yields.
 */
struct err *http_bring_handle(struct http_exchange *x, bool *taken) ATTR_MUST_USE;

#endif
