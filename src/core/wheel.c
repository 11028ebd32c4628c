#include "core/wheel.h"

#include "core/clock.h"

void wheel_init(struct wheel *w, int64_t slot_us, int64_t now)
{
    for (size_t i = 0; i < WHEEL_SLOTS; i++)
        list_init(&w->slots[i]);
    w->slot_us = slot_us;
    w->at = now / slot_us;
    w->n = 0;
}

static struct list *slot_at(struct wheel *w, int64_t number)
{
    return &w->slots[number % WHEEL_SLOTS];
}

/* An item whose time is further away than the wheel reaches is looked at once more on the way. */
void wheel_put(struct wheel *w, struct wheel_item *item, int64_t due_us)
{
    int64_t slot = due_us / w->slot_us + 1;
    if (slot <= w->at)
        slot = w->at + 1;
    if (slot >= w->at + WHEEL_SLOTS)
        slot = w->at + WHEEL_SLOTS - 1;
    wheel_take(w, item);
    item->due_us = due_us;
    list_push(slot_at(w, slot), &item->link);
    w->n++;
}

void wheel_take(struct wheel *w, struct wheel_item *item)
{
    if (!item->link.next)
        return;
    list_remove(&item->link);
    item->link = (struct list){ 0 };
    w->n--;
}

struct wheel_item *wheel_pop(struct wheel *w, int64_t now)
{
    int64_t last = now / w->slot_us;
    if (w->n == 0)
        w->at = last;
    while (w->at < last) {
        struct list *slot = slot_at(w, w->at + 1);
        if (list_is_empty(slot)) {
            w->at++;
            continue;
        }
        struct wheel_item *item = LIST_ENTRY(slot->next, struct wheel_item, link);
        if (item->due_us <= now) {
            wheel_take(w, item);
            return item;
        }
        wheel_put(w, item, item->due_us);
    }
    return NULL;
}

int64_t wheel_next_us(const struct wheel *w)
{
    if (w->n == 0)
        return DEADLINE_NEVER;
    int64_t slot = w->at + 1;
    while (list_is_empty(&w->slots[slot % WHEEL_SLOTS]))
        slot++;
    return slot * w->slot_us;
}
