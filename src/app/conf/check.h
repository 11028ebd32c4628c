/**
 * The checks that refuse a configuration.
 *
 * Source     SRS 7.0.18: order and texts of the checks; place and hint are added at the end of a text
 * Yields     no
 */
#ifndef APP_CONF_CHECK_H
#define APP_CONF_CHECK_H

#include "app/conf/conf_source.h"
#include "app/conf/report.h"
#include "app/conf/tree.h"

/** Refuse names and values that make a file unusable. The tree has been through legacy.c and env.c. */
struct err *conf_check(struct conf_tree *tree, const struct conf_source *source,
                       struct conf_report *report) ATTR_MUST_USE;

#endif
