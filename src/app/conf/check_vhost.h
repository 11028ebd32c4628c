/**
 * The checks that refuse a configuration because of what a vhost says.
 *
 * Source     SRS 7.0.18: order and texts of the checks; the place is added at the end of a text
 * Yields     no
 */
#ifndef APP_CONF_CHECK_VHOST_H
#define APP_CONF_CHECK_VHOST_H

#include "app/conf/tree.h"
#include "core/err.h"

/** Each check goes through all vhosts before the next one begins. */
struct err *conf_check_vhosts(const struct conf_tree *tree) ATTR_MUST_USE;

#endif
