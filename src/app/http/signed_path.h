/**
 * Links that have their token in the path (protocol/token/cdn.h): /HASH/TIME/live/livestream.flv.
 *
 * The token is taken out of the path before anything looks at it, and goes into the query, so that it is judged and handed on as tokens
 * in a query are.
 *
 * Yields     no
 */
#ifndef APP_HTTP_SIGNED_PATH_H
#define APP_HTTP_SIGNED_PATH_H

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/**
 * Move the token of the request's path into its query, if the vhost takes such links from players.
 *
 * Ownership  *query is the query now, to be released with mem_free() after the exchange; NULL: the request is as it was
 * Errors     out of memory
 */
struct err *signed_path_take(struct http_exchange *x, const struct conf *conf, char **query) ATTR_MUST_USE;

#endif
