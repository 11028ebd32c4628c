/**
 * What the API tells of a stream beside what its source knows itself: kept in the source, filled by session/registry.c and source/life.c.
 *
 * Yields     no
 */
#ifndef APP_STAT_STREAM_STAT_H
#define APP_STAT_STREAM_STAT_H

#include <stdint.h>

#include "app/stat/vhost_stat.h"
#include "core/ident.h"
#include "core/roll.h"

struct stream_stat {
    struct roll_place  place;      /* while it has a client, publisher or player */
    struct vhost_stat *vhost;      /* of its first client; NULL: there was none yet */
    struct vhost_stat *counted_in; /* as a published stream; NULL: it is not counted */
    char              *tc_url;     /* of its first client */
    int                n_clients;
    char               publisher_id[IDENT_CAP]; /* of the last publisher; empty: there was none yet */
    int64_t            published_wall_ms;       /* when he began; 0: there was none yet */
};

#endif
