#include "app/relay/relay.h"

#include "app/relay/pulls.h"
#include "app/server/server.h"
#include "app/source/attend.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"

/* Pause before another try to start a relay for which there was no memory. */
enum { NO_MEMORY_PAUSE_US = 3 * US_PER_SECOND };

static struct service {
    struct co      *co; /* NULL: does not run */
    struct server  *server;
    struct conf    *conf;  /* the configuration that is followed */
    struct co_group group; /* of the pulls that are always on */
    size_t          n_added;
    bool            is_stopping;
} service;

static void wake(void)
{
    if (service.co)
        co_unpark(service.co);
}

/* ---- the list ---- */

static struct err *make_pull(struct pull **out, const char *vhost, const struct conf_relay *relay)
{
    struct pull_order order;
    *out = NULL;
    struct err *e = pull_order_make(&order, vhost, relay);
    if (e) {
        pull_order_finish(&order);
        return e;
    }
    e = pull_create(out, service.server, &order);
    if (e)
        return e;
    (*out)->owner = service.co;
    list_push(pulls_all(), &(*out)->link);
    return NULL;
}

/* Keep the pull that does what the relay says, or make a new one. */
static struct err *want(const char *vhost, const struct conf_relay *relay)
{
    struct pull_order order;
    struct pull      *old = NULL, *p = NULL;
    struct err       *e = pull_order_make(&order, vhost, relay);
    if (!e)
        old = pulls_find(order.key);
    if (old && !old->added && pull_order_equal(&old->order, &order))
        p = old;
    pull_order_finish(&order);
    if (!e && !p)
        e = make_pull(&p, vhost, relay);
    if (e)
        return e;
    p->listed = true;
    if (old && old != p) {
        service.n_added -= old->added;
        pull_leave(old); /* The configuration wins. */
    }
    return NULL;
}

static struct err *want_all(const struct conf *conf)
{
    struct err *e = NULL;
    for (size_t v = 0; v < conf->n_vhosts; v++) {
        const struct conf_vhost *vhost = &conf->vhosts[v];
        for (size_t i = 0; !e && vhost->enabled && i < vhost->n_relays; i++)
            if (vhost->relays[i].enabled)
                e = want(vhost->name, &vhost->relays[i]);
    }
    return e;
}

static void follow_conf(struct service *s, struct conf *conf)
{
    conf_unref(&s->conf);
    s->conf = conf_ref(conf);
    for (struct list *it = pulls_all()->next; it != pulls_all(); it = it->next)
        LIST_ENTRY(it, struct pull, link)->listed = false;
    struct err *e = want_all(conf);
    bool        is_whole = !e;
    log_err(LOG_WARN, e, "relays are as before the reload where they could not follow it, the next reload tries again");
    for (struct list *it = pulls_all()->next; is_whole && it != pulls_all(); it = it->next) {
        struct pull *p = LIST_ENTRY(it, struct pull, link);
        if (!p->added && !p->listed)
            pull_leave(p);
    }
}

/* ---- those that are always on ---- */

static void run_pull(void *arg)
{
    err_free(pull_run(arg, NULL));
}

/* True while an older pull of the same stream has not ended yet. */
static bool has_predecessor(const struct pull *p)
{
    for (struct list *it = pulls_all()->next; it != &p->link; it = it->next) {
        const struct pull *before = LIST_ENTRY(it, struct pull, link);
        if (before->leaves && before->co && pull_order_same_stream(&before->order, &p->order))
            return true;
    }
    return false;
}

/* A stream with readers may wait for a pull on demand that is new. */
static void tell_source(const struct service *s, struct pull *p)
{
    const struct conf_vhost *vhost = conf_vhost_named(s->server->conf, p->order.vhost);
    struct source *source = vhost ? source_find(&s->server->sources, vhost, p->order.app, p->order.stream) : NULL;
    p->told = true;
    if (source)
        attend_tell(source, MOMENT_CONF_CHANGED);
}

