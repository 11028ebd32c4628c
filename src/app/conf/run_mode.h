/**
 * How the server runs: decided by several directives and by the machine.
 *
 * Yields     no
 */
#ifndef APP_CONF_RUN_MODE_H
#define APP_CONF_RUN_MODE_H

#include <stdbool.h>

#include "app/conf/conf_source.h"
#include "app/conf/tree.h"

/** True in a container: a detected one, or `in_docker on`. */
bool conf_run_mode_is_container(const struct conf_tree *tree, const struct conf_source *s);

/** True when the server goes to the background. It stays in a container, and without a file unless the environment says so. */
bool conf_run_mode_is_daemon(const struct conf_tree *tree, const struct conf_source *s);

#endif
