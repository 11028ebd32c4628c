#include "app/conf/exposure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/conf/auth.h"
#include "app/conf/cidr.h"
#include "app/conf/endpoint.h"
#include "app/conf/tree.h"
#include "core/attr.h"
#include "core/str.h"

/* A shorter password can be tried out over the network. */
enum { PASSWORD_LEN_GOOD = 10 };

struct walk {
    const struct conf *conf;
    void (*tell)(void *arg, const struct conf_exposure *e);
    void *arg;
    bool  is_open_to_publishers;
};

/* ---- who reaches what ---- */

static bool is_loopback(const char *endpoint)
{
    struct conf_endpoint e;
    struct cidr          address;
    return conf_endpoint_parse(endpoint, &e) == CONF_ENDPOINT_OK && !e.any &&
           cidr_parse(e.ip, strlen(e.ip), &address) && cidr_is_loopback(&address);
}

static bool is_public(const struct conf_words *endpoints)
{
    for (size_t i = 0; i < endpoints->count; i++)
        if (!is_loopback(endpoints->items[i]))
            return true;
    return false;
}

static bool api_is_public_in_plain(const struct conf *c)
{
    return c->http_api.enabled && is_public(&c->http_api.listen);
}

bool conf_exposure_api_is_public(const struct conf *c)
{
    const struct conf_https *https = conf_http_is_shared(c) ? &c->http_server.https : &c->http_api.https;
    return api_is_public_in_plain(c) || (c->http_api.enabled && https->enabled && is_public(&https->listen));
}

static bool publishers_reach(const struct conf *c)
{
    return is_public(&c->listen) || (c->rtmps.enabled && is_public(&c->rtmps.listen));
}

/* ---- findings ---- */

static struct conf_exposure found(enum conf_exposure_kind kind, const struct conf_node *at)
{
    struct conf_exposure e = { .kind = kind };
    char                 where[CONF_WHERE_MAX];
    if (at)
        str_copy(e.where, sizeof e.where, conf_node_where(at, where, sizeof where));
    return e;
}

static void say(const struct walk *w, struct conf_exposure *e, const char *close, const char *what, ...)
    ATTR_PRINTF(4, 5);

static void say(const struct walk *w, struct conf_exposure *e, const char *close, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    vsnprintf(e->what, sizeof e->what, what, args);
    va_end(args);
    str_copy(e->close, sizeof e->close, close);
    w->tell(w->arg, e);
}

static void walk_password(const struct walk *w, const struct conf_node *at)
{
    const struct conf_http_api *api = &w->conf->http_api;
    struct conf_exposure        e;
    if (api_is_public_in_plain(w->conf)) {
        e = found(EXPOSED_API_PASSWORD, at);
        e.is_note = true;
        say(w, &e, "http_api { listen 127.0.0.1:1985; https { enabled on; listen 1990; } }",
            "the password of the API travels as plain text over HTTP");
    }
    if (strlen(api->password) < PASSWORD_LEN_GOOD || str_equal(api->password, api->username)) {
        e = found(EXPOSED_WEAK_PASSWORD, at);
        say(w, &e, "http_api { auth { password SOMETHING_LONG_AND_RANDOM; } }",
            "the password of the API has less than %d characters, or is the name of its user", PASSWORD_LEN_GOOD);
    }
}

static bool trusts_any(const struct conf_http_api *api)
{
    for (size_t i = 0; i < api->trusted_hosts.count; i++)
        if (str_equal_nocase(api->trusted_hosts.items[i], "any"))
            return true;
    return false;
}

/* What pages in the browser of somebody who reaches the API may do, so an API of this host alone counts too. */
static void walk_pages(const struct walk *w, const struct conf_node *at)
{
    const struct conf_http_api *api = &w->conf->http_api;
    struct conf_exposure        e;
    if (api->jsonp_delete && !api->auth) {
        e = found(EXPOSED_JSONP, at);
        say(w, &e, "http_api { jsonp_delete off; }", "a GET of the API may end a client, so a link in a mail does");
    }
    if (trusts_any(api)) {
        e = found(EXPOSED_TO_PAGES, at);
        say(w, &e, "http_api { trusted_hosts NAME_OF_YOUR_CONSOLE; }",
            "every web page may use the API from the browser of somebody who reaches it");
    }
}

