#include "part_board.h"

#include <string.h>

enum { PARTS_MAX = 256 }; /* of a segment; so places are kept for 16 segments at least */

void part_board_begin(struct part_board *b, int64_t now)
{
    memset(b, 0, sizeof *b);
    b->since_us = now;
}

static void count_place(struct part_board *b, size_t i, uint64_t n_players)
{
    if (b->places[i].complete_us && b->places[i].n_answers) {
        if (b->places[i].n_answers < n_players)
            b->unanswered++;
        histogram_add(&b->last, b->places[i].last_us - b->places[i].complete_us);
        histogram_add(&b->spread, b->places[i].last_us - b->places[i].first_us);
    }
    memset(&b->places[i], 0, sizeof b->places[i]);
}

static size_t place_of(struct part_board *b, struct part_key key, uint64_t n_players)
{
    size_t i = (size_t)(key.number * PARTS_MAX + key.part) % PART_BOARD_PLACES;
    if (part_compare(b->places[i].key, key) != 0) {
        count_place(b, i, n_players);
        b->places[i].key = key;
    }
    return i;
}

void part_board_complete(struct part_board *b, struct part_key key, int64_t at_us, uint64_t n_players)
{
    size_t i = place_of(b, key, n_players);
    if (!b->places[i].complete_us && at_us >= b->since_us)
        b->places[i].complete_us = at_us;
}

void part_board_answer(struct part_board *b, struct part_key key, int64_t at_us, uint64_t n_players)
{
    size_t i = place_of(b, key, n_players);
    if (!b->places[i].first_us)
        b->places[i].first_us = at_us;
    b->places[i].last_us = at_us;
    b->places[i].n_answers++;
}

void part_board_count(struct part_board *b, int64_t until_us, uint64_t n_players)
{
    for (size_t i = 0; i < PART_BOARD_PLACES; i++)
        if (b->places[i].complete_us < until_us)
            count_place(b, i, n_players);
}
