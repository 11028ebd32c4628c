/**
 * The caster by UDP: a transport stream in datagrams, bare or in RTP, to a unicast address or a multicast group.
 *
 * A port publishes one stream at a time: that of the sender that comes first. Datagrams of others are ignored until it has been silent
 * for `normal_timeout` of the vhost. An encoder that comes back from the same address with another port goes on with the stream.
 * A sender that was refused is tried again after UDP_RETRY_US; one that was ended by the server has to be silent for UDP_QUIET_US
 * before it is heard again, because it cannot be told to stop.
 *
 * Source     RFC 2250 2 (a transport stream in RTP)
 */
#ifndef APP_CASTER_UDP_H
#define APP_CASTER_UDP_H

#include "app/conf/conf.h"
#include "app/server/listen_service.h"
#include "core/clock.h"

enum {
    UDP_RETRY_US = 5 * US_PER_SECOND,
    UDP_QUIET_US = 3 * US_PER_SECOND,
    UDP_ADOPT_US = US_PER_SECOND, /* silence after which another port of the same address goes on with the stream */
};

/** The endpoints of all casters by UDP; NULL: there are none. */
const struct conf_words *caster_udp_endpoints(const struct conf *conf);

/** listen_service.run */
void caster_udp_run(struct server *s, struct io *socket, const struct listen_service *by);

#endif
