#include "app/auth/users.h"

#include <openssl/crypto.h>

#include "app/conf/auth.h"
#include "core/str.h"
#include "protocol/token/password.h"

const char *auth_users_find(const struct conf_auth *c, const char *user)
{
    const char *found = NULL;
    for (size_t i = 0; i < c->users.count; i++)
        if (str_equal(c->users.items[i].items[0], user))
            found = c->users.items[i].items[1];
    return found;
}

bool auth_users_are_asked(const struct conf_auth *c, bool publish)
{
    const struct conf_words *schemes = publish ? &c->publish : &c->play;
    return c->enabled && schemes->count == 1 && str_equal(schemes->items[0], CONF_AUTH_PASSWORD);
}

enum token_verdict auth_users_check(const struct conf_auth *c, const struct token_ask *ask, struct token_grant *grant)
{
    char password[PASSWORD_MAX + 1] = "";
    if (ask->user)
        return auth_users_find(c, ask->user) && str_copy(grant->user, sizeof grant->user, ask->user) ? TOKEN_GOOD
                                                                                                     : TOKEN_FORGED;
    if (!password_from_basic(ask->authorization, grant->user, password))
        return TOKEN_ABSENT;
    const char *kept = auth_users_find(c, grant->user);
    bool        is_right = password_is(kept ? kept : "nobody", password) && kept;
    OPENSSL_cleanse(password, sizeof password);
    grant->is_wrong_password = !is_right;
    return is_right ? TOKEN_GOOD : TOKEN_FORGED;
}
