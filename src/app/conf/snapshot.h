/**
 * From the checked tree to the typed snapshot, by the table.
 *
 * Yields     no
 */
#ifndef APP_CONF_SNAPSHOT_H
#define APP_CONF_SNAPSHOT_H

#include "app/conf/conf.h"
#include "app/conf/conf_source.h"
#include "app/conf/report.h"
#include "app/conf/tree.h"
#include "core/attr.h"
#include "core/err.h"

/** Fill `c`, whose tree is the checked one; everything it points to is of the tree's arena. */
struct err *conf_snapshot_fill(struct conf *c, const struct conf_source *s, struct conf_report *report) ATTR_MUST_USE;

/** `daemon` as it comes out of several directives: for checks too. */
bool conf_is_daemon(const struct conf_tree *tree, const struct conf_source *s);

#endif
