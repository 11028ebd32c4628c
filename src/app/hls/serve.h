/**
 * What is on the shelf for HLS, served to viewers: whoever asks is found or admitted first (ask.h).
 */
#ifndef APP_HLS_SERVE_H
#define APP_HLS_SERVE_H

#include "app/hls/ask.h"
#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/**
 * Serve an item of this show by `reply`, which may yield. Asking the door may take a while; an item that left the shelf meanwhile
 * is answered with 404.
 *
 * Yields     yes; a reference to the show is held until the reply is over
 */
struct err *hls_serve(struct http_exchange *x, struct shelf_item *item, struct show *show, enum hls_ask_for what,
                      struct err *(*reply)(struct http_exchange *x, struct shelf_item *item,
                                           const struct hls_ask *ask)) ATTR_MUST_USE;

#endif
