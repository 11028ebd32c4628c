/**
 * The register of clients, whatever their protocol, and what the server counts of them: summed up to streams, vhosts and itself.
 *
 * Clients enter when they are admitted to publish or to play. Every few seconds registry_sample() adds what each client's
 * counters have gained to the client, its stream, its vhost and the server, so that counting costs the fan-out nothing; the rest
 * is added when a client leaves.
 *
 * Ownership  an entry belongs to the client's session, which takes it out before it ends
 * Yields     only registry_sample_by_turns()
 */
#ifndef APP_SESSION_REGISTRY_H
#define APP_SESSION_REGISTRY_H

#include <stdint.h>

#include "app/session/client.h"
#include "app/session/rate_bounds.h"
#include "app/session/refusals.h"
#include "app/session/terms.h"
#include "app/stat/traffic.h"
#include "app/stat/vhost_stat.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"
#include "core/map.h"
#include "core/roll.h"

struct source;

enum { REGISTRY_SAMPLE_US = 3000000 };

struct registry {
    struct list clients;
    int         n_clients;
    struct roll client_roll, stream_roll,
        vhost_roll; /* of struct client, source, vhost_stat, in the order of arrival */
    struct map         clients_by_id, streams_by_id, vhosts_by_id;
    struct map         vhosts; /* struct vhost_stat by name, until the end of the server */
    struct traffic     traffic;
    struct terms       terms;           /* of the clients whose time ends */
    struct rate_bounds rate_bounds;     /* of the clients whose bit rate has a bound */
    int64_t            sampled_wall_ms; /* when all counters were brought up to date */
    int64_t            since_us;
    int64_t            n_accepted, n_refused; /* connections since the start */
    int64_t            n_entered, n_failed;   /* clients since the start; those of them that an error has ended */
    struct refusals    refusals;

    struct protocol_stat by_protocol[STAT_PROTOCOLS];
};

void registry_init(struct registry *r);
void registry_finish(struct registry *r);

/**
 * List the client and count it from now on. The fields of its protocol and `source` are set. What its counters have beyond
 * `counted_in` and `counted_out` belongs to it, the handshake included. A publisher enters before it publishes.
 *
 * Errors     out of memory
 */
struct err *registry_enter(struct registry *r, struct client *c, const char *vhost_name) ATTR_MUST_USE;

/** Count what is left, and remove the client. Takes one that is not in the registry. */
void registry_leave(struct registry *r, struct client *c);

/** The one that has this id in the API, or NULL. A stream is there while it has a client, publisher or player. */
struct client     *registry_find_client(const struct registry *r, const char *id);
struct source     *registry_find_stream(const struct registry *r, const char *id);
struct vhost_stat *registry_find_vhost(const struct registry *r, const char *id);

/** Bring all counters and rates up to date. */
void registry_sample(struct registry *r, int64_t now_us);

/**
 * The same for a server with very many clients: others run in between, and clients may come and go. 100,000 viewers of HLS would
 * hold everything up for 50 ms. Yields.
 */
void registry_sample_by_turns(struct registry *r);

#endif
