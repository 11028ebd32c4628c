#include "app/cluster/waiting.h"

#include "app/cluster/find.h"
#include "app/session/registry.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "core/backoff.h"
#include "core/log.h"
#include "protocol/co.h"

static struct registry *clients;

void cluster_waiting_start(struct registry *r)
{
    clients = r;
}

static bool is_waited_for(const struct source *s)
{
    return s->n_readers > 0 && !source_is_on_air(s);
}

/* Players of segments have no connection that waits: their next request is sent on. Those that stay would come back for nothing. */
static bool waits_for(const struct client *c, const struct source *s)
{
    return c->source == s && !c->type->publish && !c->type->names_file && !c->stays;
}

/* End those who wait, without those who come meanwhile. Yields. */
static void end_players(const struct source *s, const struct cluster_place *place)
{
    const uint64_t     n_ever = clients->client_roll.n_ever;
    int                n = 0;
    struct roll_cursor at = roll_seek(&clients->client_roll, 0);
    for (struct client *c; (c = roll_next(&clients->client_roll, &at)) && at.number <= n_ever; co_give_way_by_time()) {
        if (!waits_for(c, s) || !is_waited_for(s))
            continue;
        client_end(c);
        n++;
    }
    if (n)
        log_info("cluster: %d players that waited for %s are ended: it is at %s:%d", n, s->identity, place->host,
                 place->rtmp_port);
}

static struct err *look(const struct source *s)
{
    enum cluster_found    found = CLUSTER_NOBODY;
    struct cluster_place  place;
    struct conf          *conf = conf_ref(s->conf);
    struct cluster_wanted w = {
        .conf = conf, .vhost = s->vhost, .host = s->vhost->name, .app = s->app, .stream = s->stream
    };
    struct err *e = cluster_is_wanted(s->vhost) ? cluster_find(&w, &found, &place) : NULL;
    conf_unref(&conf);
    if (!e && found == CLUSTER_FOUND && is_waited_for(s))
        end_players(s, &place);
    return e;
}

struct err *cluster_attend(struct attendance *a)
{
    int64_t     pause_us = 0;
    unsigned    moments;
    struct err *e = NULL;
    while (!e && !attendance_is_over(a)) {
        bool    waited_for = is_waited_for(a->source);
        int64_t until_us = DEADLINE_NEVER;
        pause_us = waited_for ? backoff_next_us(pause_us, CLUSTER_AGAIN_US, CLUSTER_AGAIN_MAX_US) : 0;
        if (waited_for)
            until_us = now_us() + backoff_spread_us(pause_us);
        e = err_except(attendance_wait(a, until_us, &moments), E_SOCKET_TIMEOUT);
        if (!e && now_us() >= until_us && is_waited_for(a->source))
            e = look(a->source);
    }
    return e;
}
