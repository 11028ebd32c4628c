/**
 * The rules of a vhost for a request without a session: players of segments that do not name themselves ask each time anew.
 *
 * Yields     no
 */
#ifndef APP_HTTP_PLAY_RULES_H
#define APP_HTTP_PLAY_RULES_H

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/** Why the client may not play streams of the vhost (session/access.h); NULL: it may. */
struct err *play_rules_check(const struct http_exchange *x, const struct conf_vhost *vhost) ATTR_MUST_USE;

#endif
