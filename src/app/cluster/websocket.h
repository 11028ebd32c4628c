/**
 * A WebSocket whose stream another origin has. Browsers do not follow a redirect of a WebSocket, so this server fetches the stream from there
 * over HTTP, for this one client, and puts it into messages: the bytes are those that the client would get there.
 *
 * The other origin is told the client's address (X-Forwarded-For, which it believes of its `trusted_proxies`), its page and its
 * Authorization, and lists the client. A status with which it refuses is the client's answer.
 *
 * Source     RFC 6455
 * Yields     yes
 */
#ifndef APP_CLUSTER_WEBSOCKET_H
#define APP_CLUSTER_WEBSOCKET_H

#include <stdbool.h>

#include "app/cluster/answer.h"
#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

enum {
    CLUSTER_WEBSOCKETS_MAX = 1000,               /* at a time; others are refused for now */
    CLUSTER_FETCH_US = 10 * US_PER_SECOND,       /* for the other origin to answer */
    CLUSTER_FETCH_SILENT_US = 90 * US_PER_SECOND /* without a byte from it, after which a client is ended */
};

/** Serve the request with what the other origin has at the same path. `conf` has the vhost, and stays valid. */
struct err *cluster_websocket_serve(struct http_exchange *x, struct conf *conf, const struct conf_vhost *vhost,
                                    const struct cluster_place *place) ATTR_MUST_USE;

#endif
