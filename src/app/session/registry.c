#include "app/session/registry.h"

#include <stdio.h>

#include "app/source/pacer.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/io.h"

void registry_init(struct registry *r)
{
    *r = (struct registry){ .since_us = now_us(), .sampled_wall_ms = wall_now_us() / US_PER_MS };
    list_init(&r->clients);
    traffic_start(&r->traffic, r->since_us);
}

void registry_finish(struct registry *r)
{
    size_t             at = 0;
    struct vhost_stat *v;
    while ((v = map_next(&r->vhosts, &at, NULL))) {
        roll_remove(&r->vhost_roll, &v->place);
        mem_free(v->name);
        mem_free(v);
    }
    map_finish(&r->vhosts);
    map_finish(&r->vhosts_by_id);
    map_finish(&r->streams_by_id);
    map_finish(&r->clients_by_id);
}

/* ---- the order of arrival, and ids --------------------------------------------------------------------------- */

static bool enter(struct roll *roll, struct map *by_id, struct roll_place *place, const char *id, void *member)
{
    if (!roll_add(roll, place, member))
        return false;
    if (map_put(by_id, id, member))
        return true;
    roll_remove(roll, place);
    return false;
}

static void leave(struct roll *roll, struct map *by_id, struct roll_place *place, const char *id, const void *member)
{
    roll_remove(roll, place);
    if (map_find(by_id, id) == member) /* ids are random: another one may have the same, once in a thousand years */
        map_remove(by_id, id);
}

static struct vhost_stat *find_or_add_vhost(struct registry *r, const char *name)
{
    struct vhost_stat *v = map_find(&r->vhosts, name);
    if (v || !(v = mem_calloc(1, sizeof *v)))
        return v;
    ident_vid(v->id);
    traffic_start(&v->traffic, now_us());
    v->name = mem_strdup(name);
    if (v->name && map_put(&r->vhosts, name, v)) {
        if (enter(&r->vhost_roll, &r->vhosts_by_id, &v->place, v->id, v))
            return v;
        map_remove(&r->vhosts, name);
    }
    mem_free(v->name);
    mem_free(v);
    return NULL;
}

/* The stream has one client more. */
static bool join_stream(struct registry *r, struct source *source, const char *tc_url)
{
    struct stream_stat *stat = &source->stat;
    if (stat->n_clients == 0) {
        if (!(stat->tc_url = mem_strdup(tc_url ? tc_url : "")))
            return false;
        if (!enter(&r->stream_roll, &r->streams_by_id, &stat->place, source->id, source)) {
            mem_free(stat->tc_url);
            stat->tc_url = NULL;
            return false;
        }
    }
    stat->n_clients++;
    return true;
}

static void leave_stream(struct registry *r, struct source *source)
{
    struct stream_stat *stat = &source->stat;
    if (--stat->n_clients > 0)
        return;
    leave(&r->stream_roll, &r->streams_by_id, &stat->place, source->id, source);
    mem_free(stat->tc_url);
    stat->tc_url = NULL;
}

struct client *registry_find_client(const struct registry *r, const char *id)
{
    return map_find(&r->clients_by_id, id);
}

struct source *registry_find_stream(const struct registry *r, const char *id)
{
    return map_find(&r->streams_by_id, id);
}

struct vhost_stat *registry_find_vhost(const struct registry *r, const char *id)
{
    return map_find(&r->vhosts_by_id, id);
}

/* ---- clients --------------------------------------------------------------------------------------------------- */

/* Also of a client that was entered in part. */
static void leave_all(struct registry *r, struct client *c)
{
    leave(&r->client_roll, &r->clients_by_id, &c->place, c->id, c);
    leave_stream(r, c->source);
}

struct err *registry_enter(struct registry *r, struct client *c, const char *vhost_name)
{
    struct vhost_stat *vhost = NULL;
    if (!join_stream(r, c->source, c->tc_url))
        return err_no_memory();
    if (enter(&r->client_roll, &r->clients_by_id, &c->place, c->id, c))
        vhost = find_or_add_vhost(r, vhost_name); /* last: a vhost stays */
    if (!vhost) {
        leave_all(r, c);
        return err_no_memory();
    }
    c->vhost = c->source->stat.vhost = vhost;
    c->since_us = now_us();
    traffic_start(&c->traffic, c->since_us);
    list_push(&r->clients, &c->link);
    r->n_clients++;
    vhost->n_clients++;
    return NULL;
}

static void count_client(struct registry *r, struct client *c)
{
    int64_t in = c->io->bytes_in - c->counted_in, out = c->io->bytes_out - c->counted_out;
    c->counted_in += in;
    c->counted_out += out;
    traffic_add(&c->traffic, in, out);
    traffic_add(&c->source->traffic, in, out);
    traffic_add(&c->vhost->traffic, in, out);
    traffic_add(&r->traffic, in, out);
}

