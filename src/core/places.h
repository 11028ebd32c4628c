/**
 * Free places of a file, or of anything else that has addresses, by their positions. Neighbours are joined.
 *
 * Shape      positions and lengths are in units of the caller; everything behind `end` is free, up to `max`
 * Ownership  all zero but `max` is empty: everything is free. places_finish() frees the memory
 * Yields     no
 */
#ifndef CORE_PLACES_H
#define CORE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

struct place {
    int64_t at, len;
};

struct places {
    int64_t       max, end;
    struct place *free; /* below `end` */
    size_t        n_free, cap_free;
};

/** Take the first place that is long enough. Returns its position; -1: there is none. */
int64_t places_take(struct places *p, int64_t len) ATTR_MUST_USE;

/** Take the place at this position; false if it is not free in this length. */
bool places_take_at(struct places *p, int64_t at, int64_t len) ATTR_MUST_USE;

/** Give a place back, or a part of one. Without memory for its row it stays taken. */
void places_give(struct places *p, int64_t at, int64_t len);

/** Forget what was taken and given. */
void places_finish(struct places *p);

#endif
