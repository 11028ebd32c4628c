/**
 * The identity of a client and what is counted of it: an entry of the registry, for every protocol, with or without a socket.
 *
 * Ownership  everything that it points to is borrowed from its protocol while it is in the registry
 * Yields     no
 */
#ifndef APP_SESSION_CLIENT_H
#define APP_SESSION_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "app/stat/protocol_stat.h"
#include "app/stat/traffic.h"
#include "app/stat/vhost_stat.h"
#include "core/ident.h"
#include "core/list.h"
#include "core/roll.h"

struct co;
struct rtmp_peer;
struct source;

/** The kind of a client: its name in the API and the log, and the tag of its periodic log line. */
struct client_type {
    const char        *name; /* "rtmp-play" */
    const char        *tag;  /* "PLA" */
    bool               publish;
    enum stat_protocol protocol;
    bool               is_http; /* its periodic line has the form of an HTTP stream */
    bool names_file;            /* it asks for a file of the stream, and callbacks name that: `name` in struct client */
};

/** What is measured of a client whose bit rate has a bound (rate_bounds.h). */
struct bounded_rate {
    struct list link;            /* in rate_bounds.clients */
    int64_t     since_us, bytes; /* when the measurement began, and the client's counter then */
    int64_t     ahead;           /* bytes of a player beyond its bound */
};

struct client {
    /* Set by the protocol. */
    const struct client_type *type;
    const char               *id;                          /* the trace id, by which the API names it */
    const char               *ip;                          /* the client's own address, not that of a trusted proxy */
    const char               *tc_url, *page_url, *swf_url; /* never NULL */
    const char               *name;                        /* the stream's name in the API; NULL: as it is published */
    struct co                *co;                          /* what a kick cancels; NULL: it has none of its own */
    void (*end)(struct client *c); /* for a client without a coroutine: ends it at once. Must not yield */
    const struct rtmp_peer *peer;  /* the server that it says it is, an edge or a relay; NULL: it does not */
    const char             *user;  /* whom a guard has recognised; NULL: nobody */
    bool           stays; /* It waits here for its stream: its protocol has no way to send it on to another server. */
    bool           id_is_secret; /* whoever knows the id can play: it is shown only to those who may see tokens */
    const int64_t *bytes_in, *bytes_out;    /* counters that never decrease */
    int64_t        counted_in, counted_out; /* the part of them that is counted already or belongs to others */
    int64_t        n_messages;              /* received from a publisher, sent to a player */
    bool           has_failed;              /* An error ends it: set before it leaves. */

    /* Set by the session and the registry. */
    struct source      *source;   /* referenced by the session */
    struct vhost_stat  *vhost;    /* NULL: it is not in the registry */
    struct list         link;     /* for the periodic log lines */
    struct roll_place   place;    /* for the pages of the API */
    struct list         term;     /* of the clients whose time ends (terms.h) */
    int64_t             until_us; /* by now_us(), when it is ended; 0: never */
    bool                is_over;  /* it was ended because of that */
    struct bounded_rate rate;
    int                 kbps_max;  /* a bound of its own for what it sends, or is sent; 0: none */
    int                 over_kbps; /* it must end, because it sends, or is sent, this much; 0: it need not */
    int64_t             since_us;
    struct traffic      traffic;
};

/**
 * The id for people, and for those who may not see tokens: a secret one is cut, and what is left tells clients apart.
 *
 * Returns    the client's own text, or `buf`
 */
const char *client_public_id(const struct client *c, char buf[static IDENT_CAP]);

/** End the client at once, as a kick does. Does nothing to one that cannot be ended. */
void client_end(struct client *c);

#endif
