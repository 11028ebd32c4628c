#include "app/auth/jwt_scheme.h"

#include <string.h>
#include <strings.h>

#include "app/auth/key_store.h"
#include "core/mem.h"
#include "protocol/token/jwt.h"
#include "protocol/token/params.h"

#define BEARER "Bearer "

/* Sources of keys that one vhost may have. */
enum { SETS_MAX = 8 };

static enum token_verdict find_token(const struct conf_auth *c, const struct token_ask *ask, char *out, size_t cap)
{
    const char *field = ask->authorization;
    switch (params_find(ask->query, c->jwt_param, out, cap)) {
    case PARAMS_ONE: return TOKEN_GOOD;
    case PARAMS_BAD: return TOKEN_MALFORMED;
    case PARAMS_NONE: break;
    }
    if (!field || strncasecmp(field, BEARER, strlen(BEARER)) != 0)
        return TOKEN_ABSENT;
    field += strlen(BEARER);
    field += strspn(field, " ");
    if (strlen(field) >= cap)
        return TOKEN_MALFORMED;
    strcpy(out, field);
    return TOKEN_GOOD;
}

static enum token_verdict check(const struct conf_auth *c, const struct token_ask *ask, const char *token,
                                struct token_grant *grant)
{
    const struct key_set *sets[SETS_MAX];
    struct jwt_rules      rules = {
             .secrets = c->secrets.items,
             .n_secrets = c->secrets.count,
             .sets = sets,
             .issuer = c->jwt_issuer,
             .audience = c->jwt_audience,
    };
    bool knows_key;
    for (size_t i = 0; i < c->jwt_keys.count && rules.n_sets < SETS_MAX; i++)
        sets[rules.n_sets++] = key_store_find(c->jwt_keys.items[i]);
    enum token_verdict verdict = jwt_check(ask, token, &rules, grant, &knows_key);
    for (size_t i = 0; verdict == TOKEN_FORGED && !knows_key && i < c->jwt_keys.count; i++)
        key_store_ask_again(c->jwt_keys.items[i]);
    return verdict;
}

enum token_verdict auth_jwt_check(const struct conf_auth *c, const struct token_ask *ask, struct token_grant *grant)
{
    char *token = mem_alloc(JWT_MAX + 1);
    if (!token)
        return TOKEN_MALFORMED;
    enum token_verdict verdict = find_token(c, ask, token, JWT_MAX + 1);
    if (verdict == TOKEN_GOOD)
        verdict = check(c, ask, token, grant);
    mem_free(token);
    return verdict;
}
