/**
 * The server that stands by for a pull (`backup_pull on`): the stream is pulled from a second server too, and what it sends since its newest
 * key frame is kept. When the first one is lost, or has been silent for STANDBY_AHEAD_US while this one sends, this one publishes at
 * once.
 *
 * A server that fails is followed by another try after STANDBY_PAUSE_US, and twice as long each time, up to STANDBY_PAUSE_MAX_US. Only
 * servers of RTMP stand by.
 */
#ifndef APP_RELAY_STANDBY_H
#define APP_RELAY_STANDBY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/clock.h"

struct attempt;
struct pull_order;
struct server;

/* How long the one that stands by has sent, without a frame of the stream's server, when it takes over from that (lead.h). */
enum { STANDBY_AHEAD_US = US_PER_SECOND };

enum { STANDBY_PAUSE_US = US_PER_SECOND, STANDBY_PAUSE_MAX_US = 30 * US_PER_SECOND };

/* All zero: nobody stands by. */
struct standby {
    struct attempt *attempt;
    size_t          at; /* its URL in the order */
    int64_t         pause_us, next_us;
    int64_t         bytes_in; /* of those that stand by no more */
};

/**
 * Clear away what has failed, or stands by at the server of the stream. Begin if there is none, with the URL of index `next` of the
 * order, unless that is `at`, from which the stream comes.
 *
 * Returns    the time of the next look; DEADLINE_NEVER: when the coroutine is woken
 * Ownership  borrows server and order, until standby_end() or standby_take()
 * Yields     yes
 */
int64_t standby_look(struct standby *s, struct server *server, const struct pull_order *order, size_t at, size_t next);

/** True if a server stands by, and has sent something. Does not yield. */
bool standby_is_ready(const struct standby *s);

/** Keep more of it while the stream's own server is silent. heard_us: when that was heard, borrowed until the next call; NULL: there is none. Does not yield. */
void standby_compare(struct standby *s, const int64_t *heard_us);

/**
 * True if it is ready, and has sent for STANDBY_AHEAD_US since the server of the stream, heard last at `heard_us`, fell silent. Does
 * not yield.
 */
bool standby_is_ahead(const struct standby *s, int64_t heard_us);

/** Take the attempt that is ready: it publishes with its next message. It is the caller's. Does not yield. */
struct attempt *standby_take(struct standby *s);

/** End it. Does nothing if there is none. Yields. */
void standby_end(struct standby *s);

#endif
