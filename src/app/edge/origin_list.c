#include "app/edge/origin_list.h"

#include "app/edge/edge.h"
#include "app/edge/edge_order.h"
#include "app/edge/push.h"
#include "core/str.h"

bool edge_origins_next(const struct conf *conf, struct edge_origin_walk *at, struct edge_origin *out)
{
    for (; at->vhost < conf->n_vhosts; at->vhost++, at->origin = 0) {
        const struct conf_vhost   *v = &conf->vhosts[at->vhost];
        const struct conf_cluster *c = &v->cluster;
        struct str                 url = str_over(out->url, sizeof out->url);
        if (c->mode != CONF_CLUSTER_REMOTE || at->origin >= c->origins.count)
            continue;
        const char *origin = c->origins.items[at->origin++];
        str_printf(&url, "%s://%s", edge_scheme(c), origin);
        out->vhost = v->name;
        out->state = origins_state(out->url);
        out->n_pulls = edge_count_pulls(v->name, out->url);
        out->n_pushes = edge_count_pushes(v->name, origin);
        return true;
    }
    return false;
}

const char *edge_origin_state_name(const struct origin_state *s)
{
    return !s->is_known ? "unknown" : s->is_up ? "up" : "down";
}
