/**
 * Links of nginx's secure_link module: `?md5=…&expires=1790000000`.
 *
 * `md5` is the MD5, in base64url without padding, of an expression that the configuration has, with the secret in it.
 *
 * Source     nginx, ngx_http_secure_link_module; RFC 4648 5
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_SECURE_LINK_H
#define PROTOCOL_TOKEN_SECURE_LINK_H

#include <stdbool.h>

#include "protocol/token/token.h"

/**
 * Judge a link.
 *
 * Shape      expression: text and the variables $secure_link_expires, $uri, $remote_addr
 */
enum token_verdict secure_link_check(const struct token_ask *ask, const char *expression, struct token_grant *grant);

/** True for an expression without unknown variables, in which a time has a place: otherwise its links would be good for ever. */
bool secure_link_is_valid(const char *expression);

#endif
