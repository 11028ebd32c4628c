#include "app/relay/pulls.h"

#include "core/str.h"

static struct list all = { &all, &all };
static int64_t     bytes_gone, failures_gone; /* of pulls that are gone */

struct list *pulls_all(void)
{
    return &all;
}

struct pull *pulls_find(const char *key)
{
    for (struct list *it = all.next; it != &all; it = it->next) {
        struct pull *p = LIST_ENTRY(it, struct pull, link);
        if (!p->leaves && str_equal(p->order.key, key))
            return p;
    }
    return NULL;
}

struct pull_counts pulls_count(void)
{
    struct pull_counts n = { .bytes = bytes_gone, .failures = failures_gone };
    for (struct list *it = all.next; it != &all; it = it->next) {
        const struct pull *p = LIST_ENTRY(it, struct pull, link);
        n.idle += pull_state(p) == PULL_IDLE;
        n.connecting += pull_state(p) == PULL_CONNECTING;
        n.pulling += pull_state(p) == PULL_PULLING;
        n.waiting += pull_state(p) == PULL_WAITING;
        n.bytes += pull_bytes(p);
        n.failures += p->failures.n;
    }
    return n;
}

void pulls_keep_counts(const struct pull *p)
{
    bytes_gone += pull_bytes(p);
    failures_gone += p->failures.n;
}
