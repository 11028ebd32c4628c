/**
 * One port for two services: refused when a configuration is read, for `reuse_port` would let the kernel share the port's
 * clients out among services that do not understand each other, and without it only one of them could listen.
 *
 * Yields     no
 */
#ifndef APP_CONF_PORTS_H
#define APP_CONF_PORTS_H

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Every endpoint of the services that `c` switches on must be one service's own. An address and the wildcard of its family
 * are one; within one service they may stand side by side where `reuse_port` is on.
 *
 * Errors     E_SYSTEM_CONFIG_INVALID, naming both services, their words, file and line
 */
struct err *conf_ports_check(const struct conf *c) ATTR_MUST_USE;

#endif
