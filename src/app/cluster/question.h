/**
 * A question to one co-worker: does it have the stream?
 *
 *     POST http://10.0.0.2:1985/api/v1/clusters?vhost=…&ip=…&app=…&stream=…&coworker=10.0.0.2:1985&ports=on
 *
 * A publisher that takes a stream over has it asked to end its own one (take.h).
 *
 * With `http_api { auth; }` of this server on, its user and password go along.
 *
 * SRS asks with the first five parameters. `coworker` is the name by which the asker knows the other one, who tells clients its host.
 */
#ifndef APP_CLUSTER_QUESTION_H
#define APP_CLUSTER_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "app/cluster/answer.h"
#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/pool.h"

enum { CLUSTER_ANSWER_MAX = 16 << 10 /* bytes of an answer that are read */ };

struct cluster_question {
    struct conf               *conf;                        /* in force when it is asked */
    const char                *vhost, *host, *app, *stream; /* host: by which the client has addressed this server */
    const struct conf_cluster *trusts;                      /* of `conf`: the certificates of co-workers of https */
};

/**
 * Ask the co-worker of this name (coworkers.h). The answer of this server itself is not read: CLUSTER_ANSWER_SELF.
 *
 * Shape      known_as: by which it is to be known to clients, a word of `coworkers`
 * Errors     those of http_client_open() and http_client_read_all(); E_OCLUSTER_DISCOVER: another answer than that of /api/v1/clusters
 * Yields     yes
 */
struct err *cluster_ask(const struct cluster_question *q, const char *name, const char *known_as,
                        struct http_pool *pool, int64_t deadline_us, enum cluster_answer *answer,
                        struct cluster_place *place) ATTR_MUST_USE;

/**
 * Ask the co-worker to end its publisher of the stream (take.h has the request).
 *
 * Shape      from: the address and port of the new publisher's connection; "": it has none
 * Errors     those of http_client_open() and http_client_read_all(); E_SYSTEM_STREAM_BUSY: it keeps its publisher, or does not know the
 *            request
 * Yields     yes
 */
struct err *cluster_ask_to_give(const struct cluster_question *q, const char *name, const char *from,
                                int64_t deadline_us, bool *was_there) ATTR_MUST_USE;

#endif
