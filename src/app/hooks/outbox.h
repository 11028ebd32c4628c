/**
 * The outbox of callbacks: notices, whose answers decide nothing, wait here until senders have delivered them.
 *
 * A notice belongs to a queue, and those of a queue are delivered one after the other: a publisher's queue is its stream, so that the
 * end of one publish is told before the beginning of the next; a player's queue is its own. Queues do not wait for each other, and a
 * backend that does not answer holds up only what is for it. While a client has notices in a queue, its others go there as well. A
 * notice that cannot be delivered is logged, and not tried again.
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

/* Bytes of notices that wait; a notice beyond them is dropped and logged. Coroutines that send to one backend at a time. */
enum { HOOK_OUTBOX_BYTES_MAX = 32 << 20, HOOK_SENDERS_MAX = 64 };

/* A notice that waits for others to come before it is delivered after this time in any case. */
enum { HOOK_HELD_US = 3 * US_PER_SECOND };

/** The place of a notice in its queue. */
enum hook_place {
    HOOK_LAST,        /* behind all others */
    HOOK_HELD,        /* likewise, and it waits for hook_outbox_release() */
    HOOK_BEFORE_HELD, /* before the one that waits */
};

/**
 * Hand a notice over, to be sent to the URLs in their order until one fails. `call->url` and `call->id` are not used.
 *
 * Yields     no
 */
void hook_outbox_add(const char *queue, const struct hook_call *call, const struct conf_words *urls,
                     enum hook_place place);

/** All that comes before the notice that waits in this queue has been added. Takes one in which none waits. Does not yield. */
void hook_outbox_release(const char *queue);

/**
 * Wait until nothing of a queue is left; or, by its id, nothing of a client.
 *
 * Errors     E_SOCKET_TIMEOUT, E_THREAD_INTERRUPTED
 * Yields     if there is something
 */
struct err *hook_outbox_wait(const char *queue, int64_t deadline_us) ATTR_MUST_USE;

/** The server ends: deliver what is left within this time, and drop the rest. Yields. */
void hook_outbox_finish(int64_t patience_us);

#endif
