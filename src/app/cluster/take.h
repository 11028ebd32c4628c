/**
 * A publisher takes the stream over that a co-worker has: `publish_elsewhere takeover`.
 *
 *     DELETE http://10.0.0.2:1985/api/v1/clusters?vhost=…&app=…&stream=…&from=10.0.0.7:40312
 *
 * The server to which the new publisher has come asks; the other one ends its own publisher, and answers when that has gone. It refuses if
 * the vhost there is not for takeovers, or if the new publisher is its own push (`forward`) of this very stream: `from` is the address of
 * the new publisher's connection, without which the push would end what it sends.
 *
 * Source     our own; SRS has no such request
 * Yields     yes
 */
#ifndef APP_CLUSTER_TAKE_H
#define APP_CLUSTER_TAKE_H

#include "app/cluster/question.h"
#include "app/source/sources.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

struct session;

enum {
    CLUSTER_TAKE_US = 5 * US_PER_SECOND, /* for the answer to one request */
    CLUSTER_GIVE_US = 3 * US_PER_SECOND, /* for a publisher that was ended to go; the asker waits longer */
    CLUSTER_TAKES_MAX = 8,               /* co-workers that are asked for one publisher */
};

/**
 * Have the co-workers end their publishers of the stream that the session is about to publish.
 *
 * Errors     E_SYSTEM_STREAM_BUSY with the verdict SESSION_BUSY: a co-worker keeps its publisher, or does not answer; those of a wait
 */
struct err *cluster_take(struct session *s) ATTR_MUST_USE;

/** What came of a request to end the publisher here. */
enum cluster_given {
    CLUSTER_GIVEN,      /* It has gone. */
    CLUSTER_GIVEN_NONE, /* There was none. */
    CLUSTER_GIVEN_NOT,  /* The vhost is not for takeovers. */
    CLUSTER_GIVEN_LOOP, /* The new publisher is a push of this stream. */
    CLUSTER_GIVEN_LATE, /* It has not gone in time. */
};

/** End the publisher of a stream here. `from`: as in the request, "" if it is not told. Also ends a hold of the stream. */
enum cluster_given cluster_give(struct sources *all, const struct conf_vhost *vhost, const char *app,
                                const char *stream, const char *from);

#endif
