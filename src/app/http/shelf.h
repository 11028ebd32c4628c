/**
 * What is served from memory (segment/shelf.h): playlists, segments and all that belongs to them.
 */
#ifndef APP_HTTP_SHELF_H
#define APP_HTTP_SHELF_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/** Serve the request if the shelf has its path; otherwise *taken is false, and nothing has been done. Yields. */
struct err *http_shelf_handle(struct http_exchange *x, bool *taken) ATTR_MUST_USE;

#endif
