#include "app/auth/guard.h"

#include <string.h>

#include "app/auth/policy.h"
#include "app/limits/guard.h"
#include "core/clock.h"
#include "core/str.h"

/* *kept is the app with the token in front of it, which is asked for again after a reload. */
static struct err *ask(struct session *s, void **kept)
{
    char                  *whole = *kept;
    int64_t                wall_us = wall_now_us();
    const struct token_ask ask = {
        .publish = s->client.type->publish,
        .app = whole ? whole : s->app,
        .stream = s->stream,
        .name = s->client.name ? s->client.name : s->stream,
        .ip = s->client.ip,
        .query = s->param,
        .authorization = s->authorization,
        .user = s->login && str_equal(s->login->vhost, s->vhost->name) ? s->login->user : NULL,
        .now_s = wall_us / US_PER_SECOND,
    };
    struct auth_answer answer;
    struct err        *e = auth_policy_check(&s->vhost->auth, &ask, &answer);
    if (e && answer.is_wrong_password)
        limits_wrong_password(s->conf, s->vhost, s->client.ip);
    if (!e && *answer.user) {
        memcpy(s->user, answer.user, sizeof s->user);
        s->client.user = s->user;
    }
    if (e && answer.challenge) {
        s->verdict = SESSION_UNNAMED;
        s->challenge = answer.challenge;
    }
    if (e)
        return e;
    session_end_at(s, auth_deadline(&answer, wall_us));
    if (answer.app_skip) {
        *kept = (char *)ask.app;
        s->app = ask.app + answer.app_skip;
    }
    return NULL;
}

const struct session_guard auth_guard = { .by_conf = true, .ask = ask };
