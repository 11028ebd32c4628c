/**
 * on_update: what a publisher or a player has sent and got so far, told at intervals and, for the last time, at its end.
 *
 * One coroutine tells of all sessions, in the order in which they are due. Records go through the outbox, in the queue of the
 * session's other events.
 *
 * Yields     only hook_updates_finish()
 */
#ifndef APP_HOOKS_UPDATES_H
#define APP_HOOKS_UPDATES_H

#include "app/hooks/subject.h"
#include "app/session/session.h"
#include "core/attr.h"

struct hook_update;

/**
 * A session has been let in. *out is NULL if its vhost does not want to be told.
 *
 * Shape      queue: of its events in the outbox
 * Ownership  subject, source and queue are the caller's, and the session lives until hook_update_end()
 * Errors     out of memory
 */
struct err *hook_update_begin(struct hook_update **out, const struct session *s, struct hook_subject *subject,
                              const struct source *source, const char *queue) ATTR_MUST_USE;

/** Tell the last record, and free it. NULL is allowed. */
void hook_update_end(struct hook_update *u);

/** End the coroutine, when no session is left. */
void hook_updates_finish(void);

#endif
