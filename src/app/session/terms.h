/**
 * Clients whose time ends: each is ended at most TERMS_SLOT_US after its client.until_us, and never before.
 *
 * A wheel: a client costs nothing until its slot comes, however many there are. One that lies further away than the wheel reaches is
 * looked at once in a turn.
 */
#ifndef APP_SESSION_TERMS_H
#define APP_SESSION_TERMS_H

#include <stddef.h>
#include <stdint.h>

#include "app/session/client.h"
#include "core/clock.h"
#include "core/list.h"

enum { TERMS_SLOTS = 64, TERMS_SLOT_US = 250 * US_PER_MS };

struct terms {
    struct list slots[TERMS_SLOTS]; /* of struct client, by `term` */
    int64_t     slot;               /* the number of the last one that was looked at, counted since the clock began */
    size_t      n;
    struct co  *keeper; /* runs terms_run(), while it waits; NULL: it does not */
};

void terms_init(struct terms *t);

/** Does nothing with a client whose time does not end. Does not yield. */
void terms_add(struct terms *t, struct client *c);

/** Takes a client that is not there. Does not yield. */
void terms_remove(struct terms *t, struct client *c);

/** A coroutine that ends clients in time, until it is cancelled. `arg`: struct terms. */
void terms_run(void *arg);

#endif
