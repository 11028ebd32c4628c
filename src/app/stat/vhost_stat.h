/**
 * What is counted of a vhost. It begins with the first client and lasts until the end of the server.
 *
 * Yields     no
 */
#ifndef APP_STAT_VHOST_STAT_H
#define APP_STAT_VHOST_STAT_H

#include "app/stat/traffic.h"
#include "core/ident.h"
#include "core/roll.h"

struct vhost_stat {
    char              id[VID_CAP]; /* in the API */
    char             *name;
    struct traffic    traffic;
    int               n_clients; /* present now */
    int               n_streams; /* published now */
    struct roll_place place;
};

#endif
