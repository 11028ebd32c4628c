/**
 * Remarks about a configuration that is accepted: values that are taken otherwise than written, directives that are
 * ignored, and features that are not built yet.
 *
 * Yields     no
 */
#ifndef APP_CONF_REVIEW_H
#define APP_CONF_REVIEW_H

#include "app/conf/report.h"
#include "app/conf/tree.h"

/** Add the remarks to the report. Fails only when memory is out. */
struct err *conf_review(const struct conf_tree *tree, struct conf_report *report) ATTR_MUST_USE;

#endif
