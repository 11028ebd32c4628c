#include "app/bans/guard.h"

#include "app/bans/bans.h"

/* The client is told that it is banned, and not why: the reason is the operator's. */
static struct err *refuse(const struct ban *b)
{
    return b ? err_new(E_BANNED, "%s %s is banned", ban_kind_name(b->kind), b->subject) : NULL;
}

struct err *ban_check_stream(const struct conf_vhost *vhost, const char *app, const char *stream)
{
    char key[STREAM_IDENTITY_CAP];
    if (!bans_has(BAN_STREAM))
        return NULL;
    return refuse(bans_find_stream(stream_name_key(key, vhost->name, app, stream)));
}

struct err *ban_check_user(const char *user)
{
    return refuse(bans_find_user(user));
}

static struct err *ask(struct session *s, void **kept)
{
    (void)kept;
    struct err *e = refuse(bans_find_ip(s->client.ip));
    return e ? e : ban_check_stream(s->vhost, s->app, s->stream);
}

static struct err *ask_user(struct session *s, void **kept)
{
    (void)kept;
    return ban_check_user(s->client.user);
}

const struct session_guard ban_guard = { .by_conf = true, .ask = ask };
const struct session_guard ban_user_guard = { .by_conf = true, .ask = ask_user };
