#include "protocol/turns.h"

#include "protocol/co.h"

struct turns_waiter {
    struct list link;
    struct co  *co;
};

static void call_next(const struct turns *t)
{
    if (t->n_taken < t->max && !list_is_empty(&t->waiting))
        co_unpark(LIST_ENTRY(t->waiting.next, struct turns_waiter, link)->co);
}

struct err *turns_take(struct turns *t, int64_t deadline_us)
{
    struct turns_waiter w = { .co = co_self() };
    struct err         *e = NULL;
    if (t->n_taken >= t->max && t->n_waiting >= t->waiting_max)
        return err_new(E_LIMIT, "%zu are under way, and %zu wait", t->n_taken, t->n_waiting);
    list_push(&t->waiting, &w.link);
    t->n_waiting++;
    while (!e && (t->waiting.next != &w.link || t->n_taken >= t->max))
        e = co_park(deadline_us);
    list_remove(&w.link);
    t->n_waiting--;
    t->n_taken += !e;
    call_next(t);
    return e;
}

void turns_end(struct turns *t)
{
    t->n_taken--;
    call_next(t);
}
