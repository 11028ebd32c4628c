/**
 * Which paths are served: a feature more is a table more in http_faces.c.
 *
 * Yields     no
 */
#ifndef APP_HTTP_FACES_H
#define APP_HTTP_FACES_H

#include "protocol/http/router.h"

/** What the API's ports serve. Where they serve files too, its row "/" gives way to those. */
extern const struct http_router http_api_router;

/** What the ports of streams and files serve. */
extern const struct http_router http_stream_router;

#endif
