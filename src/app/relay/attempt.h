/**
 * One try to pull a stream from one URL, in a coroutine of its own, so that a kick or a takeover, which cancel it, end this try alone.
 *
 * A form (forms.h) reads one kind of URL. It connects, and calls attempt_begin() when media comes: then the stream is
 * published. What it reads it hands to attempt_take() or attempt_take_body().
 *
 * Ownership  created and destroyed by its pull (pull.h), which outlives it
 */
#ifndef APP_RELAY_ATTEMPT_H
#define APP_RELAY_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/caster/entry.h"
#include "app/relay/kept_bodies.h"
#include "app/relay/lead.h"
#include "app/relay/reach.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/ident.h"
#include "protocol/co.h"
#include "protocol/rtmp/peer.h"

struct attempt;
struct pull_order;
struct server;
struct tls_ctx;

/** Reads the stream until it ends, and always returns an error (forms.h). */
typedef struct err *attempt_form(struct attempt *a);

enum {
    ATTEMPT_REDIRECTS_MAX = 3,          /* in a row */
    ATTEMPT_SILENT_US = 50 * US_PER_MS, /* A server that was not heard for this long may have fallen silent. */
};

struct attempt {
    struct server           *server;
    const struct pull_order *order;
    attempt_form            *form;
    struct co               *owner; /* is woken when the attempt has ended */
    struct co_group          group;
    struct co               *co;
    const char              *url;  /* borrowed of the order */
    struct tls_ctx          *tls;  /* the trusted certificates; NULL: the URL needs none */
    struct session_door      door; /* that of the server, with the guards of its kind */
    struct entry             entry;
    bool                     publishes; /* the entry is open */
    struct reach             reach;     /* where its connections have gone to */
    struct rtmp_peer         upnode;    /* who the server says it is */
    char                     trace[IDENT_CAP], ip[REACH_IP_CAP];
    int64_t                  bytes_in, bytes_out;
    int64_t                  heard_us, n_heard; /* when a frame came last, and how many had come then */
    int64_t                  began_us;          /* when the stream was published; 0: not yet */
    int64_t                  n_frames;          /* how many came, once it has ended */
    bool                     stands_by;         /* It is not to publish yet. */
    struct kept_bodies       kept;              /* what came while it stood by */
    struct lead              lead;              /* how long that is what the stream's own server has not sent */
    const int64_t *other_heard_us; /* while it stands by: when the stream's own server was heard; NULL: never */
    bool           ended;
    bool           ended_in_order; /* The server has told of the end of the stream. */
    struct err    *why;            /* once it has ended: never NULL */
};

/**
 * Start it. The coroutine that calls is the one that is woken at its end.
 *
 * Ownership  borrows order and url
 * Errors     out of memory, E_THREAD_CREATE
 * Yields     no
 */
struct err *attempt_create(struct attempt **out, struct server *server, const struct pull_order *order, const char *url,
                           attempt_form *form) ATTR_MUST_USE;

/** End it if it has not ended, and free it. Takes NULL. Yields. */
void attempt_destroy(struct attempt *a);

/* ---- for its form ---- */

/** Take the certificates that the pull trusts for connections of this attempt, into a->tls. Yields. */
struct err *attempt_trust(struct attempt *a) ATTR_MUST_USE;

/** The server has accepted the connection, or has failed to, with an error that is only read: tell the kind of the pull. */
void attempt_heard(const struct attempt *a, const struct err *e);

/**
 * The stream comes: become its publisher.
 *
 * Shape      fd: the socket it comes by; -1: a->ip is known already; peer: who the server says it is; NULL: it cannot
 * Errors     E_SYSTEM_STREAM_BUSY, also where the vhost lets another publisher take the stream over; those of entry_open()
 * Yields     as entry_open()
 */
struct err *attempt_begin(struct attempt *a, int fd, const struct rtmp_peer *peer) ATTR_MUST_USE;

/** Hand media to the stream of an attempt that has begun: entry_take(), entry_take_body() and entry_take_unit() say how (app/caster/entry.h). */
struct err *attempt_take(struct attempt *a, const uint8_t *bytes, size_t len) ATTR_MUST_USE;
struct err *attempt_take_body(struct attempt *a, struct frame **body, uint32_t ts_ms) ATTR_MUST_USE;
struct err *attempt_take_unit(struct attempt *a, struct frame_unit *unit) ATTR_MUST_USE;

/** As attempt_take_unit(), without a yield: entry_put_unit(). */
struct err *attempt_put_unit(struct attempt *a, struct frame_unit *unit) ATTR_MUST_USE;

/**
 * Keep a body while the attempt stands by.
 *
 * Ownership  takes `*body`
 * Errors     out of memory
 * Yields     no
 */
struct err *attempt_keep(struct attempt *a, struct frame **body, uint32_t ts_ms) ATTR_MUST_USE;

/** Hand what was kept to the stream, after attempt_begin(). Errors and yields as attempt_take(). */
struct err *attempt_take_kept(struct attempt *a) ATTR_MUST_USE;

/** The time at which the server has been silent for too long: bytes that make no frame do not count. */
int64_t attempt_deadline(const struct attempt *a);

/** The server has told of the end of the stream. */
struct err *attempt_end(struct attempt *a) ATTR_MUST_USE;

#endif
