#include "app/session/rules.h"

#include "app/session/access.h"

static struct err *ask_vhost(struct session *s, void **kept)
{
    (void)kept;
    s->vhost = conf_find_vhost(s->conf, s->host);
    if (s->vhost && s->vhost->enabled)
        return NULL;
    if (s->vhost)
        return err_new(E_RTMP_VHOST_NOT_FOUND, "vhost %s disabled", s->vhost->name);
    s->verdict = SESSION_NOT_FOUND;
    return err_new(E_RTMP_VHOST_NOT_FOUND, "no vhost %s", s->host);
}

static struct err *ask_security(struct session *s, void **kept)
{
    (void)kept;
    return access_check_security(s->vhost, s->client.type->publish ? ACCESS_PUBLISH : ACCESS_PLAY, s->client.ip);
}

static struct err *ask_refer(struct session *s, void **kept)
{
    (void)kept;
    struct err *e = access_check_refer(s->vhost, ACCESS_REFER_ALL, s->client.page_url);
    if (e)
        return e;
    return access_check_refer(s->vhost, s->client.type->publish ? ACCESS_REFER_PUBLISH : ACCESS_REFER_PLAY,
                              s->client.page_url);
}

const struct session_guard session_vhost_guard = { .by_conf = true, .ask = ask_vhost };
const struct session_guard session_security_guard = { .by_conf = true, .ask = ask_security };
const struct session_guard session_refer_guard = { .by_conf = true, .ask = ask_refer };
