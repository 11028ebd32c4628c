/**
 * The paths of the HTTP API.
 */
#ifndef APP_API_ROUTES_H
#define APP_API_ROUTES_H

#include "protocol/http/router.h"

/** On the API's ports. */
extern const struct http_routes api_routes;

/** On the ports of streams: what clusters of HTTP-FLV ask to see that the server is there. */
extern const struct http_routes api_stream_routes;

#endif
