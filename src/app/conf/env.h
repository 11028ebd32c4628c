/**
 * Environment variables laid over the tree: a variable that is not empty wins over the file.
 *
 * Source     SRS 7: `SRS_` and the path in upper case, with `_` for each `.`; the name of a vhost is not part of it, so
 *            that a variable counts for all vhosts
 * Ownership  `envp` is only read
 * Yields     no
 */
#ifndef APP_CONF_ENV_H
#define APP_CONF_ENV_H

#include "app/conf/directive.h"
#include "app/conf/report.h"
#include "app/conf/tree.h"

/** The value of a variable, NULL when it is absent or empty. `envp` may be NULL. */
const char *conf_env_find(char *const *envp, const char *name);

/** The names of a row's variables, separated by spaces, most important first; "" when it has none. */
const char *conf_env_names(const char *path, const struct directive *row, bool inherited_no_env, char *buf, size_t cap);

/** Write the values of the environment into the tree, making blocks where needed. */
struct err *conf_env_apply(struct conf_tree *tree, char *const *envp, struct conf_report *report) ATTR_MUST_USE;

enum { CONF_ENV_NAMES_MAX = 256 };

#endif
