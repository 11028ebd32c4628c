/**
 * Old spellings become new ones, on the tree, before anything is checked.
 *
 * Source     the spellings of SRS 1 to 4, and `rtmp { }` of the latest SRS 7, which moves to the root
 * Shape      each change is a warning in the report: `transform: vhost.gop_cache to vhost.play.gop_cache of V`.
 *            Where old and new spelling stand together, the old one overwrites the value, as in SRS
 * Errors     out of memory
 * Yields     no
 */
#ifndef APP_CONF_LEGACY_H
#define APP_CONF_LEGACY_H

#include "app/conf/report.h"
#include "app/conf/tree.h"

struct err *conf_legacy_apply(struct conf_tree *tree, struct conf_report *report) ATTR_MUST_USE;

#endif
