/**
 * The paths of the HTTP API.
 */
#ifndef APP_API_ROUTES_H
#define APP_API_ROUTES_H

#include "protocol/http/router.h"

/** Paths on the API's ports. */
extern const struct http_routes api_routes;

/** Paths on the ports of streams: clusters of HTTP-FLV request them to see that the server is alive. */
extern const struct http_routes api_stream_routes;

#endif
