/**
 * One server to which a stream is pushed: a player of the stream whose bytes go to another server.
 *
 * The target has a coroutine and a cursor of its own, so a slow or dead server costs neither the stream nor other targets: a cursor
 * that is `queue_length` late jumps to the newest key frame. A server that fails, refuses or takes nothing for 30 s is tried again, for
 * ever, after pauses that grow from TARGET_PAUSE_US to TARGET_PAUSE_MAX_US. A third of each pause is random, so that the targets of
 * many streams do not come back at once. A push that lasted TARGET_STEADY_US is followed by the shortest pause.
 *
 * Ownership  created, told to leave, and destroyed by its forward, which holds the source and is woken by each change of state
 */
#ifndef APP_FORWARD_TARGET_H
#define APP_FORWARD_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "app/forward/target_state.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Start to push a stream.
 *
 * Ownership  *out is released with target_destroy(); the caller keeps the source until then
 * Errors     E_LIMIT, out of memory, E_THREAD_CREATE
 * Yields     no
 */
struct err *target_create(struct target **out, struct co_group *group, struct source *s, const char *word,
                          const struct forward_names *names) ATTR_MUST_USE;

/**
 * Tell the target to end. One that does not push ends at once, another one when it has sent what is due. If that takes
 * TARGET_LEAVE_US, target_tend() cancels it. Does not yield.
 */
void target_leave(struct target *t);

/** Cancel a target that has not left in time. Returns when to call it again; DEADLINE_NEVER: it does not leave. Does not yield. */
int64_t target_tend(struct target *t);

/** The name that the API shows: "connecting", "pushing", "waiting", "ended". */
const char *target_state_name(enum target_state state);

/** Bytes that were sent, over all connections. */
int64_t target_bytes(const struct target *t);

/** How long the next frame has waited; 0: none waits, or nothing is pushed. */
int64_t target_lag_us(const struct target *t);

/** Bytes that were sent over the present connection. */
int64_t target_bytes_now(const struct target *t);

/** Bytes of connections that have ended, and failures of all targets since the start of the process. */
struct target_totals {
    int64_t bytes, failures;
};
struct target_totals target_totals(void);

/** Free a target that is TARGET_ENDED, and remove it from its list. */
void target_destroy(struct target *t);

#endif
