/**
 * What an edge pulls for one of its streams: the URLs at its origins.
 *
 * The stream has the same app and name there. The vhost is that of `cluster { vhost; }`; the default vhost is the host of the origin. The
 * parameters are those of the player for whom the pull begins, without `vhost` and `domain`; origin_place.h has the protocol.
 *
 * Yields     no
 */
#ifndef APP_EDGE_EDGE_ORDER_H
#define APP_EDGE_EDGE_ORDER_H

#include "app/relay/order.h"
#include "core/attr.h"
#include "core/err.h"

struct buf;
struct source;

/**
 * Append the parameters that are for another server: without `vhost`, `domain` and SESSION_HOP_PARAM (session.h), and without those that no URL
 * can have. The first one comes behind `mark`. Returns the mark of a further one.
 */
const char *edge_put_param(struct buf *out, const char *param, const char *mark);

/** Pulls of edges: an origin that fails is set aside, and no pause is long, because players wait. */
extern const struct pull_kind edge_kind;

enum { EDGE_PAUSE_MAX_US = 1500 * US_PER_MS };

/**
 * Ownership  release with pull_order_finish(), also after an error
 * Errors     E_SYSTEM_CONFIG_INVALID: the vhost has no origin, or a URL would be none; out of memory
 */
struct err *edge_order_make(struct pull_order *o, const struct source *s) ATTR_MUST_USE;

#endif
