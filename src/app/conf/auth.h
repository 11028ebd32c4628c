/**
 * The names of the schemes by which `auth` of a vhost lets clients in, and the directives that they need.
 *
 * A scheme has a row here, for the check of a file, and one in app/auth/schemes.c, which does the work.
 *
 * Yields     no
 */
#ifndef APP_CONF_AUTH_H
#define APP_CONF_AUTH_H

#include <stdbool.h>

#include "app/conf/conf.h"

/* Lets everybody in. */
#define CONF_AUTH_ALL "all"

/* The scheme of links that may have their token in the path. */
#define CONF_AUTH_KEY "auth_key"

/* The scheme of users and passwords. */
#define CONF_AUTH_PASSWORD "password"

/** True if clients are asked for tokens. */
bool conf_auth_asks(const struct conf_auth *c, bool publish);

/** True if clients are asked for tokens, and the scheme of this name is one that may let them in. */
bool conf_auth_has(const struct conf_auth *c, const char *scheme, bool publish);

struct conf_auth_scheme {
    const char *name;
    const char *needs[2]; /* directives of which it needs one; NULL: no other */
};

/** All schemes; ends with a row without a name. */
extern const struct conf_auth_scheme conf_auth_schemes[];

#endif
