/**
 * The check of names: a directive that the table does not have at its place refuses the file.
 *
 * Source     reference: which blocks are checked how deep, and the texts, to which place and a hint are added behind
 * Yields     no
 */
#ifndef APP_CONF_CHECK_NAMES_H
#define APP_CONF_CHECK_NAMES_H

#include "app/conf/tree.h"
#include "core/err.h"

/** At the root, and in the blocks of which one counts. */
struct err *conf_check_names(const struct conf_tree *tree) ATTR_MUST_USE;

/** In the blocks of which each counts: vhosts, casters. */
struct err *conf_check_names_of_lists(const struct conf_tree *tree) ATTR_MUST_USE;

#endif
