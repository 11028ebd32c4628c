/**
 * One thing that a reload changes: a row of reload_steps.c. First all rows prepare, in their order. If one of them fails, those
 * that have prepared are undone, and nothing has changed. Otherwise the new configuration is in force, and all rows commit in
 * their order.
 */
#ifndef APP_RELOAD_STEP_H
#define APP_RELOAD_STEP_H

#include "app/conf/conf.h"
#include "app/server/server.h"
#include "core/attr.h"
#include "core/err.h"

/** Each function may be NULL. */
struct reload_step {
    const char *name;

    /** Make ready what `next` needs, and leave everything that is in force as it is. May yield. */
    struct err *(*prepare)(struct server *s, struct conf *next);

    /** Switch over: server->conf is the new configuration, `before` the one that it replaces. Cannot fail. May yield. */
    void (*commit)(struct server *s, const struct conf *before);

    /** Take back what prepare() did, also when it failed half-way. `refused` will not be in force. Does not yield. */
    void (*undo)(struct server *s, const struct conf *refused);
};

/**
 * Take the server from its configuration to `next`.
 *
 * Shape      steps: ends with a row without a name
 * Ownership  takes a reference to `next`, gives up the one to the configuration before
 * Errors     the error of the step that failed to prepare; nothing has changed then
 * Yields     if a step does
 */
struct err *reload_steps_take(const struct reload_step *steps, struct server *s, struct conf *next) ATTR_MUST_USE;

#endif
