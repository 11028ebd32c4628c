/**
 * How the server runs, as several directives and its surroundings decide it.
 *
 * Yields     no
 */
#ifndef APP_CONF_RUN_MODE_H
#define APP_CONF_RUN_MODE_H

#include <stdbool.h>

#include "app/conf/conf_source.h"
#include "app/conf/tree.h"

/** Detected, or written: `in_docker on`. */
bool conf_run_mode_is_container(const struct conf_tree *tree, const struct conf_source *s);

/** Whether the server goes to the background: not in a container, and not without a file unless the environment says so. */
bool conf_run_mode_is_daemon(const struct conf_tree *tree, const struct conf_source *s);

#endif
