/**
 * The co-workers of this server: the words `host:port` of `coworkers`, the addresses behind their names, and which of them answer.
 *
 * A name is resolved off the loop, at most every COWORKER_NAME_US. One with several addresses, as a headless service has, means that many
 * co-workers. While it cannot be resolved, its last addresses count.
 *
 * A co-worker that does not answer is set aside for a time that doubles with each failure. It is short, because no other one can answer
 * for it.
 *
 * Shape      a co-worker is named by its address and port, "10.0.0.2:1985" or "[::1]:1985"
 * Yields     no, where not said
 */
#ifndef APP_CLUSTER_COWORKERS_H
#define APP_CLUSTER_COWORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "protocol/io.h"
#include "protocol/resolve.h"

enum {
    COWORKER_PORT_DEFAULT = 1985,
    COWORKER_TLS_PORT_DEFAULT = 1990,
    COWORKER_NAME_CAP = RESOLVE_NAME_MAX + 32,
    COWORKER_NAME_US =
        5 * US_PER_SECOND, /* how long the addresses of a name count, and how long none is looked for after a failure */
    COWORKER_NAMES_MAX = 256, /* names that are remembered */
    COWORKERS_MAX = 256,      /* co-workers that are remembered; the one that was asked longest ago gives way */
    COWORKER_ASIDE_US = US_PER_SECOND,
    COWORKER_ASIDE_MAX_US = 8 * US_PER_SECOND,
};

/** The co-workers that a word means. */
struct coworker_names {
    size_t count;
    char   items[RESOLVE_ADDRESSES_MAX][COWORKER_NAME_CAP]; /* "address:port", or "https://host:port" */
};

/** The word without the "https://" that it may begin with. */
const char *coworker_bare(const char *word);

/** Split "host:port", "[::1]:port" or a host alone, all with or without "https://". False: it is none of these. */
bool coworker_parse(const char *word, char host[static RESOLVE_NAME_MAX + 1], uint16_t *port);

/**
 * Find the co-workers of a word. One of https is known, and proved by its certificate, by its name: it is one co-worker.
 *
 * Errors     E_SYSTEM_CONFIG_INVALID: it is no such word; those of resolve()
 * Yields     if a name has to be resolved
 */
struct err *coworkers_find(struct coworker_names *out, const char *word, int64_t deadline_us) ATTR_MUST_USE;

/** The co-worker has answered (NULL), or has not; the error is only read. */
void coworkers_heard(const char *name, const struct err *e);

/** True while the co-worker is set aside. */
bool coworkers_is_aside(const char *name);

/** One co-worker that was asked. */
struct coworker {
    int64_t n_answers, n_failures;
    int64_t aside_us, until_us; /* 0: it has answered last */
    int64_t heard_us;           /* when it was asked last */
};

/** Walk those that were asked, in no particular order. Start with *at 0; NULL is the end. */
const struct coworker *coworkers_next(size_t *at, const char **name);

/** Forget all. */
void coworkers_finish(void);

#endif
