/**
 * Viewers of segments that come before the first frame of a delayed stream is out: their requests wait for the playlist, as players
 * of the live formats wait for frames.
 */
#ifndef APP_HTTP_EARLY_H
#define APP_HTTP_EARLY_H

#include <stdbool.h>

#include "core/clock.h"
#include "protocol/http/exchange.h"

struct shelf_item;
struct show;

/* The longest wait of a request. Players give up earlier, and ask again. */
enum { EARLY_MAX_US = 60 * US_PER_SECOND };

/**
 * Wait until the playlist at the request's path has something to show, while the stream is delayed and live.
 *
 * Shape      item: what was found at that path. is_there: true when such an item has something to show
 * Returns    the item that has, borrowed until a yield; NULL: none has in time, or the stream is not delayed
 * Yields     yes, if the stream is delayed: `item` is not valid any more then
 */
struct shelf_item *early_wait(struct http_exchange *x, struct shelf_item *item, struct show *show,
                              bool (*is_there)(struct shelf_item *item));

#endif
