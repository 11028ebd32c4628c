#include "app/session/registry.h"

#include "app/source/source.h"
#include "app/stat/live_events.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

void registry_init(struct registry *r)
{
    *r = (struct registry){ .since_us = now_us(), .sampled_wall_ms = wall_now_us() / US_PER_MS };
    list_init(&r->clients);
    terms_init(&r->terms);
    rate_bounds_init(&r->rate_bounds);
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
    refusals_finish(&r->refusals);
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
    if (map_find(by_id, id) == member) /* ids are random: in theory another member may have got the same one since */
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

/* Counts one more client of the stream. The first one lists the stream. */
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

/* Takes a client that was entered only in part, too. */
static void leave_all(struct registry *r, struct client *c)
{
    leave(&r->client_roll, &r->clients_by_id, &c->place, c->id, c);
    leave_stream(r, c->source);
}

static void add_to_protocol(struct protocol_stat all[static STAT_PROTOCOLS], const struct client *c, int n)
{
    struct protocol_stat *p = &all[c->type->protocol];
    *(c->type->publish ? &p->n_publishers : &p->n_players) += n;
}

/* Consoles hear of each client, and of a stream when its publisher comes and goes. */
static void tell_event(const struct client *c, bool came)
{
    struct jw j = JW_INIT;
    if (!live_events_are_wanted())
        return;
    jw_object(&j, NULL);
    jw_string(&j, "what", came ? "came" : "left");
    jw_string(&j, "id", c->id);
    jw_string(&j, "type", c->type->name);
    jw_bool(&j, "publish", c->type->publish);
    jw_string(&j, "ip", c->ip);
    jw_string(&j, "stream", c->source->id);
    jw_string(&j, "url", c->source->identity);
    jw_int(&j, "send_bytes", c->traffic.bytes_out);
    jw_int(&j, "recv_bytes", c->traffic.bytes_in);
    jw_object_end(&j);
    live_events_tell("client", &j);
    if (!c->type->publish)
        return;
    j = JW_INIT;
    jw_object(&j, NULL);
    jw_string(&j, "what", came ? "published" : "unpublished");
    jw_string(&j, "id", c->source->id);
    jw_string(&j, "url", c->source->identity);
    jw_string(&j, "client", c->id);
    jw_object_end(&j);
    live_events_tell("stream", &j);
}

struct err *registry_enter(struct registry *r, struct client *c, const char *vhost_name)
{
    struct vhost_stat *vhost = NULL;
    if (!join_stream(r, c->source, c->tc_url))
        return err_no_memory();
    if (enter(&r->client_roll, &r->clients_by_id, &c->place, c->id, c))
        vhost = find_or_add_vhost(r, vhost_name); /* last, because a vhost is never removed */
    if (!vhost) {
        leave_all(r, c);
        return err_no_memory();
    }
    c->vhost = c->source->stat.vhost = vhost;
    c->since_us = now_us();
    traffic_start(&c->traffic, c->since_us);
    list_push(&r->clients, &c->link);
    terms_add(&r->terms, c);
    rate_bounds_add(&r->rate_bounds, c);
    r->n_clients++;
    r->n_entered++;
    add_to_protocol(r->by_protocol, c, 1);
    add_to_protocol(c->source->stat.by_protocol, c, 1);
    vhost->n_clients++;
    tell_event(c, true);
    return NULL;
}

static void count_by_protocol(struct registry *r, const struct client *c, int64_t in, int64_t out)
{
    struct protocol_stat *all = &r->by_protocol[c->type->protocol];
    struct protocol_stat *of_stream = &c->source->stat.by_protocol[c->type->protocol];
    all->bytes_in += in;
    all->bytes_out += out;
    of_stream->bytes_in += in;
    of_stream->bytes_out += out;
}

static void count_client(struct registry *r, struct client *c)
{
    int64_t in = *c->bytes_in - c->counted_in, out = *c->bytes_out - c->counted_out;
    c->counted_in += in;
    c->counted_out += out;
    traffic_add(&c->traffic, in, out);
    traffic_add(&c->source->traffic, in, out);
    traffic_add(&c->vhost->traffic, in, out);
    traffic_add(&r->traffic, in, out);
    count_by_protocol(r, c, in, out);
}

void registry_leave(struct registry *r, struct client *c)
{
    if (!c->vhost)
        return;
    count_client(r, c);
    tell_event(c, false);
    leave_all(r, c);
    terms_remove(&r->terms, c);
    rate_bounds_remove(c);
    list_remove(&c->link);
    r->n_clients--;
    r->n_failed += c->has_failed;
    add_to_protocol(r->by_protocol, c, -1);
    add_to_protocol(c->source->stat.by_protocol, c, -1);
    c->vhost->n_clients--;
    c->vhost = NULL;
}

static void sample_client(struct registry *r, struct client *c, int64_t now)
{
    count_client(r, c);
    traffic_sample(&c->traffic, now);
    source_sample(c->source, now);
}

static void sample_sums(struct registry *r, int64_t now)
{
    size_t             at = 0;
    struct vhost_stat *v;
    while ((v = map_next(&r->vhosts, &at, NULL)))
        traffic_sample(&v->traffic, now);
    traffic_sample(&r->traffic, now);
    r->sampled_wall_ms = wall_now_us() / US_PER_MS;
}

void registry_sample(struct registry *r, int64_t now)
{
    LIST_FOREACH (&r->clients, it, after)
        sample_client(r, LIST_ENTRY(it, struct client, link), now);
    sample_sums(r, now);
}

void registry_sample_by_turns(struct registry *r)
{
    struct roll_cursor at = roll_seek(&r->client_roll, 0);
    for (struct client *c; (c = roll_next(&r->client_roll, &at)); co_give_way_by_time())
        sample_client(r, c, now_us());
    sample_sums(r, now_us());
}
