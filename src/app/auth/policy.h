/**
 * What `auth` of a vhost says about one client.
 *
 * Yields     no
 */
#ifndef APP_AUTH_POLICY_H
#define APP_AUTH_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/token/token.h"

struct auth_answer {
    char    user[PASSWORD_USER_MAX + 1]; /* whom the client has shown to be; empty: not told */
    bool    is_wrong_password;           /* with an error: it brought a wrong password */
    int64_t expires_s;                   /* wall time at which the client must leave; INT64_MAX: never */
    size_t  app_skip;                    /* bytes of the app that were the token */

    const char *challenge; /* with an error: how a client without a token may name itself over HTTP; NULL: it cannot */
};

/**
 * The monotonic time at which a client must leave; 0: never. Measured once, so that setting the clock of the machine neither ends nor prolongs
 * what runs.
 */
int64_t auth_deadline(const struct auth_answer *answer, int64_t wall_us);

/**
 * Ask the schemes one after the other, until one lets the client in.
 *
 * Errors     E_AUTH_DENIED, with what is wrong with the token that the client brought. The text shows neither token nor key
 */
struct err *auth_policy_check(const struct conf_auth *c, const struct token_ask *ask,
                              struct auth_answer *answer) ATTR_MUST_USE;

#endif
