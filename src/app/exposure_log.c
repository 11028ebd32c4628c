#include "app/exposure_log.h"

#include <stddef.h>
#include <string.h>

#include "app/conf/exposure.h"
#include "core/log.h"
#include "core/str.h"

struct summary {
    bool        api_is_open;
    const char *open_vhost; /* one that anybody may publish to; NULL: there is none */
    size_t      n_open_vhosts;
};

static void add(void *arg, const struct conf_exposure *e)
{
    struct summary *s = arg;
    if (e->kind == EXPOSED_API)
        s->api_is_open = true;
    if (e->kind == EXPOSED_PUBLISH && s->n_open_vhosts++ == 0)
        s->open_vhost = e->vhost;
}

static struct summary sum_up(const struct conf *c)
{
    struct summary s = { 0 };
    if (c)
        conf_exposure_walk(c, add, &s);
    return s;
}

static bool api_is_private(const struct conf *c)
{
    return c && c->http_api.enabled && !conf_exposure_api_is_public(c);
}

void exposure_log(const struct conf *now, const struct conf *before)
{
    struct summary s = sum_up(now), was = sum_up(before);
    if (s.api_is_open && !was.api_is_open)
        log_warn(
            "the API answers other hosts without a password: whoever reaches it may list and end clients; http_api { "
            "auth { enabled on; username NAME; password SECRET; } } closes it");
    if (api_is_private(now) && !api_is_private(before))
        log_info("the API answers this host alone; http_api { listen 1985; auth { enabled on; username NAME; password "
                 "SECRET; } } opens it to others");
    if (s.n_open_vhosts && !was.n_open_vhosts) {
        char name[LOG_LINE_MAX / 4];
        str_printable(s.open_vhost, strlen(s.open_vhost), name, sizeof name);
        log_warn("anybody may publish to vhost %s%s: no rule of security, auth, refer or http_hooks asks who "
                 "publishes; --harden "
                 "lists what is open, with the lines that close it",
                 name, s.n_open_vhosts > 1 ? " and others" : "");
    }
}
