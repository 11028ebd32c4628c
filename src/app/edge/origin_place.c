#include "app/edge/origin_place.h"

#include <stdio.h>
#include <string.h>

bool origin_place_is_http(enum conf_cluster_protocol protocol)
{
    return protocol == CONF_CLUSTER_FLV || protocol == CONF_CLUSTER_FLVS;
}

static bool has_tls(const struct conf_cluster *c)
{
    return c->protocol == CONF_CLUSTER_FLVS || c->protocol == CONF_CLUSTER_RTMPS;
}

enum conf_cluster_protocol origin_place_rtmp(const struct conf_cluster *c)
{
    return has_tls(c) ? CONF_CLUSTER_RTMPS : CONF_CLUSTER_RTMP;
}

enum conf_cluster_protocol origin_place_follow(const struct conf_cluster *c, enum stat_protocol player)
{
    if (c->follow_client && player == STAT_RTMP)
        return origin_place_rtmp(c);
    if (c->follow_client && player == STAT_HTTP)
        return has_tls(c) ? CONF_CLUSTER_FLVS : CONF_CLUSTER_FLV;
    return (enum conf_cluster_protocol)c->protocol;
}

/* The length of the host in "host", "host:port" and "[::1]:port". */
static size_t host_len(const char *origin)
{
    const char *end = origin[0] == '[' ? strchr(origin, ']') : NULL;
    return end ? (size_t)(end - origin) + 1 : strcspn(origin, ":");
}

struct origin_place origin_place_of(const struct conf_cluster *c, const char *origin,
                                    enum conf_cluster_protocol protocol)
{
    static const char *const schemes[] = {
        [CONF_CLUSTER_RTMP] = "rtmp",
        [CONF_CLUSTER_FLV] = "http",
        [CONF_CLUSTER_FLVS] = "https",
        [CONF_CLUSTER_RTMPS] = "rtmps",
    };
    bool is_other = origin_place_is_http(protocol) != origin_place_is_http((enum conf_cluster_protocol)c->protocol);
    struct origin_place p = {
        .scheme = schemes[protocol],
        .host = origin,
        .host_len = (int)(is_other ? host_len(origin) : strlen(origin)),
    };
    if (is_other && c->other_port > 0)
        snprintf(p.port, sizeof p.port, ":%u", (uint16_t)c->other_port);
    return p;
}
