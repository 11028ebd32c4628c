/**
 * One step of a reload: a row of reload_steps.c. First all rows prepare, in their order. If one of them fails, those that have
 * prepared are undone, and nothing has changed. Otherwise the new configuration comes into force, and all rows commit in their
 * order.
 */
#ifndef APP_RELOAD_STEP_H
#define APP_RELOAD_STEP_H

#include "app/conf/conf.h"
#include "app/server/server.h"
#include "core/attr.h"
#include "core/err.h"

/** A step. Each of its functions may be NULL. */
struct reload_step {
    const char *name;

    /** Get ready for `next`, without a change to anything in force. May yield. */
    struct err *(*prepare)(struct server *s, struct conf *next);

    /** Switch over: server->conf is the new configuration, `before` the previous one. Cannot fail. May yield. */
    void (*commit)(struct server *s, const struct conf *before);

    /** Take back what prepare() did, also when it failed half-way. `refused` is the configuration that was given up. Does not
 * yield. */
    void (*undo)(struct server *s, const struct conf *refused);
};

/**
 * Take the server from its configuration to `next`.
 *
 * Shape      steps: ends with a row without a name
 * Ownership  takes a reference to `next`, gives up the reference to the previous configuration
 * Errors     the error of the step that failed to prepare; nothing has changed then
 * Yields     if a step does
 */
struct err *reload_steps_take(const struct reload_step *steps, struct server *s, struct conf *next) ATTR_MUST_USE;

#endif
