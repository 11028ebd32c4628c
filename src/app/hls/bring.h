/**
 * Playlists of streams that an edge does not have yet: a request makes the edge pull the stream, and waits for the
 * playlist (watched.h: further requests keep the pull up).
 */
#ifndef APP_HLS_BRING_H
#define APP_HLS_BRING_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/* How long a request waits: for a stream, and then for two segments, but not longer than this. */
enum { HLS_BRING_US = 5 * US_PER_SECOND, HLS_BRING_MAX_US = 30 * US_PER_SECOND };

/**
 * Wait for the playlist that is asked for, if an edge can bring it and the rules of the vhost let the client play. *taken is always false: what
 * is there now is served, or is not, by those that follow. Yields.
 */
struct err *hls_bring_handle(struct http_exchange *x, bool *taken) ATTR_MUST_USE;

#endif
