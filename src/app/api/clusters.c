/*
 * Where a stream is published, for the other origins of a cluster, of this server and of SRS: each asks its coworkers with an empty POST
 * (cluster/question.h), and sends its player to the one that has the stream. DELETE ends the publisher for one that has come to another origin
 * (cluster/take.h).
 */
#include <arpa/inet.h>
#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "app/cluster/take.h"
#include "app/conf/endpoint.h"
#include "app/conf/local_address.h"
#include "app/http/conn.h"
#include "app/source/source.h"
#include "app/stat/system/nics.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/http/status.h"

enum { HOST_CAP = 256, DEFAULT_API_PORT = 1985 };

struct asked {
    const char *ip, *vhost, *app, *stream;
    const char *coworker; /* the address by which the asker knows this server; empty: it does not say */
    bool        ports;    /* The asker wants the ports of all protocols, which SRS does not know. */
};

static bool is_live(const struct api_reply *r, const struct asked *a)
{
    const struct conf_vhost *vhost = conf_find_vhost(r->server->conf, a->vhost);
    const struct source     *s = vhost ? source_find(&r->server->sources, vhost, a->app, a->stream) : NULL;
    return s && source_is_live(s);
}

/* The first endpoint of a `listen`. False: there is none that can be read. */
static bool first_of(const struct conf_words *listen, struct conf_endpoint *e)
{
    return listen->count && conf_endpoint_parse(listen->items[0], e) == CONF_ENDPOINT_OK;
}

/* Copy the host of "host:port", "[::1]:port" or a host alone. */
static void host_of(const char *coworker, char out[static HOST_CAP])
{
    const char *from = coworker + (*coworker == '['), *end = *coworker == '[' ? strchr(from, ']') : strrchr(from, ':');
    struct str  s = str_over(out, HOST_CAP);
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
static void own_address(char out[static HOST_CAP])
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
            str_copy(out, HOST_CAP, ip);
    }
    freeifaddrs(all);
}

static void put_api(struct jw *j, const struct api_reply *r, const struct asked *a, const char *ip)
{
    struct conf_endpoint e;
    char                 text[HOST_CAP + 16];
    struct str           s = str_over(text, sizeof text);
    if (!first_of(&r->server->conf->http_api.listen, &e))
        e.port = DEFAULT_API_PORT;
    str_printf(&s, strchr(ip, ':') ? "[%s]:%d" : "%s:%d", ip, e.port);
    const char *api = *a->coworker ? a->coworker : text;
    jw_string(j, "api", api);
    jw_array(j, "routers"); /* servers that the question has passed */
    jw_string(j, NULL, api);
    jw_array_end(j);
}

static void put_port(struct jw *j, const char *name, bool enabled, const struct conf_words *listen)
{
    struct conf_endpoint e;
    if (enabled && first_of(listen, &e))
        jw_int(j, name, e.port);
}

static void put_ports(struct jw *j, const struct conf *conf)
{
    const struct conf_http_server *http = &conf->http_server;
    put_port(j, "rtmps", conf->rtmps.enabled, &conf->rtmps.listen);
    put_port(j, "http", http->enabled, &http->listen);
    put_port(j, "https", http->enabled && http->https.enabled, &http->https.listen);
}

static void put_origin(struct api_reply *r, const struct asked *a)
{
    struct jw           *j = &r->json;
    struct conf_endpoint rtmp;
    char                 ip[HOST_CAP];
    if (!is_live(r, a) || !first_of(&r->server->conf->listen, &rtmp)) {
        jw_null(j, "origin");
        return;
    }
    if (!conf_endpoint_is_any(&rtmp))
        str_copy(ip, sizeof ip, rtmp.ip);
    else if (*a->coworker)
        host_of(a->coworker, ip);
    else
        own_address(ip);
    jw_object(j, "origin");
    jw_string(j, "ip", ip);
    jw_int(j, "port", rtmp.port);
    jw_string(j, "vhost", a->vhost);
    put_api(j, r, a, ip);
    if (a->ports)
        put_ports(j, r->server->conf);
    jw_object_end(j);
}

static struct err *write_clusters(struct api_reply *r)
{
    struct asked a = {
        api_text(r, "ip"),     api_text(r, "vhost"),    api_text(r, "app"),
        api_text(r, "stream"), api_text(r, "coworker"), str_equal(api_text(r, "ports"), "on"),
    };
    struct jw *j = &r->json;
    jw_object(j, NULL);
    jw_int(j, "code", E_SUCCESS);
    jw_object(j, "data");
    jw_object(j, "query");
    jw_string(j, "ip", a.ip);
    jw_string(j, "vhost", a.vhost);
    jw_string(j, "app", a.app);
    jw_string(j, "stream", a.stream);
    jw_object_end(j);
    put_origin(r, &a);
    jw_object_end(j);
    jw_object_end(j);
    return NULL;
}

/* A publisher has come to the co-worker that asks, and takes the stream over. */
static struct err *write_given(struct api_reply *r)
{
    const struct conf_vhost *vhost = conf_find_vhost(r->server->conf, api_text(r, "vhost"));
    if (!vhost)
        return api_refuse(r, HTTP_STATUS_NOT_FOUND);
    enum cluster_given given =
        cluster_give(&r->server->sources, vhost, api_text(r, "app"), api_text(r, "stream"), api_text(r, "from"));
    switch (given) {
    case CLUSTER_GIVEN_NOT:
        return api_refuse_because(r, HTTP_STATUS_FORBIDDEN, "publish_elsewhere is not takeover here");
    case CLUSTER_GIVEN_LOOP:
        return api_refuse_because(r, HTTP_STATUS_FORBIDDEN, "the new publisher is a push of this stream");
    case CLUSTER_GIVEN_LATE:
        return api_refuse_because(r, HTTP_STATUS_SERVICE_UNAVAILABLE, "the publisher has not gone in time");
    default: break;
    }
    log_info("cluster: %s/%s is given to the server at %s, %s", api_text(r, "app"), api_text(r, "stream"),
             http_visit_of(r->x)->ip, given == CLUSTER_GIVEN ? "its publisher is ended" : "it had no publisher");
    api_begin(r);
    jw_bool(&r->json, "taken_over", given == CLUSTER_GIVEN);
    jw_object_end(&r->json);
    return NULL;
}

static struct err *write_answer(struct api_reply *r)
{
    return r->method == HTTP_DELETE ? write_given(r) : write_clusters(r);
}

struct err *api_clusters(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_answer);
}
