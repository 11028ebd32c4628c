/**
 * Counters of a vhost. They begin with the first client and last until the server ends.
 *
 * Yields     no
 */
#ifndef APP_STAT_VHOST_STAT_H
#define APP_STAT_VHOST_STAT_H

#include "app/stat/traffic.h"
#include "core/ident.h"
#include "core/roll.h"

struct vhost_stat {
    char              id[VID_CAP]; /* the id in the API */
    char             *name;
    struct traffic    traffic;
    int               n_clients; /* clients that are connected now */
    int               n_streams; /* streams that are published now */
    struct roll_place place;
};

#endif
