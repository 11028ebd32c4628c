/**
 * One thing that a reload changes: a row of reload_steps.c. All rows prepare, in their order; if one cannot, those that have are
 * undone and nothing has changed; else the new configuration is in force, and all rows commit in their order.
 */
#ifndef APP_RELOAD_STEP_H
#define APP_RELOAD_STEP_H

#include "app/conf/conf.h"
#include "app/server/server.h"
#include "core/attr.h"
#include "core/err.h"

/** Each function may be NULL: there is nothing to do. */
struct reload_step {
    const char *name;

    /** Make ready what `next` needs, and leave everything that is in force as it is. May yield. */
    struct err *(*prepare)(struct server *s, struct conf *next);

    /** Switch over: server->conf is the new configuration, `before` the one that it replaces. Cannot fail. May yield. */
    void (*commit)(struct server *s, const struct conf *before);

    /** Take back what prepare() did, also when it failed half-way: `refused` does not come. Does not yield. */
    void (*undo)(struct server *s, const struct conf *refused);
};

/**
 * Take the server from its configuration to `next`.
 *
 * Shape      steps: ends with a row without a name
 * Ownership  takes a reference to `next`, gives up the one to the configuration before
 * Errors     that of the step that could not prepare; nothing has changed then
 * Yields     where a step does
 */
struct err *reload_steps_take(const struct reload_step *steps, struct server *s, struct conf *next) ATTR_MUST_USE;

#endif
