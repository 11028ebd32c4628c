/**
 * The scheme `jwt`: where the token and the keys come from.
 *
 * Yields     no
 */
#ifndef APP_AUTH_JWT_SCHEME_H
#define APP_AUTH_JWT_SCHEME_H

#include "app/conf/conf.h"
#include "protocol/token/token.h"

/** The token is in the query, by the name of `jwt_param`, or else in the field Authorization. */
enum token_verdict auth_jwt_check(const struct conf_auth *c, const struct token_ask *ask, struct token_grant *grant);

#endif
