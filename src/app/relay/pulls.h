/**
 * All relays of the process: those of the configuration, and those that the API has added.
 *
 * Ownership  the service of relay.h frees them
 * Yields     no
 */
#ifndef APP_RELAY_PULLS_H
#define APP_RELAY_PULLS_H

#include <stdint.h>

#include "app/relay/pull.h"
#include "core/list.h"

/** The list of struct pull, by its `link`; those that leave are in it until they have ended. */
struct list *pulls_all(void);

/** The pull of a stream that does not leave; NULL: there is none. Borrowed until a yield. */
struct pull *pulls_find(const char *key);

/** Numbers of the process. */
struct pull_counts {
    int64_t idle, connecting, pulling, waiting; /* pulls now */
    int64_t bytes, failures;                    /* since the start, of pulls that are gone too */
};
struct pull_counts pulls_count(void);

/** Take a pull that is about to be destroyed into the sums. */
void pulls_keep_counts(const struct pull *p);

#endif
