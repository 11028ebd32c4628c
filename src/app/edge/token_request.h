/**
 * `token_traverse` for a request without a session: an origin decides about the player (token_ask.h), by the query of its URL and its Referer.
 */
#ifndef APP_EDGE_TOKEN_REQUEST_H
#define APP_EDGE_TOKEN_REQUEST_H

#include "app/http/late_rules.h"

/** Its row is in app/guards.c. */
late_rule token_request_ask;

#endif
