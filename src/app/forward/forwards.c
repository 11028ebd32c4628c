#include "app/forward/forwards.h"

#include "app/forward/target.h"
#include "app/source/source.h"
#include "core/mem.h"
#include "core/str.h"

static struct list running = { &running, &running };
static struct list added = { &added, &added };
static size_t      n_added;

struct list *forwards_running(void)
{
    return &running;
}

const struct list *forwards_added(void)
{
    return &added;
}

/* ---- what was added ---- */

static void forget(struct forward_added *a)
{
    list_remove(&a->link);
    mem_free(a->vhost);
    mem_free(a->key);
    mem_free(a->word);
    mem_free(a);
}

static struct forward_added *find(const char *key, const char *word)
{
    for (struct list *it = added.next; it != &added; it = it->next) {
        struct forward_added *a = LIST_ENTRY(it, struct forward_added, link);
        if (str_equal(a->key, key) && str_equal(a->word, word))
            return a;
    }
    return NULL;
}

struct err *forwards_add(const char *vhost, const char *key, const char *word)
{
    if (find(key, word))
        return NULL;
    if (n_added == FORWARDS_ADDED_MAX)
        return err_new(E_LIMIT, "%d targets have been added already", FORWARDS_ADDED_MAX);
    struct forward_added *a = mem_calloc(1, sizeof *a);
    if (!a)
        return err_no_memory();
    list_init(&a->link);
    a->vhost = mem_strdup(vhost);
    a->key = mem_strdup(key);
    a->word = mem_strdup(word);
    if (!a->vhost || !a->key || !a->word) {
        forget(a);
        return err_no_memory();
    }
    list_push(&added, &a->link);
    n_added++;
    return NULL;
}

bool forwards_remove(const char *key, const char *word)
{
    struct forward_added *a = find(key, word);
    if (!a)
        return false;
    forget(a);
    n_added--;
    return true;
}

bool forwards_has(const char *key, const char *word)
{
    return find(key, word) != NULL;
}

bool forwards_has_vhost(const char *vhost)
{
    for (struct list *it = added.next; it != &added; it = it->next)
        if (str_equal(LIST_ENTRY(it, struct forward_added, link)->vhost, vhost))
            return true;
    return false;
}

void forwards_finish(void)
{
    LIST_FOREACH (&added, it, after)
        forget(LIST_ENTRY(it, struct forward_added, link));
    n_added = 0;
}

/* ---- what runs ---- */

static bool is_meant(const struct forward_filter *which, const struct source *s)
{
    return (!which->vhost || str_equal_nocase(which->vhost, s->vhost->name)) &&
           (!which->app || str_equal(which->app, s->app)) && (!which->stream || str_equal(which->stream, s->stream));
}

size_t forwards_walk(const struct forward_filter *which, size_t start, size_t n,
                     void (*show)(void *arg, const struct forward *f, const struct target *t), void *arg)
{
    size_t at = 0;
    for (struct list *it = running.next; it != &running; it = it->next) {
        const struct forward *f = LIST_ENTRY(it, struct forward, link);
        if (!is_meant(which, f->source))
            continue;
        for (struct list *one = f->targets.next; one != &f->targets; one = one->next, at++)
            if (at >= start && at - start < n)
                show(arg, f, LIST_ENTRY(one, struct target, link));
    }
    return at;
}

static void count(struct forward_counts *n, const struct target *t)
{
    n->connecting += t->state == TARGET_CONNECTING;
    n->pushing += t->state == TARGET_PUSHING;
    n->waiting += t->state == TARGET_WAITING;
    n->bytes += target_bytes_now(t);
}

struct forward_counts forwards_count(void)
{
    struct target_totals  totals = target_totals();
    struct forward_counts n = { .bytes = totals.bytes, .failures = totals.failures };
    for (struct list *it = running.next; it != &running; it = it->next) {
        const struct forward *f = LIST_ENTRY(it, struct forward, link);
        for (struct list *at = f->targets.next; at != &f->targets; at = at->next)
            count(&n, LIST_ENTRY(at, struct target, link));
    }
    return n;
}
