/**
 * The answers of the last moment: which co-worker has a stream, or that none has it. Many players of one stream ask once.
 *
 * Shape      a key is that of a stream (stream_name_key()); time is a parameter
 * Yields     no
 */
#ifndef APP_CLUSTER_MEMORY_H
#define APP_CLUSTER_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "app/cluster/answer.h"
#include "core/clock.h"

enum {
    CLUSTER_MEMORY_US = US_PER_SECOND, /* how long an answer counts */
    CLUSTER_MEMORY_MAX = 4096,         /* answers; beyond it the oldest one is forgotten */
};

enum cluster_found {
    CLUSTER_FOUND,
    CLUSTER_NOBODY,    /* Co-workers have answered, and none has the stream; or there are none but this server. */
    CLUSTER_NO_ANSWER, /* There are co-workers, and none has answered. */
    CLUSTER_UNKNOWN,   /* Nothing is remembered. */
};

/** Remember an answer; the place counts with CLUSTER_FOUND only. Without memory it is not remembered. */
void cluster_memory_put(const char *key, enum cluster_found found, const struct cluster_place *place, int64_t now_us);

/** What is remembered; *place is set with CLUSTER_FOUND only. */
enum cluster_found cluster_memory_find(const char *key, struct cluster_place *place, int64_t now_us);

/** Forget what is remembered of one stream. */
void cluster_memory_forget(const char *key);

/** The number of answers that are held, for tests. */
size_t cluster_memory_count(void);

/** Forget all. */
void cluster_memory_finish(void);

#endif
