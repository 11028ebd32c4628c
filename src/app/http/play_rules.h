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

struct show;

/**
 * Why the client may not play the stream (session/access.h, bans/guard.h, auth/policy.h); NULL: it may. A token for a group of variants is good for
 * each of them.
 *
 * Shape      show: the stream; NULL: it is not known, so nobody may play where a token is needed
 * Returns    *challenge: how the client may name itself (WWW-Authenticate); NULL: it cannot
 */
struct err *play_rules_check(const struct http_exchange *x, const struct conf_vhost *vhost, const struct show *show,
                             const char **challenge) ATTR_MUST_USE;

#endif
