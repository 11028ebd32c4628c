#include "app/http/play_rules.h"

#include <string.h>

#include "app/auth/policy.h"
#include "app/bans/guard.h"
#include "app/conf/auth.h"
#include "app/http/conn.h"
#include "app/limits/guard.h"
#include "app/segment/show.h"
#include "app/segment/variants.h"
#include "app/session/access.h"
#include "core/clock.h"
#include "protocol/stream_name.h"

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static struct err *check_token(const struct http_exchange *x, const struct conf_vhost *vhost, const char *app,
                               const char *stream, struct play_rules *rules)
{
    const struct http_request *r = http_request_of(x);
    int64_t                    wall_us = wall_now_us();
    const struct token_ask     ask = {
            .app = app,
            .stream = stream,
            .name = last_part(r->path),
            .ip = http_visit_of(x)->ip,
            .query = r->raw_query,
            .authorization = http_request_field(r, "Authorization"),
            .now_s = wall_us / US_PER_SECOND,
    };
    struct auth_answer answer;
    struct err        *e = auth_policy_check(&vhost->auth, &ask, &answer);
    *rules = (struct play_rules){ .challenge = answer.challenge, .ends_us = auth_deadline(&answer, wall_us) };
    if (e && answer.is_wrong_password)
        limits_wrong_password(http_conn_of(x)->server->conf, vhost, ask.ip);
    return e ? e : ban_check_user(answer.user);
}

static struct err *check_tokens(const struct http_exchange *x, const struct conf_vhost *vhost, const char *app,
                                const char *stream, struct play_rules *rules)
{
    char group[STREAM_NAME_MAX + 1];
    if (vhost->cluster.token_traverse && !stream)
        return err_new(E_AUTH_DENIED, "token_traverse: the origin is asked about streams alone");
    if (!conf_auth_asks(&vhost->auth, false))
        return NULL;
    if (!stream)
        return err_new(E_AUTH_DENIED, "auth play: only what is in a manifest can be had with a token");
    struct err *e = check_token(x, vhost, app, stream, rules);
    if (!e || !variants_group_of(group, vhost, stream))
        return e;
    err_free(e);
    return check_token(x, vhost, app, group, rules);
}

struct err *play_rules_check_names(const struct http_exchange *x, const struct conf_vhost *vhost, const char *app,
                                   const char *stream, struct play_rules *rules)
{
    const char *page_url = http_request_field(http_request_of(x), "Referer");
    *rules = (struct play_rules){ 0 };
    struct err *e = access_check_security(vhost, ACCESS_PLAY, http_visit_of(x)->ip);
    if (!e)
        e = access_check_refer(vhost, ACCESS_REFER_ALL, page_url);
    if (!e)
        e = access_check_refer(vhost, ACCESS_REFER_PLAY, page_url);
    if (!e && stream)
        e = ban_check_stream(vhost, app, stream);
    return e ? e : check_tokens(x, vhost, app, stream, rules);
}

struct err *play_rules_check(const struct http_exchange *x, const struct conf_vhost *vhost, const struct show *show,
                             struct play_rules *rules)
{
    return play_rules_check_names(x, vhost, show ? show->app : NULL, show ? show->stream : NULL, rules);
}
