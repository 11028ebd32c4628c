/**
 * Checks of the `kafka` block.
 *
 * Yields     no
 */
#ifndef APP_CONF_CHECK_KAFKA_H
#define APP_CONF_CHECK_KAFKA_H

#include "app/conf/report.h"
#include "app/conf/tree.h"
#include "core/attr.h"
#include "core/err.h"

/** Takes NULL. Errors: E_SYSTEM_CONFIG_INVALID */
struct err *conf_check_kafka(const struct conf_node *kafka, struct conf_report *report) ATTR_MUST_USE;

#endif
