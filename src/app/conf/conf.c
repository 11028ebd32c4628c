#include "app/conf/conf.h"

#include <string.h>
#include <strings.h>

#include "app/conf/tree.h"
#include "core/mem.h"
#include "protocol/stream_name.h"

struct conf *conf_ref(struct conf *c)
{
    c->refs++;
    return c;
}

void conf_unref(struct conf **cp)
{
    struct conf *c = *cp;
    *cp = NULL;
    if (!c || --c->refs)
        return;
    if (c->tree)
        conf_tree_finish(c->tree);
    mem_free(c->tree);
    mem_free(c);
}

/* The case of letters does not count in host names (RFC 4343), but an exact match comes first. */
static const struct conf_vhost *find(const struct conf *c, const char *name)
{
    const struct conf_vhost *similar = NULL;
    for (size_t i = 0; i < c->n_vhosts; i++) {
        if (strcmp(c->vhosts[i].name, name) == 0)
            return &c->vhosts[i];
        if (!similar && strcasecmp(c->vhosts[i].name, name) == 0)
            similar = &c->vhosts[i];
    }
    return similar;
}

const struct conf_vhost *conf_find_vhost(const struct conf *c, const char *name)
{
    const struct conf_vhost *v = name && name[0] ? find(c, name) : NULL;
    return v ? v : find(c, STREAM_DEFAULT_VHOST);
}

const struct conf_vhost *conf_vhost_named(const struct conf *c, const char *name)
{
    const struct conf_vhost *v = find(c, name);
    return v && strcmp(v->name, name) == 0 ? v : NULL;
}

bool conf_words_has(const struct conf_words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

static bool same_words(const struct conf_words *a, const struct conf_words *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

bool conf_http_is_shared(const struct conf *conf)
{
    return conf->http_api.enabled && conf->http_server.enabled &&
           same_words(&conf->http_api.listen, &conf->http_server.listen);
}

const struct conf_words *conf_rtc_tcp_host(const struct conf *conf)
{
    const struct conf_http_server *streams = &conf->http_server;
    const struct conf_http_api    *api = &conf->http_api;
    bool                           has_api = api->enabled && !conf_http_is_shared(conf);
    const struct {
        bool                     is_open;
        const struct conf_words *listen;
    } hosts[] = { { streams->enabled, &streams->listen },
                  { streams->enabled && streams->https.enabled, &streams->https.listen },
                  { has_api, &api->listen },
                  { has_api && api->https.enabled, &api->https.listen } };
    if (!conf->rtc_server.enabled || !conf->rtc_server.tcp.enabled)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
        if (hosts[i].is_open && same_words(hosts[i].listen, &conf->rtc_server.tcp.listen))
            return hosts[i].listen;
    return NULL;
}
