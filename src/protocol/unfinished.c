#include "protocol/unfinished.h"

#include <stdbool.h>

#include "core/clock.h"
#include "protocol/co.h"
#include "protocol/io.h"

static struct list all;

static bool is_listed(const struct unfinished *u)
{
    return u->link.next && !list_is_empty(&u->link);
}

void unfinished_set(struct unfinished *u, size_t bytes)
{
    u->bytes = bytes;
    if (bytes < UNFINISHED_MIN) {
        if (is_listed(u))
            list_remove(&u->link);
        return;
    }
    if (is_listed(u))
        return;
    if (!all.next)
        list_init(&all);
    u->since_us = now_us();
    list_push(&all, &u->link);
}

/* Bytes times time. The added millisecond lets the size decide among messages that have just begun. */
static double weight(const struct unfinished *u, int64_t now)
{
    return (double)u->bytes * (double)(now - u->since_us + US_PER_MS);
}

static struct unfinished *heaviest(void)
{
    struct unfinished *found = NULL;
    int64_t            now = now_us();
    LIST_FOREACH (&all, it, after) {
        struct unfinished *u = LIST_ENTRY(it, struct unfinished, link);
        if (!found || weight(u, now) > weight(found, now))
            found = u;
    }
    return found;
}

size_t unfinished_give_way(void)
{
    struct unfinished *u = all.next ? heaviest() : NULL;
    if (!u)
        return 0;
    size_t bytes = u->bytes;
    list_remove(&u->link);
    u->drop(u);
    if (u->io) { /* The owner may wait for more bytes: let it look, so that it finds out. */
        u->io->may_read = true;
        if (u->io->owner)
            co_unpark(u->io->owner);
    }
    return bytes;
}

size_t unfinished_bytes(void)
{
    size_t bytes = 0;
    if (!all.next)
        return 0;
    LIST_FOREACH (&all, it, after)
        bytes += LIST_ENTRY(it, struct unfinished, link)->bytes;
    return bytes;
}
