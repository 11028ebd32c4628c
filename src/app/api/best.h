/**
 * The first members of a list in some order, behind a place in that order: one sorted page, gathered in one pass.
 *
 * A row is a copy: the members may come and go while the list is walked. Members that are equal in the order stand as they arrived.
 * The place of a row, as text, is the cursor of the next page: it means the same whoever has come or gone.
 *
 * Shape      pure; at most `cap` rows are kept, in a heap
 * Ownership  best_finish() frees the rows
 * Yields     no
 */
#ifndef APP_API_BEST_H
#define APP_API_BEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/* Texts are compared up to this length. */
enum { BEST_TEXT_CAP = 48 };

/* A place as text: two numbers, or a number and a text in hexadecimal digits. */
enum { BEST_PLACE_CAP = 24 + 2 * BEST_TEXT_CAP };

struct best_row {
    int64_t  number;              /* what a list of numbers is sorted by */
    char     text[BEST_TEXT_CAP]; /* what a list of texts is sorted by */
    uint64_t arrival;             /* differs between members; never 0 */
};

struct best {
    bool             is_text, descending;
    bool             has_after; /* `after` is the last row of the page before */
    struct best_row  after;
    struct best_row *rows;
    size_t           n, cap;
    bool             has_more; /* rows were left out that belong behind those that are kept */
};

/** Room for `cap` rows. False: out of memory. The order and `after` are set by the caller. */
bool best_init(struct best *b, size_t cap) ATTR_MUST_USE;
void best_finish(struct best *b);

/** Take a row if it belongs to the page. */
void best_add(struct best *b, const struct best_row *row);

/** Put the rows in order, when all have been added. */
void best_sort(struct best *b);

/** Write the place of a row. */
void best_put_place(const struct best *b, const struct best_row *row, char buf[static BEST_PLACE_CAP]);

/** Set `after` from such a text. False when it is none of this order. */
bool best_read_place(struct best *b, const char *text) ATTR_MUST_USE;

#endif
