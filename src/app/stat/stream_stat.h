/**
 * Statistics of a stream for the API, beyond the state of its source. The source keeps them; session/registry.c and
 * source/life.c fill them in.
 *
 * Yields     no
 */
#ifndef APP_STAT_STREAM_STAT_H
#define APP_STAT_STREAM_STAT_H

#include <stdint.h>

#include "app/stat/protocol_stat.h"
#include "app/stat/vhost_stat.h"
#include "core/ident.h"
#include "core/roll.h"

struct stream_stat {
    struct roll_place    place;      /* listed while the stream has a client, publisher or player */
    struct vhost_stat   *vhost;      /* vhost of the first client; NULL: there was none yet */
    struct vhost_stat   *counted_in; /* the vhost that counts it as published; NULL: it is not counted */
    char                *tc_url;     /* tcUrl of the first client */
    int                  n_clients;
    struct protocol_stat by_protocol[STAT_PROTOCOLS];
    char                 publisher_id[IDENT_CAP]; /* trace id of the last publisher; "": there was none yet */
    int64_t              published_wall_ms;       /* when that publisher began; 0: there was none yet */
};

#endif
