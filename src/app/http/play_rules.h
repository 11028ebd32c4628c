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

/** What the rules say beside yes or no. */
struct play_rules {
    const char *challenge; /* how a client that is refused may name itself (WWW-Authenticate); NULL: it cannot */
    int64_t     ends_us;   /* when what it may have ends, because its token expires; 0: never */
};

/**
 * Why the client may not play the stream (session/access.h, bans/guard.h, auth/policy.h); NULL: it may. A token for a group of variants is good for
 * each of them.
 *
 * Shape      show: the stream; NULL: it is not known, so nobody may play where a token is needed
 */
struct err *play_rules_check(const struct http_exchange *x, const struct conf_vhost *vhost, const struct show *show,
                             struct play_rules *rules) ATTR_MUST_USE;

/** The same for a stream of these names, which needs no segments. */
struct err *play_rules_check_names(const struct http_exchange *x, const struct conf_vhost *vhost, const char *app,
                                   const char *stream, struct play_rules *rules) ATTR_MUST_USE;

#endif
