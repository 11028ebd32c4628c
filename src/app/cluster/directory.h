/**
 * The directory of an origin cluster, in Redis: `directory redis://…`. Each origin writes there where the streams are that are published to
 * it, and looks there for others, so nobody has to know all servers.
 *
 *     SET srs:origin:VHOST/APP/STREAM {"data":{"origin":{"ip":…,"port":…,…}},"api":"10.0.0.3:1985","id":…} PX 15000
 *
 * The value is an answer of /api/v1/clusters (answer.h), with the API of the server, by which a stream is taken over, and the name of this run of
 * it, by which it knows itself. An entry is written with the publish, and again every DIRECTORY_AGAIN_US; the origin removes its
 * own one at the end. That of a server which has died lasts for DIRECTORY_LIFE_US.
 *
 * Connections are kept for the next command. At most DIRECTORY_CALLS_MAX commands are under way; others wait for their turn.
 *
 * Source     our own
 */
#ifndef APP_CLUSTER_DIRECTORY_H
#define APP_CLUSTER_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "app/cluster/answer.h"
#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

struct attendance;

enum {
    DIRECTORY_CALLS_MAX = 16,
    DIRECTORY_CALL_US = 2 * US_PER_SECOND,
    DIRECTORY_AGAIN_US = 5 * US_PER_SECOND,
    DIRECTORY_RETRY_US = US_PER_SECOND, /* after a failure */
    DIRECTORY_LIFE_US = 15 * US_PER_SECOND,
};

/** Commands may be sent from now on. `id`: the name of this run of the server, borrowed. Does not yield. */
void cluster_directory_start(const char *id);

/** Close all connections. Yields. */
void cluster_directory_finish(void);

/** True if streams of the vhost are looked for in a directory. Does not yield. */
bool cluster_directory_is_used(const struct conf_cluster *c);

/**
 * Look for a stream.
 *
 * Shape      key: stream_name_key()
 * Errors     E_BACKEND: Redis does not answer as it should, or is set aside because of that; those of io.h, resolve.h
 * Yields     yes
 */
struct err *cluster_directory_find(const struct conf_cluster *c, const char *key, int64_t deadline_us,
                                   enum cluster_answer *answer, struct cluster_place *place) ATTR_MUST_USE;

/** True if the directory is to have the streams of the vhost that are published. Does not yield. */
bool cluster_directory_is_wanted(const struct conf_vhost *vhost);

/** Keep the entry of a stream while it is published. Its row is in app/attendants.c. Yields. */
struct err *cluster_directory_attend(struct attendance *a) ATTR_MUST_USE;

#endif
