/**
 * The origins of the configuration, their state, and what this edge has open at each.
 *
 * Yields     no
 */
#ifndef APP_EDGE_ORIGIN_LIST_H
#define APP_EDGE_ORIGIN_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "app/conf/conf.h"
#include "app/edge/origins.h"

enum { EDGE_ORIGIN_CAP = 512 };

struct edge_origin {
    const char         *vhost;
    char                url[EDGE_ORIGIN_CAP];      /* "rtmp://host:port", cut if it is longer */
    char                push_url[EDGE_ORIGIN_CAP]; /* the same for publishers; "": another row counts them */
    struct origin_state state;
};

/** A place in a walk. All zero: before the first one. */
struct edge_origin_walk {
    size_t vhost, origin;
    bool   is_other; /* the same origin, by the other protocol of `follow_client` */
};

/** Go to the next origin; false: there is none. */
bool edge_origins_next(const struct conf *conf, struct edge_origin_walk *at, struct edge_origin *out);

/** The pulls and pushes that are open at it. Each call looks at all of them. */
size_t edge_origin_pulls(const struct edge_origin *o);
size_t edge_origin_pushes(const struct edge_origin *o);

/** "unknown": it was not asked yet; "up", or "down". */
const char *edge_origin_state_name(const struct origin_state *s);

#endif
