/**
 * The session of a player of a live stream over HTTP, filled in from its request.
 *
 * Ownership  the texts of the session lie in one block, because the request is forgotten while the stream plays
 */
#ifndef APP_HTTP_LIVE_SESSION_H
#define APP_HTTP_LIVE_SESSION_H

#include "app/session/session.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

struct live_session {
    struct session session;
    char          *texts; /* texts that the session points to */
    char          *page;  /* session.page_url */
};

/**
 * Fill in the session, and call session_admit().
 *
 * Shape      `app` and `stream` are in normal form; `ext` has its dot, and ends the name of the stream in the API
 * Ownership  end with live_session_end(), also after an error
 * Errors     as session_admit(): l->session.verdict decides on the reply
 * Yields     as session_admit()
 */
struct err *live_session_admit(struct live_session *l, const struct http_exchange *x, const char *app,
                               const char *stream, const char *ext) ATTR_MUST_USE;

/** Leave the session. Takes one that is all zero. Yields as session_leave(). */
void live_session_end(struct live_session *l);

#endif
