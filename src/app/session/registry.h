/**
 * What the server knows of itself: traffic and counts of the server, each vhost, each stream, each client.
 *
 * Clients register when they are identified as player or publisher. Every few seconds registry_sample() adds
 * what each socket has moved since the last time to its client, stream, vhost and the server, so that
 * counting costs the fan-out nothing; the rest is added when a client leaves.
 *
 * Ownership  a client entry belongs to the connection, which removes it before it ends
 * Yields     no
 */
#ifndef APP_SESSION_REGISTRY_H
#define APP_SESSION_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "app/stat/traffic.h"
#include "app/stat/vhost_stat.h"
#include "core/err.h"
#include "core/ident.h"
#include "core/list.h"
#include "core/map.h"
#include "core/roll.h"

struct co;
struct io;
struct source;

enum { REGISTRY_SAMPLE_US = 3000000 };

/** How a client came: its name in the API and the log, and the tag of its periodic log line. */
struct client_type {
    const char *name; /* "rtmp-play" */
    const char *tag;  /* "PLA" */
    bool        publish;
    bool        is_http; /* its periodic line is that of an HTTP stream */
};

struct client {
    struct list               link;  /* for the periodic log lines */
    struct roll_place         place; /* for the pages of the API */
    const struct client_type *type;
    const char               *id;                               /* the connection's trace id */
    const char               *ip, *tc_url, *page_url, *swf_url; /* borrowed from the connection */
    const char               *name;                             /* in the API: NULL: the stream's */
    struct source            *source;                           /* referenced by the connection */
    struct vhost_stat        *vhost;
    const struct io          *io;
    struct co                *co; /* cancelled by a kick */
    int64_t                   since_us;
    int64_t                   n_messages;   /* received from a publisher, sent to a player */
    int64_t        counted_in, counted_out; /* of io's counters; what came before the client, it is not given */
    struct traffic traffic;
};

struct registry {
    struct list    clients;
    int            n_clients;
    struct roll    client_roll, stream_roll, vhost_roll; /* struct client, source, vhost_stat in their order */
    struct map     clients_by_id, streams_by_id, vhosts_by_id;
    struct map     vhosts; /* struct vhost_stat by name; they stay */
    struct traffic traffic;
    int64_t        sampled_wall_ms; /* when all counters were brought up to date */
    int64_t        since_us;
    int64_t        n_accepted, n_refused; /* connections */
};

void registry_init(struct registry *r);
void registry_finish(struct registry *r);

/**
 * Count the client from now on; its fields but `link`, `place`, `vhost`, times and counters are set by the caller. What its
 * connection has moved beyond `counted_in` and `counted_out` is the client's: handshake and commands too. A publisher is added
 * before it publishes.
 * Errors     out of memory
 */
struct err *registry_enter(struct registry *r, struct client *c, const char *vhost_name) ATTR_MUST_USE;

/** Takes a client that was never added, if it is all zero. */
void registry_leave(struct registry *r, struct client *c);

/** Who has this id in the API; NULL: nobody. A stream is there while it has a client, publisher or player. */
struct client     *registry_find_client(const struct registry *r, const char *id);
struct source     *registry_find_stream(const struct registry *r, const char *id);
struct vhost_stat *registry_find_vhost(const struct registry *r, const char *id);

/** Bring all counters and rates up to date. */
void registry_sample(struct registry *r, int64_t now_us);

/** One log line for each kind of client that is there: a different client each time. */
void registry_log_periodic(struct registry *r, int64_t now_us);

#endif
