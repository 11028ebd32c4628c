#include "app/cluster/own_place.h"

#include <arpa/inet.h>
#include <string.h>

#include "app/conf/endpoint.h"
#include "app/conf/local_address.h"
#include "app/stat/system/nics.h"
#include "core/str.h"

enum { API_PORT_DEFAULT = 1985 };

/* The first endpoint of a `listen`. False: there is none that can be read. */
static bool first_of(const struct conf_words *listen, struct conf_endpoint *e)
{
    return listen->count && conf_endpoint_parse(listen->items[0], e) == CONF_ENDPOINT_OK;
}

static int port_of(bool enabled, const struct conf_words *listen)
{
    struct conf_endpoint e;
    return enabled && first_of(listen, &e) ? e.port : 0;
}

/* Copy the host of "host:port", "[::1]:port" or a host alone. */
static void host_of(const char *known_as, char *out, size_t cap)
{
    const char *from = known_as + (*known_as == '['), *end = *known_as == '[' ? strchr(from, ']') : strrchr(from, ':');
    struct str  s = str_over(out, cap);
    str_append(&s, from, end ? (size_t)(end - from) : strlen(from));
}

static bool is_public(const char *ip)
{
    struct sockaddr_in  v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
        return nics_address_is_public((const struct sockaddr *)&v4);
    return inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1 && nics_address_is_public((const struct sockaddr *)&v6);
}

/* The first public address of this machine, or the first one; empty: it has none. */
static void own_address(char *out, size_t cap)
{
    char            ip[INET6_ADDRSTRLEN];
    struct ifaddrs *all;
    bool            is_found = false;
    *out = '\0';
    if (getifaddrs(&all))
        return;
    for (int i = 0; !is_found && local_address_find_in(all, i, ip); i++) {
        is_found = is_public(ip);
        if (i == 0 || is_found)
            str_copy(out, cap, ip);
    }
    freeifaddrs(all);
}

bool cluster_own_place(struct cluster_place *place, const struct conf *conf, const char *known_as)
{
    const struct conf_http_server *http = &conf->http_server;
    struct conf_endpoint           rtmp, api;
    struct str                     name = str_over(place->coworker, sizeof place->coworker);
    *place = (struct cluster_place){ .rtmp_port = 0 };
    if (!first_of(&conf->listen, &rtmp))
        return false;
    place->rtmp_port = rtmp.port;
    place->rtmps_port = port_of(conf->rtmps.enabled, &conf->rtmps.listen);
    place->http_port = port_of(http->enabled, &http->listen);
    place->https_port = port_of(http->enabled && http->https.enabled, &http->https.listen);
    if (!conf_endpoint_is_any(&rtmp))
        str_copy(place->host, sizeof place->host, rtmp.ip);
    else if (*known_as)
        host_of(known_as, place->host, sizeof place->host);
    else
        own_address(place->host, sizeof place->host);
    if (!first_of(&conf->http_api.listen, &api))
        api.port = API_PORT_DEFAULT;
    str_printf(&name, strchr(place->host, ':') ? "[%s]:%d" : "%s:%d", place->host, api.port);
    return true;
}

static void put_port(struct jw *j, const char *name, int port)
{
    if (port)
        jw_int(j, name, port);
}

void cluster_put_ports(struct jw *j, const struct cluster_place *place)
{
    put_port(j, "rtmps", place->rtmps_port);
    put_port(j, "http", place->http_port);
    put_port(j, "https", place->https_port);
}
