/**
 * The check of names: a directive that is not in the table at its place refuses the file.
 *
 * Source     SRS 7.0.18: how deep each block is checked, and the texts; place and hint are added at the end
 * Yields     no
 */
#ifndef APP_CONF_CHECK_NAMES_H
#define APP_CONF_CHECK_NAMES_H

#include "app/conf/tree.h"
#include "core/err.h"

/** Check the root, and the blocks of which one counts. */
struct err *conf_check_names(const struct conf_tree *tree) ATTR_MUST_USE;

/** Check the blocks that are lists: vhosts, casters. */
struct err *conf_check_names_of_lists(const struct conf_tree *tree) ATTR_MUST_USE;

#endif
