/**
 * What is on the shelf of a DASH stream beside its MPD, sent to viewers.
 *
 * Yields     yes; each function takes the references that it needs before
 */
#ifndef APP_DASH_HTTP_H
#define APP_DASH_HTTP_H

#include "app/segment/shelf.h"
#include "core/attr.h"
#include "core/err.h"

struct http_exchange;

/** Reply with the time by which segments have their dates, for players that measure how wrong their clock is (UTCTiming). */
struct err *dash_serve_clock(struct http_exchange *x, struct shelf_item *item) ATTR_MUST_USE;

/** Reply with an init segment. */
struct err *dash_serve_init(struct http_exchange *x, struct shelf_item *item) ATTR_MUST_USE;

/** Reply with a segment; with an open one as it grows. The item is `item` of its entry. */
struct err *dash_serve_segment(struct http_exchange *x, struct shelf_item *item) ATTR_MUST_USE;

/** Likewise, for the item `timed` of its entry. */
struct err *dash_serve_timed(struct http_exchange *x, struct shelf_item *item) ATTR_MUST_USE;

#endif
