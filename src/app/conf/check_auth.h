/**
 * The check of `auth` of a vhost. What it cannot read refuses the file, because it could let somebody in.
 *
 * Yields     no
 */
#ifndef APP_CONF_CHECK_AUTH_H
#define APP_CONF_CHECK_AUTH_H

#include "app/conf/tree.h"
#include "core/attr.h"
#include "core/err.h"

/** Errors: E_SYSTEM_CONFIG_INVALID, for a scheme that is not known or has no key. */
struct err *conf_check_auth(const struct conf_node *vhost) ATTR_MUST_USE;

#endif
