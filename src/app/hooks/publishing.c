#include "app/hooks/publishing.h"

#include "app/source/source.h"
#include "core/clock.h"
#include "core/list.h"
#include "core/map.h"
#include "core/mem.h"
#include "protocol/co.h"

/* How often a publisher that waits looks whether the one before it has begun. */
enum { LOOK_US = 100 * US_PER_MS };

/* The places at one stream. */
struct places {
    size_t      n;         /* publishers, the one that is being asked about included */
    bool        is_asking; /* about one of them */
    struct list waiters;
};

struct waiter {
    struct list link;
    struct co  *co;
};

static struct map by_key; /* struct places */

static struct places *places_of(const char *key)
{
    struct places *p = map_find(&by_key, key);
    if (p || !(p = mem_calloc(1, sizeof *p)))
        return p;
    list_init(&p->waiters);
    if (map_put(&by_key, key, p))
        return p;
    mem_free(p);
    return NULL;
}

static void wake_all(struct places *p)
{
    LIST_FOREACH (&p->waiters, it, after)
        co_unpark(LIST_ENTRY(it, struct waiter, link)->co);
}

static void forget_if_empty(const char *key, struct places *p)
{
    if (p->n > 0 || !list_is_empty(&p->waiters))
        return;
    map_remove(&by_key, key);
    mem_free(p);
    if (by_key.count == 0)
        map_finish(&by_key);
}

static struct err *busy(const struct source *s)
{
    return err_new(E_SYSTEM_STREAM_BUSY, "stream %s is busy, client %s publishes it", s->identity,
                   s->publisher ? s->publisher->trace : "another");
}

/* True while the one before has still to begin or to leave. */
static bool has_to_wait(const struct places *p, const struct source *s)
{
    return p->is_asking || (p->n > 0 && !s->publisher);
}

static struct err *wait_a_little(struct places *p, int64_t deadline_us)
{
    struct waiter w = { .co = co_self() };
    int64_t       look_us = now_us() + LOOK_US;
    list_push(&p->waiters, &w.link);
    struct err *e = co_park(look_us < deadline_us ? look_us : deadline_us);
    list_remove(&w.link);
    if (err_code(e) != E_SOCKET_TIMEOUT)
        return e;
    err_free(e);
    return NULL;
}

struct err *hook_publishing_enter(const struct source *s, int64_t deadline_us)
{
    struct places *p = places_of(s->key);
    struct err    *e = NULL;
    if (!p)
        return err_no_memory();
    do {
        if (source_is_busy(s))
            e = busy(s);
        else if (!has_to_wait(p, s))
            break;
        else if (now_us() >= deadline_us)
            e = busy(s);
        else
            e = wait_a_little(p, deadline_us);
    } while (!e);
    if (!e) {
        p->n++;
        p->is_asking = true;
    }
    forget_if_empty(s->key, p);
    return e;
}

void hook_publishing_decided(const char *key)
{
    struct places *p = map_find(&by_key, key);
    p->is_asking = false;
    wake_all(p);
}

void hook_publishing_leave(const char *key)
{
    struct places *p = map_find(&by_key, key);
    p->n--;
    wake_all(p);
    forget_if_empty(key, p);
}
