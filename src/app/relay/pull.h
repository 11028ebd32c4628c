/**
 * One stream that is pulled from other servers, and published here.
 *
 * The URLs are tried in turn, the first one first. When one fails, or its stream ends, the next one is tried at once; after each round
 * in which all have failed comes a pause, which grows from PULL_PAUSE_US to what its kind allows. A third of it is random, so that the
 * pulls of many streams do not come back at once. A stream that came for PULL_STEADY_US makes the next pause the shortest one, and one
 * that came for PULL_ROUND_US begins another round when it ends.
 *
 * A pull never takes a stream over: while another publisher has the stream, it waits. A publisher that takes the stream over, or a kick,
 * ends the attempt that is under way, and the pull is tried again after a pause.
 *
 *     pull_create(&p, server, &order)
 *     pull_run(p, NULL)            in a coroutine of its owner, until pull_leave(); or
 *     pull_run(p, a)               in the coroutine of an attendance that began with the first reader, while the stream is watched
 *     pull_destroy(p)              when it does not run
 *
 * The relays of the configuration and of the API are such pulls (relay.h). An edge makes an order for a stream from its origins, and
 * runs it in its attendance.
 */
#ifndef APP_RELAY_PULL_H
#define APP_RELAY_PULL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/relay/order.h"
#include "app/relay/standby.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/failures.h"
#include "core/list.h"

struct attempt;
struct attendance;
struct co;
struct server;

enum {
    PULL_PAUSE_US = US_PER_SECOND,
    PULL_STEADY_US = 10 * US_PER_SECOND,
    PULL_ROUND_US = US_PER_SECOND,
};

enum pull_state {
    PULL_IDLE, /* nobody watches, or it has ended */
    PULL_CONNECTING,
    PULL_PULLING,
    PULL_WAITING, /* for its next try */
};

struct pull {
    struct list        link;   /* entry in pulls_all() */
    bool               added;  /* by the API */
    bool               listed; /* the configuration has it; only for relay.c */
    bool               told;   /* its source was told of it; only for relay.c */
    struct pull_order  order;
    struct server     *server;
    struct co         *owner; /* is woken when pull_run() has ended; NULL: nobody */
    struct co         *co;    /* runs it; NULL: it does not run */
    struct attendance *attendance;
    struct attempt    *attempt; /* the one under way; NULL: none */
    struct standby     standby;
    bool               leaves;
    bool               waits; /* for its next try */
    size_t             at;    /* the URL that is tried now, or next */
    size_t             n_failed_in_row;
    bool               round_over;     /* All URLs have failed since the last pause. */
    bool               ended_in_order; /* A server has told of the end of the stream, and no stream has come since. */
    int64_t            pause_us;
    int64_t            next_try_us;                 /* while it waits */
    int64_t            bytes_before, frames_before; /* of earlier attempts */
    struct failures    failures;
};

/**
 * Make a pull that does not run yet.
 *
 * Ownership  takes the texts of `order`, also after an error
 * Errors     out of memory
 * Yields     no
 */
struct err *pull_create(struct pull **out, struct server *server, struct pull_order *order) ATTR_MUST_USE;

/** Free a pull that does not run, and remove it from its list. Takes NULL. */
void pull_destroy(struct pull *p);

/**
 * Pull, again and again, until the pull leaves. With an attendance, also until that is over, or until the stream has had no reader for
 * order.linger_us.
 *
 * Errors     E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *pull_run(struct pull *p, struct attendance *a) ATTR_MUST_USE;

/** Make pull_run() end soon. It does not yield, and is for ever. */
void pull_leave(struct pull *p);

enum pull_state pull_state(const struct pull *p);

/** The name that the API shows: "idle", "connecting", "pulling", "waiting". */
const char *pull_state_name(enum pull_state state);

/** Received bytes and frames, over all attempts. */
int64_t pull_bytes(const struct pull *p);
int64_t pull_frames(const struct pull *p);

#endif
