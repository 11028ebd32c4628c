/**
 * When a part was complete, and when the last of all players had it.
 *
 * A part is complete when the picture behind it comes, so the time is the stamp of the first picture of the next part. Parts are kept for
 * as long as players may differ, and counted when their place is needed, or at the end.
 */
#ifndef BENCH_PART_BOARD_H
#define BENCH_PART_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"

/* A part of a segment. `part` is -1 for a whole segment. */
struct part_key {
    int64_t number;
    int     part;
};

/* Negative, 0 or positive, as the first one is before the second or not. */
static inline int part_compare(struct part_key a, struct part_key b)
{
    return a.number != b.number ? (a.number > b.number) - (a.number < b.number) : a.part - b.part;
}

enum { PART_BOARD_PLACES = 4096 };

struct part_board {
    struct {
        struct part_key key;
        int64_t         complete_us, first_us, last_us; /* 0: not known */
        uint64_t        n_answers;
    } places[PART_BOARD_PLACES];
    int64_t          since_us;     /* parts that were complete before do not count */
    struct histogram last, spread; /* from complete to the last answer; from the first to the last answer */
    uint64_t         unanswered;   /* parts that some player has not got */
};

/** Forget all, and count parts that are complete from now on. */
void part_board_begin(struct part_board *b, int64_t now);
void part_board_complete(struct part_board *b, struct part_key key, int64_t at_us, uint64_t n_players);
void part_board_answer(struct part_board *b, struct part_key key, int64_t at_us, uint64_t n_players);

/** Count the parts that were complete before `until_us`; `n_players` should have each of them. */
void part_board_count(struct part_board *b, int64_t until_us, uint64_t n_players);

#endif
