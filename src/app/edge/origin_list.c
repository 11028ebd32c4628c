#include "app/edge/origin_list.h"

#include "app/edge/edge.h"
#include "app/edge/origin_place.h"
#include "app/edge/push.h"
#include "core/str.h"

/* The protocol of a row: that of `protocol`, or with `follow_client` the other one. */
static enum conf_cluster_protocol protocol_of(const struct conf_cluster *c, bool is_other)
{
    bool is_http = origin_place_is_http((enum conf_cluster_protocol)c->protocol);
    return is_other ? origin_place_follow(c, is_http ? STAT_RTMP : STAT_HTTP) : (enum conf_cluster_protocol)c->protocol;
}

static void write_url(char url[static EDGE_ORIGIN_CAP], const struct conf_cluster *c, const char *origin,
                      enum conf_cluster_protocol protocol)
{
    struct origin_place at = origin_place_of(c, origin, protocol);
    struct str          text = str_over(url, EDGE_ORIGIN_CAP);
    str_printf(&text, "%s://%.*s%s", at.scheme, at.host_len, at.host, at.port);
}

static void fill(struct edge_origin *out, const struct conf_vhost *v, const char *origin, bool is_other)
{
    const struct conf_cluster *c = &v->cluster;
    enum conf_cluster_protocol protocol = protocol_of(c, is_other), pushes_by = origin_place_rtmp(c);
    write_url(out->url, c, origin, protocol);
    out->push_url[0] = 0;
    if (protocol == pushes_by || !c->follow_client)
        write_url(out->push_url, c, origin, pushes_by);
    out->vhost = v->name;
    out->state = origins_state(out->url);
}

bool edge_origins_next(const struct conf *conf, struct edge_origin_walk *at, struct edge_origin *out)
{
    for (; at->vhost < conf->n_vhosts; at->vhost++, at->origin = 0) {
        const struct conf_vhost   *v = &conf->vhosts[at->vhost];
        const struct conf_cluster *c = &v->cluster;
        if (c->mode != CONF_CLUSTER_REMOTE || at->origin >= c->origins.count)
            continue;
        fill(out, v, c->origins.items[at->origin], at->is_other);
        at->is_other = c->follow_client && !at->is_other;
        at->origin += !at->is_other;
        return true;
    }
    return false;
}

size_t edge_origin_pulls(const struct edge_origin *o)
{
    return edge_count_pulls(o->vhost, o->url);
}

size_t edge_origin_pushes(const struct edge_origin *o)
{
    return o->push_url[0] ? edge_count_pushes(o->vhost, o->push_url) : 0;
}

const char *edge_origin_state_name(const struct origin_state *s)
{
    return !s->is_known ? "unknown" : s->is_up ? "up" : "down";
}
