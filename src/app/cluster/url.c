#include "app/cluster/url.h"

#include <string.h>

#include "app/edge/edge_order.h"
#include "app/session/session.h"
#include "core/buf.h"
#include "core/str.h"
#include "protocol/stream_name.h"

enum { URL_MAX = 4096 /* of what clients take (RTMP_URL_MAX, HTTP_URL_MAX) */ };

int cluster_hops(const char *param)
{
    static const char name[] = SESSION_HOP_PARAM "=";
    int               hops = 0;
    for (size_t at = param[0] == '?', len; param[at] && param[at] != '#'; at += len + (param[at + len] == '&')) {
        const char *value = param + at + sizeof name - 1;
        len = strcspn(param + at, "&#");
        if (len < sizeof name - 1 || memcmp(param + at, name, sizeof name - 1) != 0)
            continue;
        hops = len == sizeof name && *value >= '0' && *value < '0' + CLUSTER_HOPS_MAX ? *value - '0' : CLUSTER_HOPS_MAX;
    }
    return hops;
}

static void put_authority(struct buf *out, const char *scheme, bool is_tls, const char *host, int port)
{
    bool is_v6 = strchr(host, ':') != NULL;
    buf_printf(out, "%s%s://%s%s%s:%d", scheme, is_tls ? "s" : "", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

static void put_params(struct buf *out, const char *vhost, const char *param)
{
    const char *mark = edge_put_param(out, param, "?");
    if (!str_equal(vhost, STREAM_DEFAULT_VHOST)) {
        buf_printf(out, "%svhost=%s", mark, vhost);
        mark = "&";
    }
    buf_printf(out, "%s%s=%d", mark, SESSION_HOP_PARAM, cluster_hops(param) + 1);
}

static struct err *take(char **out, struct buf *url)
{
    struct err *e = url->fault == BUF_FULL ? err_new(E_OCLUSTER_REDIRECT, "the URL has more than %d bytes", URL_MAX)
                                           : buf_error(url);
    *out = e ? NULL : buf_take(url);
    buf_finish(url);
    return e || *out ? e : err_no_memory();
}

static struct err *no_port(const struct cluster_place *place, const char *what, bool is_tls)
{
    return err_new(E_OCLUSTER_REDIRECT, "%s has the stream, and has not told of a port of %s%s", place->host, what,
                   is_tls ? "S" : "");
}

struct err *cluster_rtmp_url(char **out, const struct cluster_place *place, bool is_tls, const char *vhost,
                             const char *app, const char *stream, const char *param)
{
    struct buf url = buf_up_to(URL_MAX);
    int        port = is_tls ? place->rtmps_port : place->rtmp_port;
    *out = NULL;
    if (!port)
        return no_port(place, "RTMP", is_tls);
    put_authority(&url, "rtmp", is_tls, place->host, port);
    buf_printf(&url, "/%s/%s", app, stream);
    put_params(&url, vhost, param);
    return take(out, &url);
}

struct err *cluster_http_url(char **out, const struct cluster_place *place, bool is_tls, const char *vhost,
                             const char *path, const char *param)
{
    struct buf url = buf_up_to(URL_MAX);
    int        port = is_tls ? place->https_port : place->http_port;
    *out = NULL;
    if (*path != '/')
        return err_new(E_OCLUSTER_REDIRECT, "%.100s is no path", path);
    if (!port)
        return no_port(place, "HTTP", is_tls);
    put_authority(&url, "http", is_tls, place->host, port);
    buf_text(&url, path);
    put_params(&url, vhost, param);
    return take(out, &url);
}
