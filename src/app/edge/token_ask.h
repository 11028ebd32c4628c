/**
 * `token_traverse`: an origin decides about each player of this edge before it is served.
 *
 * The edge plays the stream at an origin in the name of the player: with its parameters, its pageUrl and swfUrl, and its second object of
 * connect. So `security`, `refer`, `auth` and callbacks of the origin decide. When the origin has let the player in, the edge leaves, and
 * the player gets the stream that the edge pulls. No answer is kept: each player is asked about anew.
 *
 * Some servers say that the stream begins, and ask their callbacks afterwards. So the edge waits for media, or for
 * ORIGIN_SETTLE_US (origin_call.h), before it believes them.
 *
 * TOKEN_ASKED_MAX players are asked about at once, and TOKEN_WAITING_MAX wait, for TOKEN_WAIT_US at most. If no origin can be asked, the
 * player is refused.
 */
#ifndef APP_EDGE_TOKEN_ASK_H
#define APP_EDGE_TOKEN_ASK_H

#include "app/conf/conf.h"
#include "app/edge/origin_call.h"
#include "app/session/session.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

enum {
    TOKEN_ASKED_MAX = 200,
    TOKEN_WAITING_MAX = 5000,
    TOKEN_WAIT_US = 10 * US_PER_SECOND,
};

/**
 * Ask about a player of a vhost with `token_traverse on`.
 *
 * Shape      verdict: set with an error
 * Errors     E_LIMIT: too many wait; those of origin_ask(); out of memory
 * Yields     yes; `conf` and `vhost` stay valid
 */
struct err *token_ask(const struct origin_client *who, struct conf *conf, const struct conf_vhost *vhost,
                      enum session_verdict *verdict) ATTR_MUST_USE;

/** The guard that asks about players. Its row is in app/guards.c. */
extern const struct session_guard edge_token_guard;

#endif
