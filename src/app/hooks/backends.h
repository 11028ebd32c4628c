/**
 * The servers that callbacks of the outbox are for, each with the queues whose next notice is for it, and whether it answers. One that
 * fails is asked again at growing intervals.
 *
 * Ownership  one lives as long as it has senders or queues: see hook_backend_drop_unused()
 * Yields     no
 */
#ifndef APP_HOOKS_BACKENDS_H
#define APP_HOOKS_BACKENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/list.h"

struct co;
struct jw;

/* The first and the longest time after which one that fails is tried again. */
enum { HOOK_RETRY_MIN_US = 100 * US_PER_MS, HOOK_RETRY_MAX_US = 5 * US_PER_SECOND };

struct hook_backend {
    char       *key;       /* the URL up to its path */
    struct list ready;     /* queues that no sender has; the outbox fills and empties it */
    size_t      n_senders; /* coroutines that send to it */
    int64_t     delay_us;  /* between two tries; 0: it answers */
    int64_t     ask_at_us, failing_since_us;
    size_t      n_tries; /* that failed since */
    struct co  *prober;  /* the sender that waits until it may try again; NULL: none */
};

/** The one that a URL is for, made by its first use. NULL: out of memory. */
struct hook_backend *hook_backend_find(const char *url) ATTR_MUST_USE;

/** Free it if it has neither senders nor queues. */
void hook_backend_drop_unused(struct hook_backend *b);

/** Note that it has answered. True if it failed until now; then the log tells that it answers again, and how many notices wait. */
bool hook_backend_answered(struct hook_backend *b, size_t n_waiting);

/** Note that it cannot be asked. True if it answered until now. Failures of calls that were on their way together count once. */
bool hook_backend_failed(struct hook_backend *b, size_t n_waiting);

/** How many fail. */
size_t hook_backends_failing(void);

/** Walk all: start with *at = 0. NULL is the end. */
struct hook_backend *hook_backends_next(size_t *at);

/** Write an array of those that fail. */
void hook_backends_show(struct jw *j);

/** Free all, when no queue is left. */
void hook_backends_finish(void);

#endif
