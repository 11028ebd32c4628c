#include "app/forward/loop.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "app/conf/conf.h"
#include "app/conf/endpoint.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/url.h"
#include "protocol/io.h"
#include "protocol/rtmp/client.h"
#include "protocol/rtmp/url.h"
#include "protocol/stream_name.h"

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    const struct sockaddr_in  *a4 = (const struct sockaddr_in *)a, *b4 = (const struct sockaddr_in *)b;
    const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a, *b6 = (const struct sockaddr_in6 *)b;
    if (a->ss_family != b->ss_family)
        return false;
    return a->ss_family == AF_INET ? a4->sin_addr.s_addr == b4->sin_addr.s_addr
                                   : memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof a6->sin6_addr) == 0;
}

bool forward_loop_is_to_this_host(int fd)
{
    struct sockaddr_storage here = { 0 }, there = { 0 };
    socklen_t               here_len = sizeof here, there_len = sizeof there;
    return getsockname(fd, (struct sockaddr *)&here, &here_len) == 0 &&
           getpeername(fd, (struct sockaddr *)&there, &there_len) == 0 && same_address(&here, &there);
}

static bool is_own(const struct conf *conf, const struct rtmp_client *c)
{
    return forward_loop_is_to_this_host(c->io.fd) &&
           (conf_endpoints_have_port(&conf->listen, c->address.port) ||
            (conf->rtmps.enabled && conf_endpoints_have_port(&conf->rtmps.listen, c->address.port)));
}

struct err *forward_loop_check(const struct conf *conf, const char *key, const struct rtmp_client *c,
                               const char *tc_url)
{
    struct rtmp_url          url;
    const struct conf_vhost *vhost;
    char                     its_key[STREAM_IDENTITY_CAP];
    if (!is_own(conf, c))
        return NULL;
    struct err *e = rtmp_url_parse(&url, tc_url, c->address.stream);
    if (!e && (vhost = conf_find_vhost(conf, url.vhost)) &&
        str_equal(stream_name_key(its_key, vhost->name, url.app, url.stream), key))
        e = err_new(E_SYSTEM_FORWARD_LOOP, "%s would come from, or go to, itself", key);
    rtmp_url_finish(&url);
    return e;
}

static bool is_own_http(const struct conf *conf, int fd)
{
    struct sockaddr_storage        there = { 0 };
    socklen_t                      len = sizeof there;
    const struct conf_http_api    *api = &conf->http_api;
    const struct conf_http_server *web = &conf->http_server;
    if (!forward_loop_is_to_this_host(fd) || getpeername(fd, (struct sockaddr *)&there, &len) < 0)
        return false;
    int port = io_addr_port((struct sockaddr *)&there);
    return (api->enabled && conf_endpoints_have_port(&api->listen, port)) ||
           (api->enabled && api->https.enabled && conf_endpoints_have_port(&api->https.listen, port)) ||
           (web->enabled && conf_endpoints_have_port(&web->listen, port)) ||
           (web->enabled && web->https.enabled && conf_endpoints_have_port(&web->https.listen, port));
}

static const char *param_of(const struct http_pair *pairs, size_t n, const char *name, const char *otherwise)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(pairs[i].name, name) && *pairs[i].value)
            return pairs[i].value;
    return otherwise;
}

struct err *forward_loop_check_rtc(const struct conf *conf, const char *key, const char *url, int fd)
{
    struct http_pair         pairs[HTTP_PARAMS_MAX];
    size_t                   n = 0;
    const struct conf_vhost *vhost;
    char                     its_key[STREAM_IDENTITY_CAP];
    if (!is_own_http(conf, fd))
        return NULL;
    const char *query = url + strcspn(url, "?");
    char       *text = mem_alloc(strlen(query) + 2);
    if (!text)
        return err_no_memory();
    bool is_itself = http_query_split(query + (*query == '?'), text, pairs, HTTP_PARAMS_MAX, &n) &&
                     (vhost = conf_find_vhost(conf, param_of(pairs, n, "vhost", STREAM_DEFAULT_VHOST))) &&
                     str_equal(stream_name_key(its_key, vhost->name, param_of(pairs, n, "app", "live"),
                                               param_of(pairs, n, "stream", "livestream")),
                               key);
    mem_free(text);
    return is_itself ? err_new(E_SYSTEM_FORWARD_LOOP, "%s would come from, or go to, itself", key) : NULL;
}
