/**
 * Turns: so many coroutines may do a thing at once, and so many may wait for it, the first one first.
 *
 *     static struct turns turns = TURNS_OF(turns, 4, 100);
 *     turns_take(&turns, deadline)
 *     turns_end(&turns)                 from wherever the work ends
 */
#ifndef PROTOCOL_TURNS_H
#define PROTOCOL_TURNS_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"

struct turns {
    size_t      n_taken, max;
    struct list waiting; /* list of struct turns_waiter, the first one is next */
    size_t      n_waiting, waiting_max;
};

#define TURNS_OF(name, most, most_waiting) \
    { \
        .max = (most), .waiting = { &(name).waiting, &(name).waiting }, .waiting_max = (most_waiting) \
    }

/**
 * Errors     E_LIMIT: too many wait; those of co_park()
 * Yields     yes
 */
struct err *turns_take(struct turns *t, int64_t deadline_us) ATTR_MUST_USE;

/** Does not yield. */
void turns_end(struct turns *t);

#endif
