/**
 * The schemes of `auth`: each judges one form of token by the settings of a vhost.
 *
 * A new scheme is a row in schemes.c and one in conf/auth.c.
 *
 * Yields     no
 */
#ifndef APP_AUTH_SCHEMES_H
#define APP_AUTH_SCHEMES_H

#include "app/conf/conf.h"
#include "protocol/token/token.h"

struct auth_scheme {
    const char *name; /* as the configuration writes it */
    const char
        *challenge; /* WWW-Authenticate for a client without a token of this form; NULL: HTTP has no word for it */
    enum token_verdict (*check)(const struct conf_auth *c, const struct token_ask *ask, struct token_grant *grant);
};

/** The scheme of that name; NULL: there is none. */
const struct auth_scheme *auth_scheme_find(const char *name);

#endif
