/**
 * The path of a group's master playlist (group.h), served: the master, or the media playlist of the stream that has its name.
 */
#ifndef APP_HLS_GROUP_SERVE_H
#define APP_HLS_GROUP_SERVE_H

#include "app/segment/shelf.h"
#include "core/attr.h"
#include "core/err.h"

struct http_exchange;

/** Serve the item of a group. Yields. */
struct err *hls_group_serve(struct http_exchange *x, struct shelf_item *item) ATTR_MUST_USE;

#endif
