/**
 * The body of a heartbeat.
 *
 *     {"device_id":…,"ip":…,"server":…,"service":…,"pid":…,"summaries":{"data":{…}},"rtmp":[…],"http":[…],"api":[…]}
 *
 * Source     the heartbeat of SRS 7: keys and their order. device_id, summaries and the arrays are there only if they are configured
 * Yields     no
 */
#ifndef APP_HEARTBEAT_REPORT_H
#define APP_HEARTBEAT_REPORT_H

#include "app/server/server.h"
#include "core/jw.h"

/** Write the body. `ip` is the address that the server is known by. The failure is that of `j`. */
void heartbeat_report(struct jw *j, const struct server *s, const char *ip);

#endif
