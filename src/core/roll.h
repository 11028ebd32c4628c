/**
 * A roll: the members that are present, in the order of their arrival. A page of it is found without walking all of it.
 *
 * Joining costs O(1), leaving O(ROLL_BLOCK), finding the member at an index O(members / ROLL_BLOCK).
 *
 * Ownership  members own themselves and keep their struct roll_place; an empty roll holds no memory
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

/** Where a member stands. All zero: it is not in the roll. */
struct roll_place {
    struct roll_block *block;
    uint64_t           number; /* counts all members that ever joined, from 1 */
};

bool roll_add(struct roll *r, struct roll_place *place, void *member) ATTR_MUST_USE;

/** A member that is not in the roll is allowed. */
void roll_remove(struct roll *r, struct roll_place *place);

struct roll_cursor {
    const struct roll_block *block;
    size_t                   at;
    uint64_t                 number; /* number of the last member given */
    uint64_t                 n_changes;
};

/** A cursor in front of member `index`, counted from 0. */
struct roll_cursor roll_seek(const struct roll *r, size_t index);

/** A cursor behind the member that had this number, whether or not it is still there. `number` of a cursor is that of the last one. */
struct roll_cursor roll_seek_after(const struct roll *r, uint64_t number);

/** The member of that number; NULL when it has left. */
void *roll_find(const struct roll *r, uint64_t number);

/** The next member; NULL at the end. Members may join and leave between calls, and none is given twice. */
void *roll_next(const struct roll *r, struct roll_cursor *c);

#endif
