/**
 * The outbox of callbacks: notices, whose answers decide nothing, wait here until senders have delivered them.
 *
 * A notice belongs to a queue, and those of a queue are delivered one after the other: a publisher's queue is its stream, so that the
 * end of one publish is told before the beginning of the next; a player's queue is its own. Queues do not wait for each other, and a
 * backend that does not answer holds up only what is for it. While a client has notices in a queue, its others go there as well.
 *
 * Without a journal a notice that cannot be delivered is logged, and not tried again. With one (journal.h) it is tried until the
 * backend has answered, or it is too old: 408, 429 and 5xx are no answer, every other one is. One sender at a time tries a backend
 * that fails, at growing intervals. Notices beyond the room in memory wait on the disk.
 *
 * Ownership  everything is copied
 */
#ifndef APP_HOOKS_OUTBOX_H
#define APP_HOOKS_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "app/hooks/call.h"
#include "core/attr.h"
#include "core/err.h"

struct jw;

/* Coroutines that send to one backend at a time. */
enum { HOOK_SENDERS_MAX = 64 };

/* Bytes of notices in queues, beyond which those with a journal wait on the disk. */
enum { HOOK_QUEUED_BYTES_MAX = 8 << 20 };

/* A notice that waits for others to come before it is delivered after this time in any case. */
enum { HOOK_HELD_US = 3 * US_PER_SECOND };

/** The place of a notice in its queue. */
enum hook_place {
    HOOK_LAST,        /* behind all others */
    HOOK_HELD,        /* likewise, and it waits for hook_outbox_release(); those behind it wait as well */
    HOOK_BEFORE_HELD, /* before the one that waits */
};

/** The configuration in force, and the journals that its vhosts have: what a former run has left is delivered. Does not yield. */
void hook_outbox_start(struct conf *const *conf);

/**
 * Hand a notice over, to be sent to the URLs in their order until one refuses. `call->url` is not used; an empty `call->id` is made.
 *
 * Yields     no
 */
void hook_outbox_add(const char *queue, const struct hook_call *call, const struct conf_words *urls,
                     enum hook_place place);

/** All that comes before the notice that waits in this queue has been added. Takes one in which none waits. Does not yield. */
void hook_outbox_release(const char *queue);

/**
 * Wait until nothing of a queue is left; or, by its id, nothing of a client. With a journal also for what is on the disk.
 *
 * Shape      journal: the folder of the vhost's journal, or ""
 * Errors     E_SOCKET_TIMEOUT, E_THREAD_INTERRUPTED; E_BACKEND at once when a backend fails for which it has to wait
 * Yields     if there is something
 */
struct err *hook_outbox_wait(const char *queue, const char *journal, int64_t deadline_us) ATTR_MUST_USE;

/** Notices that wait in memory, their bytes, those that were dropped since the start, and backends that fail. Does not yield. */
struct hook_outbox_state {
    size_t n, bytes, n_lost, n_failing;
};
struct hook_outbox_state hook_outbox_state(void);

/** Write members about what waits, the backends that fail, and the journals. */
void hook_outbox_show(struct jw *j);

/** The server ends: deliver what is left within this time. The rest stays in its journal, or is dropped. Yields. */
void hook_outbox_finish(int64_t patience_us);

#endif