static void walk_api(const struct walk *w)
{
    const struct conf_http_api *api = &w->conf->http_api;
    const struct conf_node     *at = conf_node_child(&w->conf->tree->root, "http_api");
    struct conf_exposure        e;
    if (!api->enabled)
        return;
    walk_pages(w, at);
    if (api->raw_api && api->raw_api_update && !api->auth) { /* Without a password it answers this host alone. */
        e = found(EXPOSED_UPDATE, at);
        say(w, &e, "http_api { auth { enabled on; username NAME; password SECRET; } }",
            "any program on this host may change the configuration, and so have the server run others; "
            "auth { enabled on; } or raw_api { allow_update off; } closes it");
    }
    if (!conf_exposure_api_is_public(w->conf))
        return;
    if (api->auth) {
        walk_password(w, at);
        return;
    }
    e = found(EXPOSED_API, at);
    say(w, &e, "http_api { auth { enabled on; username NAME; password SECRET; } }",
        "the API answers other hosts without a password: whoever reaches it may list and end clients; "
        "auth { enabled on; } or listen 127.0.0.1:1985 closes it");
    if (api->raw_api && api->raw_api_reload) {
        e = found(EXPOSED_RELOAD, at);
        say(w, &e, "http_api { raw_api { allow_reload off; } }",
            "whoever reaches the API may reload the configuration");
    }
}

static bool asks_publishers(const struct conf_vhost *v)
{
    const struct conf_hooks *h = &v->hooks;
    if (conf_auth_asks(&v->auth, true))
        return true;
    if (h->enabled && (h->on_connect.count || h->on_publish.count))
        return true;
    if (v->refer.enabled && (v->refer.has_all || v->refer.has_publish))
        return true;
    for (size_t i = 0; v->security.enabled && i < v->security.n_rules; i++)
        if (v->security.rules[i].allow || v->security.rules[i].publish)
            return true;
    return v->security.enabled && !v->security.n_rules; /* refuses everybody */
}

static bool has_plain_https(const struct conf_words *urls)
{
    for (size_t i = 0; i < urls->count; i++)
        if (str_starts_with(urls->items[i], "https://"))
            return true;
    return false;
}

static void walk_hooks(const struct walk *w, const struct conf_vhost *v, const struct conf_node *at)
{
    const struct conf_hooks *h = &v->hooks;
    if (!h->enabled)
        return;
    struct conf_exposure e = found(EXPOSED_HOOKS, at);
    e.is_note = true;
    e.vhost = v->name;
    if (h->fail_open.count)
        say(w, &e, "http_hooks { fail_open; }", "vhost %s lets clients in while its callbacks cannot be asked",
            v->name);
    if (!h->tls_verify &&
        (has_plain_https(&h->on_publish) || has_plain_https(&h->on_play) || has_plain_https(&h->on_connect)))
        say(w, &e, "http_hooks { tls_verify on; }", "vhost %s asks callbacks by HTTPS and does not check who answers",
            v->name);
}

static void walk_vhost(const struct walk *w, const struct conf_vhost *v, const struct conf_node *at)
{
    if (!v->enabled)
        return;
    if (w->is_open_to_publishers && !asks_publishers(v)) {
        struct conf_exposure e = found(EXPOSED_PUBLISH, at);
        e.vhost = v->name;
        say(w, &e, "security { enabled on; allow publish ADDRESS; allow play all; }",
            "anybody may publish to vhost %s: it has no rule for publishers", v->name);
    }
    walk_hooks(w, v, at);
}

/* There is no password for metrics, as in SRS: it is for the network to decide who reads them. */
static void walk_metrics(const struct walk *w)
{
    if (!w->conf->exporter.enabled || !is_public(&w->conf->exporter.listen))
        return;
    struct conf_exposure e = found(EXPOSED_METRICS, conf_node_child(&w->conf->tree->root, "exporter"));
    e.is_note = true;
    say(w, &e, "exporter { listen ADDRESS_THAT_PROMETHEUS_REACHES:9972; }",
        "other hosts may read the metrics, which have the names of streams");
}

void conf_exposure_walk(const struct conf *c, void (*tell)(void *arg, const struct conf_exposure *e), void *arg)
{
    const struct walk w = { c, tell, arg, publishers_reach(c) };
    walk_api(&w);
    walk_metrics(&w);
    /* The array has an item for each block of the file, in their order. */
    const struct conf_node *node = conf_node_child(&c->tree->root, "vhost");
    for (size_t i = 0; i < c->n_vhosts; i++, node = node ? conf_node_same(node) : NULL)
        walk_vhost(&w, &c->vhosts[i], node);
}
