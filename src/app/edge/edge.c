#include "app/edge/edge.h"

#include "app/edge/edge_order.h"
#include "app/edge/origins.h"
#include "app/relay/pull.h"
#include "app/source/attend.h"
#include "app/source/life.h"
#include "app/source/source.h"
#include "core/list.h"
#include "core/log.h"
#include "core/str.h"

static struct server *server;                     /* NULL: it stops, or has not started */
static struct list    pulls = { &pulls, &pulls }; /* struct pull, while they run */

/* ---- the service ---- */

void edge_start(struct server *s)
{
    server = s;
}

static bool is_up_to_date(const struct pull *p)
{
    struct pull_order order;
    struct err       *e = edge_order_make(&order, p->attendance->source);
    bool              is_equal = !e && pull_order_equal(&p->order, &order);
    log_err(LOG_WARN, e, "edge of %s cannot follow the configuration", p->order.key);
    pull_order_finish(&order);
    return is_equal;
}

void edge_follow_conf(void)
{
    for (struct list *it = pulls.next; it != &pulls; it = it->next) {
        struct pull *p = LIST_ENTRY(it, struct pull, link);
        if (!p->leaves && p->attendance && !is_up_to_date(p))
            pull_leave(p);
    }
}

void edge_stop(void)
{
    server = NULL;
    for (struct list *it = pulls.next; it != &pulls; it = it->next)
        pull_leave(LIST_ENTRY(it, struct pull, link));
}

void edge_finish(void)
{
    origins_finish();
}

const struct list *edge_pulls(void)
{
    return &pulls;
}

size_t edge_count_pulls(const char *vhost, const char *origin_url)
{
    size_t n = 0;
    for (const struct list *it = pulls.next; it != &pulls; it = it->next) {
        const struct pull *p = LIST_ENTRY(it, struct pull, link);
        n += str_equal(p->order.vhost, vhost) && origins_is_same(p->order.urls.items[p->at], origin_url);
    }
    return n;
}

/* ---- the attendance ---- */

bool edge_is_wanted(const struct conf_vhost *vhost)
{
    return vhost->cluster.mode == CONF_CLUSTER_REMOTE;
}

bool edge_brings(const struct source *s)
{
    return server && s->vhost->cluster.origins.count > 0;
}

/* Pull as the configuration has it now, until nobody reads, or the configuration is another one. */
static struct err *pull_once(struct attendance *a, bool *is_outdated)
{
    struct pull_order order;
    struct pull      *p = NULL;
    struct err       *e = edge_order_make(&order, a->source);
    if (e)
        pull_order_finish(&order);
    else
        e = pull_create(&p, server, &order);
    *is_outdated = false;
    if (e)
        return e;
    list_push(&pulls, &p->link);
    e = pull_run(p, a);
    *is_outdated = p->leaves;
    pull_destroy(p);
    return e;
}

struct err *edge_attend(struct attendance *a)
{
    struct err *e = NULL;
    bool        is_outdated = true;
    source_let_hold(a->source, true);
    while (!e && is_outdated && !attendance_is_over(a))
        e = pull_once(a, &is_outdated);
    source_let_hold(a->source, false);
    return e;
}
