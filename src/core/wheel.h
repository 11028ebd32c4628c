/**
 * Times of many things, most of which never come: a timer wheel. To put a thing on it and to take it off costs the same however many
 * there are; a thing is never due too early, and at most a slot too late.
 *
 *     wheel_put(&w, &thing->item, due_us)
 *     while ((item = wheel_pop(&w, now))) …         all that is due; to be called again at wheel_next_us()
 *
 * Units      microseconds of one clock
 * Ownership  items are part of the caller's structs, and are taken off before these are freed
 * Yields     no
 */
#ifndef CORE_WHEEL_H
#define CORE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/list.h"

enum { WHEEL_SLOTS = 256 };

/** All zero: on no wheel. */
struct wheel_item {
    struct list link;
    int64_t     due_us;
};

struct wheel {
    struct list slots[WHEEL_SLOTS];
    int64_t     slot_us; /* the time of one slot */
    int64_t     at;      /* number of the slot that was looked at last, counted since the clock began */
    size_t      n;
};

/** An empty wheel. */
void wheel_init(struct wheel *w, int64_t slot_us, int64_t now);

/** Put an item on the wheel, or move it. */
void wheel_put(struct wheel *w, struct wheel_item *item, int64_t due_us);

/** Takes an item that is on no wheel. */
void wheel_take(struct wheel *w, struct wheel_item *item);

/** Take off an item that is due; NULL: there is none. */
struct wheel_item *wheel_pop(struct wheel *w, int64_t now);

/** When wheel_pop() may find something; DEADLINE_NEVER if the wheel is empty. */
int64_t wheel_next_us(const struct wheel *w);

#endif
