#include "app/conf/ports.h"

#include <arpa/inet.h>
#include <string.h>

#include "app/conf/endpoint.h"
#include "app/conf/show.h"
#include "app/conf/tree.h"
#include "core/str.h"

/* A service that is on, and its place in the file. */
struct service {
    const char              *path; /* node of its `listen` */
    const struct conf_words *listen;
    const char              *block, *inner;
    bool                     is_udp; /* A port of UDP and one of TCP are two ports. */
};

enum { SERVICES_MAX = 11 };

static size_t list_services(const struct conf *c, struct service out[static SERVICES_MAX])
{
    const struct conf_http_api    *api = &c->http_api;
    const struct conf_http_server *server = &c->http_server;
    bool                           own_api = api->enabled && !conf_http_is_shared(c);
    size_t                         n = 0;
    out[n++] = (struct service){ "listen", &c->listen, NULL, NULL, false };
    if (c->rtmps.enabled)
        out[n++] = (struct service){ "rtmps.listen", &c->rtmps.listen, "rtmps", NULL, false };
    if (own_api)
        out[n++] = (struct service){ "http_api.listen", &api->listen, "http_api", NULL, false };
    if (server->enabled)
        out[n++] = (struct service){ "http_server.listen", &server->listen, "http_server", NULL, false };
    if (own_api && api->https.enabled)
        out[n++] = (struct service){ "http_api.https.listen", &api->https.listen, "http_api", "https", false };
    if (server->enabled && server->https.enabled)
        out[n++] = (struct service){ "http_server.https.listen", &server->https.listen, "http_server", "https", false };
    if (c->exporter.enabled)
        out[n++] = (struct service){ "exporter.listen", &c->exporter.listen, "exporter", NULL, false };
    if (c->casters_http.count)
        out[n++] = (struct service){ "stream_caster.listen", &c->casters_http, "stream_caster", NULL, false };
    if (c->casters_udp.count)
        out[n++] = (struct service){ "stream_caster.listen", &c->casters_udp, "stream_caster", NULL, .is_udp = true };
    if (c->rtc_server.enabled)
        out[n++] = (struct service){ "rtc_server.listen", &c->rtc_server.listen, "rtc_server", NULL, .is_udp = true };
    if (c->rtc_server.enabled && c->rtc_server.tcp.enabled && !conf_rtc_tcp_host(c))
        out[n++] = (struct service){ "rtc_server.tcp.listen", &c->rtc_server.tcp.listen, "rtc_server", "tcp", false };
    return n;
}

/* The bytes of an address; all 0 is the wildcard. */
static size_t address_of(const struct conf_endpoint *e, unsigned char out[static sizeof(struct in6_addr)], bool *any)
{
    size_t len = e->ipv6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
    memset(out, 0, sizeof(struct in6_addr));
    inet_pton(e->ipv6 ? AF_INET6 : AF_INET, e->ip, out);
    *any = true;
    for (size_t i = 0; i < len; i++)
        *any &= out[i] == 0;
    return len;
}

enum overlap { APART, OVERLAPPING, EQUAL };

static enum overlap compare(const char *one, const char *other)
{
    struct conf_endpoint a, b;
    unsigned char        ip_a[sizeof(struct in6_addr)], ip_b[sizeof(struct in6_addr)];
    bool                 any_a, any_b;
    if (conf_endpoint_parse(one, &a) != CONF_ENDPOINT_OK || conf_endpoint_parse(other, &b) != CONF_ENDPOINT_OK ||
        a.port != b.port || a.ipv6 != b.ipv6)
        return APART;
    size_t len = address_of(&a, ip_a, &any_a);
    address_of(&b, ip_b, &any_b);
    if (memcmp(ip_a, ip_b, len) == 0)
        return EQUAL;
    return any_a || any_b ? OVERLAPPING : APART;
}

/* The line of `listen`, or of the block where the default counts. */
static const struct conf_node *node_of(const struct conf *c, const struct service *s)
{
    const struct conf_node *block = s->block ? conf_node_child(&c->tree->root, s->block) : &c->tree->root;
    if (s->inner)
        block = conf_node_child(block, s->inner);
    const struct conf_node *listen = conf_node_child(block, "listen");
    return listen ? listen : block;
}

static const char *where_of(const struct conf *c, const struct service *s, char buf[static CONF_WHERE_MAX])
{
    const struct conf_node *n = node_of(c, s);
    return n && n->file ? conf_node_where(n, buf, CONF_WHERE_MAX) : "the defaults";
}

/* Refuse words that are no endpoints: the start could not listen on them. */
static struct err *check_words(const struct conf *c, const struct service *s)
{
    struct conf_endpoint e;
    char                 where[CONF_WHERE_MAX], shown[CONF_SHOW_MAX];
    for (size_t i = 0; i < s->listen->count; i++)
        if (conf_endpoint_parse(s->listen->items[i], &e) != CONF_ENDPOINT_OK)
            return err_new(E_SYSTEM_CONFIG_INVALID, "%s=%s is invalid, neither a port nor an address and a port, at %s",
                           s->path, conf_show(s->listen->items[i], shown, sizeof shown), where_of(c, s, where));
    return NULL;
}

static struct err *refuse(const struct conf *c, const struct service *a, const char *one, const struct service *b,
                          const char *other)
{
    char where[CONF_WHERE_MAX], shown[CONF_SHOW_MAX], shown_other[CONF_SHOW_MAX];
    return err_new(E_SYSTEM_CONFIG_INVALID, "%s %s and %s %s are one port, at %s", a->path,
                   conf_show(one, shown, sizeof shown), b->path, conf_show(other, shown_other, sizeof shown_other),
                   where_of(c, b, where));
}

static struct err *check_pair(const struct conf *c, const struct service *a, const struct service *b)
{
    for (size_t i = 0; i < a->listen->count; i++)
        for (size_t k = a == b ? i + 1 : 0; k < b->listen->count; k++) {
            const char  *one = a->listen->items[i], *other = b->listen->items[k];
            enum overlap found = compare(one, other);
            /* An endpoint that stands twice in one service is opened once. */
            bool fine = a == b ? found == EQUAL || (found == OVERLAPPING && c->reuse_port) : false;
            if (found != APART && !fine)
                return refuse(c, a, one, b, other);
        }
    return NULL;
}

struct err *conf_ports_check(const struct conf *c)
{
    struct service services[SERVICES_MAX];
    size_t         n = list_services(c, services);
    struct err    *e = NULL;
    for (size_t i = 0; i < n && !e; i++)
        e = check_words(c, &services[i]);
    for (size_t i = 0; i < n && !e; i++)
        for (size_t k = i; k < n && !e; k++)
            if (services[i].is_udp == services[k].is_udp)
                e = check_pair(c, &services[i], &services[k]);
    return e;
}
