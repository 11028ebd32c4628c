#include "app/edge/push.h"

#include "app/edge/origins.h"
#include "app/session/session.h"
#include "core/mem.h"
#include "core/str.h"

static struct list pushes = { &pushes, &pushes };

struct edge_push *edge_push_new(struct session *s)
{
    const struct origin_client who = origin_client_of(s);
    struct edge_push          *p = mem_calloc(1, sizeof *p);
    if (!p || !origin_call_init(&p->call, &who)) {
        mem_free(p);
        return NULL;
    }
    p->refs = 1;
    p->client = &s->client;
    list_push(&pushes, &p->link);
    return p;
}

void edge_push_unref(struct edge_push **pp)
{
    struct edge_push *p = *pp;
    *pp = NULL;
    if (!p || --p->refs > 0)
        return;
    origin_call_finish(&p->call);
    list_remove(&p->link);
    mem_free(p);
}

struct edge_push *edge_push_find(const char *id)
{
    for (struct list *it = pushes.next; it != &pushes; it = it->next) {
        struct edge_push *p = LIST_ENTRY(it, struct edge_push, link);
        if (p->client && str_equal(p->call.who.id, id))
            return p;
    }
    return NULL;
}

struct edge_push *edge_push_other(const struct edge_push *than)
{
    for (struct list *it = pushes.next; it != &pushes; it = it->next) {
        struct edge_push *p = LIST_ENTRY(it, struct edge_push, link);
        if (p != than && (p->is_asked || p->call.is_open) && str_equal(p->call.key, than->call.key))
            return p;
    }
    return NULL;
}

size_t edge_count_pushes(const char *vhost, const char *origin_url)
{
    size_t n = 0;
    for (const struct list *it = pushes.next; it != &pushes; it = it->next) {
        const struct origin_call *c = &LIST_ENTRY(it, struct edge_push, link)->call;
        n += c->is_open && str_equal(c->who.vhost, vhost) && origins_is_same(c->origin, origin_url);
    }
    return n;
}
