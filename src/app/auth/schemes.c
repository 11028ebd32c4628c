#include "app/auth/schemes.h"

#include "app/auth/users.h"
#include "app/conf/auth.h"
#include "core/attr.h"
#include "core/str.h"
#include "protocol/token/sign.h"

/* A secret for which the token is good; if there is none, the verdict that says most. */
static enum token_verdict by_secrets(const struct conf_auth *c, const struct token_ask *ask, struct token_grant *grant,
                                     enum token_verdict (*check)(const struct token_ask *ask, const char *secret,
                                                                 struct token_grant *grant))
{
    enum token_verdict best = TOKEN_ABSENT;
    for (size_t i = 0; i < c->secrets.count && best != TOKEN_GOOD; i++) {
        enum token_verdict verdict = check(ask, c->secrets.items[i], grant);
        if (verdict > best)
            best = verdict;
    }
    return best;
}

static enum token_verdict check_sign(const struct conf_auth *c, const struct token_ask *ask, struct token_grant *grant)
{
    return by_secrets(c, ask, grant, sign_check);
}

/* clang-format off */
static const struct auth_scheme schemes[] = {
    { .name = "sign", .check = check_sign },
    { .name = CONF_AUTH_PASSWORD, .challenge = "Basic realm=\"live\", charset=\"UTF-8\"", .check = auth_users_check },
};
/* clang-format on */

const struct auth_scheme *auth_scheme_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_equal(schemes[i].name, name))
            return &schemes[i];
    return NULL;
}
