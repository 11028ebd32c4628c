/**
 * The session of a player of a live stream over HTTP: who asks, and for what, as far as the request tells it.
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
    char          *texts; /* what the session points to */
    char          *page;  /* session.page_url */
};

/**
 * Fill the session in, and ask the door (session_admit()).
 *
 * Shape      `app` and `stream` in their normal form; `ext` with its dot: the stream's name in the API ends with it
 * Ownership  end with live_session_end(), also after an error
 * Errors     as session_admit(): l->session.verdict tells what the client is to hear
 * Yields     as session_admit()
 */
struct err *live_session_admit(struct live_session *l, const struct http_exchange *x, const char *app,
                               const char *stream, const char *ext) ATTR_MUST_USE;

/** Leave. Takes one that is all zero. Yields as session_leave(). */
void live_session_end(struct live_session *l);

#endif
