/**
 * The users of a vhost, `auth { user NAME PASSWORD; }`, and the scheme `password` that asks for them.
 *
 * A user that does not exist is answered as one with a wrong password is, and after the same work.
 *
 * Yields     no
 */
#ifndef APP_AUTH_USERS_H
#define APP_AUTH_USERS_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "protocol/token/token.h"

/** The password that the configuration keeps for the user; NULL: there is none of this name. */
const char *auth_users_find(const struct conf_auth *c, const char *user);

/** True if users and passwords are all that lets a client in, so that one without is asked for them before it names its stream. */
bool auth_users_are_asked(const struct conf_auth *c, bool publish);

/** The scheme `password`: the user of HTTP's Basic, or the one that RTMP has found out already (token_ask.user). */
enum token_verdict auth_users_check(const struct conf_auth *c, const struct token_ask *ask, struct token_grant *grant);

#endif
