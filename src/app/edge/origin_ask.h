/**
 * Asking the origins of a vhost about a client of this edge, before the client is let in: one after another, until one decides. Each is
 * asked once.
 *
 * A refusal becomes that of the client, in the words of the origin. If no origin can be asked, the client is refused as well.
 */
#ifndef APP_EDGE_ORIGIN_ASK_H
#define APP_EDGE_ORIGIN_ASK_H

#include "app/conf/conf.h"
#include "app/edge/origin_call.h"
#include "app/session/session.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"

enum { ORIGIN_ASK_US = 15 * US_PER_SECOND /* all origins together */ };

/**
 * Ask. On success the call is open.
 *
 * Shape      verdict: set with an error
 * Errors     E_THREAD_INTERRUPTED; what the client is to hear, which is never E_END_OF_STREAM: that would look like the client's own end
 * Yields     yes; `conf` and `vhost` stay valid
 */
struct err *origin_ask(struct origin_call *c, struct conf *conf, const struct conf_vhost *vhost,
                       enum session_verdict *verdict) ATTR_MUST_USE;

#endif
