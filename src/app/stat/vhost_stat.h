/**
 * What is counted of a vhost, from its first client to the end of the server.
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
    int               n_clients; /* that are there now */
    int               n_streams; /* that somebody publishes now */
    struct roll_place place;
};

#endif
