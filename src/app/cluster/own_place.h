/**
 * Where this server is, as it tells other servers of its cluster: its host and its ports for clients.
 *
 * Yields     no
 */
#ifndef APP_CLUSTER_OWN_PLACE_H
#define APP_CLUSTER_OWN_PLACE_H

#include <stdbool.h>

#include "app/cluster/answer.h"
#include "app/conf/conf.h"
#include "core/jw.h"

/**
 * Fill in the place. The host is that of the RTMP `listen` if it names one, else `known_as` ("host:port", "[::1]:port" or a host), else the
 * first public address of this machine, or its first one. place->coworker is the API, "host:port".
 *
 * Shape      known_as: "" if nothing is known
 * Returns    false: there is no RTMP port
 */
bool cluster_own_place(struct cluster_place *place, const struct conf *conf, const char *known_as);

/** Write its ports beside that of RTMP, as members of an object; those of services that are off are left out. */
void cluster_put_ports(struct jw *j, const struct cluster_place *place);

#endif