/* Start what is to run. Returns the time of the next try; DEADLINE_NEVER: all run. */
static int64_t start_pulls(struct service *s)
{
    int64_t retry_us = DEADLINE_NEVER;
    for (struct list *it = pulls_all()->next; it != pulls_all(); it = it->next) {
        struct pull *p = LIST_ENTRY(it, struct pull, link);
        if (p->co || p->leaves || has_predecessor(p))
            continue;
        if (p->order.on_demand && !p->told)
            tell_source(s, p);
        struct err *e = p->order.on_demand ? NULL : co_go(&s->group, "relay", run_pull, p, &p->co);
        if (e)
            retry_us = now_us() + NO_MEMORY_PAUSE_US;
        log_err(LOG_WARN, e, "relay of %s cannot be started", p->order.key);
    }
    return retry_us;
}

static void destroy(struct pull *p)
{
    pulls_keep_counts(p);
    pull_destroy(p);
}

static void drop_ended(void)
{
    LIST_FOREACH (pulls_all(), it, after) {
        struct pull *p = LIST_ENTRY(it, struct pull, link);
        if (p->leaves && !p->co)
            destroy(p);
    }
}

/* ---- the service ---- */

void relay_follow_conf(void)
{
    wake();
}

void relay_stop(void)
{
    service.is_stopping = true;
    wake();
}

static void end_all(struct service *s)
{
    struct err *e = NULL;
    for (struct list *it = pulls_all()->next; it != pulls_all(); it = it->next)
        pull_leave(LIST_ENTRY(it, struct pull, link));
    drop_ended();
    while (!e && pulls_all()->next != pulls_all()) {
        e = co_park(DEADLINE_NEVER);
        drop_ended();
    }
    err_free(e);
    co_group_cancel_and_join(&s->group);
    drop_ended();
}

void relay_run(void *arg)
{
    struct err *e = NULL;
    service = (struct service){ .co = co_self(), .server = arg };
    co_group_init(&service.group);
    while (!e && !service.is_stopping) {
        if (service.conf != service.server->conf)
            follow_conf(&service, service.server->conf);
        drop_ended();
        e = err_except(co_park(start_pulls(&service)), E_SOCKET_TIMEOUT);
    }
    err_free(e);
    end_all(&service);
    conf_unref(&service.conf);
    service.co = NULL;
}

/* ---- the attendance ---- */

bool relay_is_wanted(const struct conf_vhost *vhost)
{
    for (size_t i = 0; i < vhost->n_relays; i++)
        if (vhost->relays[i].enabled && vhost->relays[i].on_demand)
            return true;
    return service.n_added > 0;
}

bool relay_brings(const struct source *s)
{
    const struct pull *p = pulls_find(s->key);
    return p && p->order.on_demand;
}

struct err *relay_attend(struct attendance *a)
{
    struct pull *p = pulls_find(a->source->key);
    return p && p->order.on_demand && !p->co ? pull_run(p, a) : NULL;
}

/* ---- what the API adds ---- */

struct err *relay_add(const char *vhost, const struct conf_relay *relay)
{
    struct pull *p = NULL;
    if (!service.co || service.is_stopping || service.n_added == RELAYS_ADDED_MAX)
        return err_new(E_LIMIT, "%d relays have been added already, or the server ends", RELAYS_ADDED_MAX);
    struct err *e = make_pull(&p, vhost, relay);
    if (e)
        return e;
    if (pulls_find(p->order.key) != p) {
        pull_destroy(p);
        return err_new(E_SYSTEM_STREAM_BUSY, "the stream has a relay");
    }
    p->added = true;
    service.n_added++;
    wake();
    return NULL;
}

bool relay_remove(const char *key)
{
    struct pull *p = pulls_find(key);
    if (!p || !p->added)
        return false;
    service.n_added--;
    pull_leave(p);
    wake();
    return true;
}
