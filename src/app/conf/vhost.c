#include "app/conf/vhost.h"

#include <string.h>

#include "app/conf/auth.h"
#include "app/conf/cidr.h"
#include "app/conf/hls.h"
#include "app/conf/snapshot.h"
#include "kernel/stream_format.h"
#include "protocol/redis/redis.h"

static bool is_rule(const struct conf_node *n)
{
    return strcmp(n->name, "allow") == 0 || strcmp(n->name, "deny") == 0;
}

static bool is_address(const char *who)
{
    struct cidr range;
    return cidr_parse(who, strlen(who), &range);
}

/* A rule that matches nobody is kept, with an empty `who`: as soon as there is an allow, only clients that an allow names
 * are let in. */
static struct conf_security_rule read_rule(struct conf_fill *f, const struct conf_node *n)
{
    const char *role = n->n_args ? n->args[0] : "", *who = n->n_args > 1 ? n->args[1] : "";
    bool        publish = strcmp(role, "publish") == 0, play = strcmp(role, "play") == 0;
    char        where[CONF_WHERE_MAX];
    if ((!publish && !play) || (strcmp(who, "all") != 0 && !is_address(who))) {
        conf_report_add(f->report, LOG_WARN,
                        "%s: this rule matches nobody; write %s, publish or play, then all, an address or a CIDR range",
                        conf_node_where(n, where, sizeof where), n->name);
        who = "";
    }
    struct conf_security_rule rule = { .allow = strcmp(n->name, "allow") == 0, .publish = publish };
    conf_fill_text(f, &rule.who, who);
    return rule;
}

static void fill_rules(struct conf_fill *f, struct conf_security *s, const struct conf_node *security)
{
    size_t count = 0;
    for (const struct conf_node *n = security ? security->first : NULL; n; n = n->next)
        count += is_rule(n);
    s->rules = conf_fill_array(f, count, sizeof *s->rules);
    if (!s->rules)
        return;
    for (const struct conf_node *n = security->first; n; n = n->next)
        if (is_rule(n))
            s->rules[s->n_rules++] = read_rule(f, n);
}

/* Players of bare audio begin `fast_cache` before the live end, all others at a GOP. */
static int64_t history_us(const struct conf_http_remux *remux)
{
    const struct stream_format *format = remux->mount ? stream_format_of_path(remux->mount) : NULL;
    return remux->enabled && format && format->bare_audio ? remux->fast_cache_us : 0;
}

/* Only an edge has origins. */
static void derive_cluster(struct conf_cluster *c)
{
    c->token_traverse = c->token_traverse && c->mode == CONF_CLUSTER_REMOTE;
}

/* Without the encoder's times, edges cannot know the wall clock of a frame. An edge needs atc only if others take its streams. */
static void review_common_segments(struct conf_fill *f, const struct conf_vhost *v, const struct conf_node *n)
{
    const struct conf_node *line = conf_node_child(conf_node_child(n, "cluster"), "common_segments");
    char                    where[CONF_WHERE_MAX];
    if (!v->cluster.common_segments || v->cluster.mode == CONF_CLUSTER_REMOTE || v->play.atc || v->play.atc_auto)
        return;
    conf_report_add(f->report, LOG_WARN,
                    "%s: common_segments without play { atc on; }: edges are not told the wall clock, and make other "
                    "segments than this server",
                    conf_node_where(line ? line : n, where, sizeof where));
}

static void review_directory(struct conf_fill *f, const struct conf_vhost *v, const struct conf_node *n)
{
    const struct conf_node *line = conf_node_child(conf_node_child(n, "cluster"), "directory");
    char                    where[CONF_WHERE_MAX];
    if (v->cluster.directory && *v->cluster.directory && !redis_is_built())
        conf_report_add(f->report, LOG_WARN,
                        "%s: cluster.directory: this server is built without Redis, configure --redis=on",
                        conf_node_where(line ? line : n, where, sizeof where));
}

/* HLS asks viewers for tokens. Without hls_ctx and hls_ts_ctx a request belongs to no viewer, and anybody would get the answer. */
static void derive_viewers(struct conf_fill *f, struct conf_vhost *v, const struct conf_node *n)
{
    char where[CONF_WHERE_MAX];
    bool asks = conf_auth_asks(&v->auth, false);
    if ((!asks && !v->cluster.token_traverse) || (v->hls.ctx && v->hls.ts_ctx))
        return;
    if (v->hls.enabled)
        conf_report_add(f->report, LOG_WARN, "%s: hls_ctx and hls_ts_ctx are on, because %s",
                        conf_node_where(conf_node_child(n, "hls"), where, sizeof where),
                        asks ? "auth.play asks for tokens" : "cluster.token_traverse asks about viewers");
    v->hls.ctx = v->hls.ts_ctx = true;
}

void conf_vhost_derive(struct conf_fill *f, void *item, const struct conf_node *n)
{
    struct conf_vhost *v = item;
    fill_rules(f, &v->security, conf_node_child(n, "security"));
    v->history_us = history_us(&v->http_remux);
    conf_hls_derive(f, &v->hls, conf_node_child(n, "hls"));
    derive_cluster(&v->cluster);
    review_common_segments(f, v, n);
    review_directory(f, v, n);
    derive_viewers(f, v, n);
    if (!conf_node_word(conf_node_child(n, "chunk_size")))
        v->chunk_size = f->conf->chunk_size;
    if (v->min_latency && !v->play.mw_msgs_set)
        v->play.mw_msgs = 0;
}
