#include "app/session/terms.h"

#include "protocol/co.h"

void terms_init(struct terms *t)
{
    *t = (struct terms){ .slot = now_us() / TERMS_SLOT_US };
    for (size_t i = 0; i < TERMS_SLOTS; i++)
        list_init(&t->slots[i]);
}

/* Put the client into the first slot that is looked at after its time, or into the last one of this turn. */
static void put(struct terms *t, struct client *c)
{
    int64_t slot = c->until_us / TERMS_SLOT_US + 1;
    if (slot <= t->slot)
        slot = t->slot + 1;
    if (slot >= t->slot + TERMS_SLOTS)
        slot = t->slot + TERMS_SLOTS - 1;
    list_push(&t->slots[slot % TERMS_SLOTS], &c->term);
}

void terms_add(struct terms *t, struct client *c)
{
    if (!c->until_us)
        return;
    if (t->n++ == 0) {
        t->slot = now_us() / TERMS_SLOT_US;
        if (t->keeper)
            co_unpark(t->keeper);
    }
    put(t, c);
}

void terms_remove(struct terms *t, struct client *c)
{
    if (!c->term.next)
        return;
    if (!list_is_empty(&c->term))
        list_remove(&c->term);
    c->term = (struct list){ 0 };
    t->n--;
}

static void look_at(struct terms *t, struct client *c)
{
    list_remove(&c->term);
    if (c->until_us > now_us()) {
        put(t, c);
        return;
    }
    c->is_over = true;
    client_end(c); /* It may leave at once. */
}

static void turn(struct terms *t, int64_t now)
{
    while (t->n && t->slot < now / TERMS_SLOT_US) {
        struct list *slot = &t->slots[++t->slot % TERMS_SLOTS];
        while (!list_is_empty(slot)) {
            look_at(t, LIST_ENTRY(slot->next, struct client, term));
            co_give_way_by_time();
        }
    }
}

void terms_run(void *arg)
{
    struct terms *t = arg;
    struct err   *e;
    t->keeper = co_self();
    for (;;) {
        e = co_park(t->n ? (t->slot + 1) * TERMS_SLOT_US : DEADLINE_NEVER);
        if (err_code(e) == E_THREAD_INTERRUPTED)
            break;
        err_free(e);
        turn(t, now_us());
    }
    err_free(e);
    t->keeper = NULL;
}
