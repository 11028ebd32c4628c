/**
 * The order in which the origins of a vhost are tried for a stream: as they are written, or hashed by the stream. Then all edges with these
 * origins agree on the first one of a stream, whatever the order in which they are written, and an origin that is added or taken away moves no
 * other stream.
 *
 * Source     highest random weight (rendezvous) hashing, Thaler and Ravishankar 1998
 * Yields     no
 */
#ifndef APP_EDGE_ORIGIN_ORDER_H
#define APP_EDGE_ORIGIN_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"

#define ORIGIN_ORDER_BEGIN SIZE_MAX

/**
 * The index in c->origins of the origin that follows `last`. It is called once for each origin of the vhost, and no more.
 *
 * Shape      key: stream_name_key() of the stream; last: an index, or ORIGIN_ORDER_BEGIN
 */
size_t origin_order_next(const struct conf_cluster *c, const char *key, size_t last);

#endif
