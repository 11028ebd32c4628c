/**
 * The check that no two services have the same port. Without `reuse_port` only one of them could listen; with it the
 * kernel would distribute the port's clients among services that speak different protocols.
 *
 * Yields     no
 */
#ifndef APP_CONF_PORTS_H
#define APP_CONF_PORTS_H

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Every endpoint of the services that are on in `c` must belong to one service. An address and the wildcard of its family
 * count as the same endpoint; within one service they may stand side by side where `reuse_port` is on.
 *
 * Errors     E_SYSTEM_CONFIG_INVALID, naming both services, their words, file and line
 */
struct err *conf_ports_check(const struct conf *c) ATTR_MUST_USE;

#endif
