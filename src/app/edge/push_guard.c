#include "app/edge/push_guard.h"

#include "app/edge/origin_ask.h"
#include "app/edge/push.h"
#include "app/source/life.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/str.h"
#include "protocol/co.h"

/* How often it is looked whether the publish before has ended. */
enum { LOOK_US = 20 * US_PER_MS };

/* End the other publisher if it was not heard yet: it gives way to others, as on an origin. True if it has to go. */
static bool gives_way(const struct session *s, const struct edge_push *other)
{
    struct source          *source = source_find(s->door->sources, s->vhost, s->app, s->stream);
    const struct publisher *publisher = source ? source->publisher : NULL;
    if (!publisher || !str_equal(publisher->trace, other->call.who.id) || !publisher->is_there || *publisher->is_there)
        return false;
    if (!publisher->taken_over)
        source_expel(source);
    return true;
}

/* Give the push of a publisher that has left, or gives way, the time to end: the origin would call the stream busy. */
static struct err *wait_for_end(const struct session *s, const struct edge_push *p)
{
    int64_t                 deadline_us = now_us() + PUSH_AFTER_US;
    const struct edge_push *other;
    struct err             *e = NULL;
    while (!e && (other = edge_push_other(p)) && (!other->client || gives_way(s, other)) && now_us() < deadline_us)
        e = co_sleep(LOOK_US);
    return e;
}

static struct err *check_free(struct session *s, const struct edge_push *p)
{
    const struct edge_push *other = edge_push_other(p);
    bool                    takes_over = s->vhost->publish.republish_takeover;
    if (!other || (!other->is_asked && (!other->client || takes_over)))
        return NULL;
    s->verdict = SESSION_BUSY;
    return err_new(E_SYSTEM_STREAM_BUSY, "%s is %s by client %s", p->call.key,
                   other->is_asked ? "about to be published" : "published", other->call.who.id);
}

static struct err *ask_origins(struct session *s, struct edge_push *p)
{
    session_begin_wait(s);
    struct err *e = wait_for_end(s, p);
    if (!e)
        e = check_free(s, p);
    if (!e) {
        p->is_asked = true;
        e = origin_ask(&p->call, s->conf, s->vhost, &s->verdict);
        p->is_asked = false;
    }
    return session_end_wait(s, e);
}

static void leave(void *kept)
{
    struct edge_push *p = kept;
    if (!p)
        return;
    p->client = NULL;
    edge_push_unref(&p);
}

static struct err *ask(struct session *s, void **kept)
{
    if (!s->client.type->publish)
        return NULL;
    struct edge_push *p = edge_push_new(s);
    if (!p)
        return err_no_memory();
    struct err *e = s->vhost->cluster.mode == CONF_CLUSTER_REMOTE ? ask_origins(s, p) : NULL;
    if (e)
        leave(p);
    else
        *kept = p;
    return e;
}

const struct session_guard edge_push_guard = { .ask = ask, .leave = leave };