void registry_leave(struct registry *r, struct client *c)
{
    if (!c->vhost)
        return;
    count_client(r, c);
    leave_all(r, c);
    list_remove(&c->link);
    r->n_clients--;
    c->vhost->n_clients--;
    c->vhost = NULL;
}

void registry_sample(struct registry *r, int64_t now)
{
    LIST_FOREACH (&r->clients, it, after) {
        struct client *c = LIST_ENTRY(it, struct client, link);
        count_client(r, c);
        traffic_sample(&c->traffic, now);
        source_sample(c->source, now);
    }
    size_t             at = 0;
    struct vhost_stat *v;
    while ((v = map_next(&r->vhosts, &at, NULL)))
        traffic_sample(&v->traffic, now);
    traffic_sample(&r->traffic, now);
    r->sampled_wall_ms = wall_now_us() / US_PER_MS;
}

static void log_publisher(const struct client *c, int64_t age_ms)
{
    const struct rate         *sent = &c->traffic.out, *got = &c->traffic.in;
    const struct conf_publish *conf = &c->source->vhost->publish;
    log_write_as(c->id, LOG_INFO, "<- %s time=%lld, okbps=%d,%d,%d, ikbps=%d,%d,%d, mr=%d/%lld, p1stpt=%lld, pnt=%lld",
                 c->type->tag, (long long)age_ms, sent->sample.kbps, sent->window_30s.kbps, sent->window_5m.kbps,
                 got->sample.kbps, got->window_30s.kbps, got->window_5m.kbps, conf->mr,
                 (long long)(conf->mr_latency_us / US_PER_MS), (long long)(conf->firstpkt_timeout_us / US_PER_MS),
                 (long long)(conf->normal_timeout_us / US_PER_MS));
}

static void log_player(const struct client *c, int64_t age_ms)
{
    const struct rate *sent = &c->traffic.out, *got = &c->traffic.in;
    long long          mw_ms = (long long)(pacer_interval_us(c->source) / US_PER_MS);
    int                mw_msgs = c->source->vhost->play.mw_msgs;
    if (c->type->is_http)
        log_write_as(c->id, LOG_INFO, "-> %s http: got %lld msgs, age=%lld, min=%d, mw=%lld", c->type->tag,
                     (long long)c->n_messages, (long long)age_ms, mw_msgs, mw_ms);
    else
        log_write_as(c->id, LOG_INFO, "-> %s time=%lld, msgs=%lld, okbps=%d,%d,%d, ikbps=%d,%d,%d, mw=%lld/%d",
                     c->type->tag, (long long)age_ms, (long long)c->n_messages, sent->sample.kbps,
                     sent->window_30s.kbps, sent->window_5m.kbps, got->sample.kbps, got->window_30s.kbps,
                     got->window_5m.kbps, mw_ms, mw_msgs);
}

/* The first line ends as readers of SRS's log expect; what SRS does not tell stands in the second. */
static void log_client(const struct client *c, int64_t now)
{
    int64_t              age_ms = (now - c->since_us) / US_PER_MS;
    const struct source *s = c->source;
    if (c->type->publish) {
        log_publisher(c, age_ms);
        log_write_as(c->id, LOG_INFO, "client type=%s, url=%s, ip=%s, kbps=%d, fps=%.1f, players=%zu", c->type->name,
                     s->identity, c->ip, c->traffic.in.sample.kbps, s->fps, s->n_readers);
    } else {
        log_player(c, age_ms);
        log_write_as(c->id, LOG_INFO, "client type=%s, url=%s, ip=%s, kbps=%d, jumps=%lld", c->type->name, s->identity,
                     c->ip, c->traffic.out.sample.kbps, (long long)s->n_jumps);
    }
}

void registry_log_periodic(struct registry *r, int64_t now)
{
    enum { TYPES_MAX = 16 };
    const struct client_type *seen[TYPES_MAX];
    size_t                    n_seen = 0;
    struct list               logged;
    list_init(&logged);
    LIST_FOREACH (&r->clients, it, after) {
        struct client *c = LIST_ENTRY(it, struct client, link);
        size_t         i = 0;
        while (i < n_seen && seen[i] != c->type)
            i++;
        if (i < n_seen || n_seen == TYPES_MAX)
            continue;
        seen[n_seen++] = c->type;
        log_client(c, now);
        list_remove(&c->link); /* to the end of the line: another one next time */
        list_push(&logged, &c->link);
    }
    LIST_FOREACH (&logged, it, after) {
        list_remove(it);
        list_push(&r->clients, it);
    }
}
