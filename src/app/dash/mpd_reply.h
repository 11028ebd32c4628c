/**
 * The MPD of a stream, sent to viewers.
 */
#ifndef APP_DASH_MPD_REPLY_H
#define APP_DASH_MPD_REPLY_H

#include "app/segment/shelf.h"
#include "core/attr.h"
#include "core/err.h"

struct http_exchange;

/** Reply with the MPD; 404 while it has no segments. Yields. */
struct err *dash_serve_mpd(struct http_exchange *x, struct shelf_item *item) ATTR_MUST_USE;

#endif
