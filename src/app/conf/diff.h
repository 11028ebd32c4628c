/**
 * The changes that a reload makes, found by the table of directives.
 *
 * Two directives are equal when they mean the same, not when they are written the same. An absent block equals its
 * defaults. Vhosts are compared by name; other lists are compared as a whole.
 *
 * Yields     no
 */
#ifndef APP_CONF_DIFF_H
#define APP_CONF_DIFF_H

#include "app/conf/conf.h"
#include "app/conf/directive.h"
#include "core/err.h"

enum conf_change_kind { CONF_CHANGED, CONF_ITEM_ADDED, CONF_ITEM_REMOVED };

struct conf_change {
    enum conf_change_kind   kind;
    const struct directive *row;  /* row of the directive; for an item that comes or goes, row of its list: `vhost` */
    char                   *path; /* "vhost.play.gop_cache"; "vhost" */
    char                   *item; /* name of the item, a vhost; or NULL */
    char                   *text; /* the log line: `vhost V play.gop_cache: on -> off (applied at once)` */
};

struct conf_changes {
    struct conf_change *items;
    size_t              count, cap;
};

/**
 * List what is different in `now`. The environment is part of both.
 *
 * Ownership  conf_changes_finish() frees the list, on an error too; all zero is an empty one
 * Errors     out of memory
 */
struct err *conf_diff(const struct conf *before, const struct conf *now, struct conf_changes *out) ATTR_MUST_USE;

/** True when the change counts only after the server has been started again. */
bool conf_change_needs_restart(const struct conf_change *c);

void conf_changes_finish(struct conf_changes *c);

#endif
