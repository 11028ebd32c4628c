#include "app/auth/schemes.h"

#include "app/auth/jwt_scheme.h"
#include "app/auth/users.h"
#include "app/conf/auth.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/str.h"
#include "protocol/token/cdn.h"
#include "protocol/token/secure_link.h"
#include "protocol/token/sign.h"
#include "protocol/token/timed_links.h"

/* What judges a token by one secret: one of the two. A link is good for `valid_s` after the time in it. */
struct judge {
    enum token_verdict (*token)(const struct token_ask *ask, const char *secret, struct token_grant *grant);
    enum token_verdict (*link)(const struct token_ask *ask, const char *secret, int64_t valid_s,
                               struct token_grant *grant);
};

/* A secret for which the token is good; if there is none, the verdict that says most. */
static enum token_verdict by_secrets(const struct conf_auth *c, const struct token_ask *ask, struct token_grant *grant,
                                     struct judge judge)
{
    enum token_verdict best = TOKEN_ABSENT;
    for (size_t i = 0; i < c->secrets.count && best != TOKEN_GOOD; i++) {
        const char        *secret = c->secrets.items[i];
        enum token_verdict verdict = judge.link ? judge.link(ask, secret, c->auth_key_valid_us / US_PER_SECOND, grant)
                                                : judge.token(ask, secret, grant);
        if (verdict > best)
            best = verdict;
    }
    return best;
}

static enum token_verdict check_sign(const struct conf_auth *c, const struct token_ask *ask, struct token_grant *grant)
{
    return by_secrets(c, ask, grant, (struct judge){ .token = sign_check });
}

static enum token_verdict check_secure_link(const struct conf_auth *c, const struct token_ask *ask,
                                            struct token_grant *grant)
{
    return secure_link_check(ask, c->secure_link, grant);
}

static enum token_verdict check_auth_key(const struct conf_auth *c, const struct token_ask *ask,
                                         struct token_grant *grant)
{
    return by_secrets(c, ask, grant, (struct judge){ .link = cdn_auth_key_check });
}

static enum token_verdict check_sign_t(const struct conf_auth *c, const struct token_ask *ask,
                                       struct token_grant *grant)
{
    return by_secrets(c, ask, grant, (struct judge){ .link = timed_links_sign_t });
}

static enum token_verdict check_ws_secret(const struct conf_auth *c, const struct token_ask *ask,
                                          struct token_grant *grant)
{
    return by_secrets(c, ask, grant, (struct judge){ .link = timed_links_ws_secret });
}

static enum token_verdict check_hw_secret(const struct conf_auth *c, const struct token_ask *ask,
                                          struct token_grant *grant)
{
    return by_secrets(c, ask, grant, (struct judge){ .link = timed_links_hw_secret });
}

static enum token_verdict check_tx_secret(const struct conf_auth *c, const struct token_ask *ask,
                                          struct token_grant *grant)
{
    return by_secrets(c, ask, grant, (struct judge){ .token = cdn_tx_secret_check });
}

static enum token_verdict check_edge_auth(const struct conf_auth *c, const struct token_ask *ask,
                                          struct token_grant *grant)
{
    return by_secrets(c, ask, grant, (struct judge){ .token = cdn_edge_auth_check });
}

/* clang-format off */
static const struct auth_scheme schemes[] = {
    { .name = "sign", .check = check_sign },
    { .name = CONF_AUTH_PASSWORD, .challenge = "Basic realm=\"live\", charset=\"UTF-8\"", .check = auth_users_check },
    { .name = "jwt", .challenge = "Bearer", .check = auth_jwt_check },
    { .name = "secure_link", .check = check_secure_link },
    { .name = CONF_AUTH_KEY, .check = check_auth_key },
    { .name = "tx_secret", .check = check_tx_secret },
    { .name = "edge_auth", .check = check_edge_auth },
    { .name = "sign_t", .check = check_sign_t },
    { .name = "ws_secret", .check = check_ws_secret },
    { .name = "hw_secret", .check = check_hw_secret },
};
/* clang-format on */

const struct auth_scheme *auth_scheme_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_equal(schemes[i].name, name))
            return &schemes[i];
    return NULL;
}
