#include "app/auth/policy.h"

#include <string.h>

#include "app/auth/schemes.h"
#include "app/conf/auth.h"
#include "core/clock.h"

int64_t auth_deadline(const struct auth_answer *answer, int64_t wall_us)
{
    int64_t wall_s = wall_us / US_PER_SECOND;
    if (answer->expires_s - wall_s >= INT64_MAX / US_PER_SECOND / 2)
        return 0;
    return now_us() + answer->expires_s * US_PER_SECOND - wall_us;
}

struct err *auth_policy_check(const struct conf_auth *c, const struct token_ask *ask, struct auth_answer *answer)
{
    const struct conf_words *schemes = ask->publish ? &c->publish : &c->play;
    const char              *action = ask->publish ? "publish" : "play", *name = NULL, *challenge = NULL;
    enum token_verdict worst = TOKEN_ABSENT; /* of the token that the client brought: the verdict that says most */
    *answer = (struct auth_answer){ .expires_s = INT64_MAX };
    if (!conf_auth_asks(c, ask->publish))
        return NULL;
    for (size_t i = 0; i < schemes->count; i++) {
        const struct auth_scheme *s = auth_scheme_find(schemes->items[i]);
        struct token_grant        grant = { .expires_s = INT64_MAX };
        enum token_verdict        verdict = s ? s->check(c, ask, &grant) : TOKEN_ABSENT;
        if (verdict == TOKEN_GOOD) {
            answer->expires_s = grant.expires_s;
            answer->is_wrong_password = false;
            memcpy(answer->user, grant.user, sizeof answer->user);
            answer->app_skip = grant.app_skip;
            return NULL;
        }
        answer->is_wrong_password |= grant.is_wrong_password;
        if (verdict > worst) {
            worst = verdict;
            name = s->name;
        }
        if (s && !challenge)
            challenge = s->challenge;
    }
    if (worst == TOKEN_ABSENT || answer->is_wrong_password) /* a browser asks its user again */
        answer->challenge = challenge;
    if (worst != TOKEN_ABSENT)
        return err_new(E_AUTH_DENIED, "auth %s: the token of %s %s", action, name, token_verdict_text(worst));
    return err_new(E_AUTH_DENIED, "auth %s: %s", action,
                   schemes->count ? "there is no token" : "no scheme is configured, so nobody may");
}
