/**
 * Which co-worker has a stream. With a directory (directory.h) one question answers that; co-workers are asked where there is none, or where
 * it does not answer. All of them are asked at a time, the first one that has it is taken, and the answer counts for all who
 * ask within CLUSTER_MEMORY_US (memory.h).
 *
 * One round of questions is about one stream, and all who want to know wait for it together. CLUSTER_ROUNDS_MAX streams are asked about at
 * a time; others wait for their turn, each caller for CLUSTER_WAIT_US at most. A round has a coroutine of its own, so a client that
 * leaves ends nothing.
 */
#ifndef APP_CLUSTER_FIND_H
#define APP_CLUSTER_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "app/cluster/memory.h"
#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

enum {
    CLUSTER_ROUNDS_MAX = 32,
    CLUSTER_ASK_US = 2 * US_PER_SECOND,  /* for all answers to a round */
    CLUSTER_WAIT_US = 5 * US_PER_SECOND, /* for a round to begin and to end */
};

/** What is looked for; the texts are borrowed until cluster_find() returns. */
struct cluster_wanted {
    struct conf             *conf;
    const struct conf_vhost *vhost;
    const char              *host, *app, *stream;
    bool                     anew; /* What is remembered does not count. */
};

/** True if streams of the vhost may be elsewhere. Does not yield. */
bool cluster_is_wanted(const struct conf_vhost *vhost);

/**
 * Find the stream.
 *
 * Returns    *found is never CLUSTER_UNKNOWN; *place is set with CLUSTER_FOUND only
 * Errors     E_THREAD_INTERRUPTED; out of memory
 * Yields     yes
 */
struct err *cluster_find(const struct cluster_wanted *w, enum cluster_found *found,
                         struct cluster_place *place) ATTR_MUST_USE;

/** Streams that were asked about since the start, by what was found (enum cluster_found). */
struct cluster_counts {
    int64_t n_found[CLUSTER_UNKNOWN];
};
const struct cluster_counts *cluster_counts(void);

/** Questions may be asked from now on. Does not yield. */
void cluster_start(void);

/** The configuration was replaced: forget what co-workers have said. Does not yield. */
void cluster_follow_conf(void);

/** End all questions, and forget all. Yields. */
void cluster_finish(void);

#endif
