/**
 * Who is there, in the order of arrival: pages of it are found without walking all of it.
 *
 * Joining costs O(1), leaving O(ROLL_BLOCK), finding the member at a place O(members / ROLL_BLOCK).
 *
 * Ownership  members own themselves and hold the place; an empty roll holds no memory
 * Errors     roll_add() returns false when memory is out
 * Yields     no; a cursor may be kept over a yield
 */
#ifndef CORE_ROLL_H
#define CORE_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

enum { ROLL_BLOCK = 128 };

struct roll_block;

/** All zero is an empty roll. */
struct roll {
    struct roll_block *first, *last;
    size_t             count;
    uint64_t           n_ever;
    uint64_t           n_changes;
};

/** Where a member stands; all zero is nowhere. */
struct roll_place {
    struct roll_block *block;
    uint64_t           number; /* of all that ever came, from 1 */
};

bool roll_add(struct roll *r, struct roll_place *place, void *member) ATTR_MUST_USE;

/** Takes a place that is nowhere. */
void roll_remove(struct roll *r, struct roll_place *place);

struct roll_cursor {
    const struct roll_block *block;
    size_t                   at;
    uint64_t                 number; /* those up to here are behind it */
    uint64_t                 n_changes;
};

/** A cursor before the member that has `index` others before it. */
struct roll_cursor roll_seek(const struct roll *r, size_t index);

/** The next member; NULL at the end. Members may have come and gone since the last call: none comes twice. */
void *roll_next(const struct roll *r, struct roll_cursor *c);

#endif
