#include "app/live/catch_up.h"

#include "core/clock.h"
#include "core/list.h"
#include "protocol/co.h"

/* Computing time of all other coroutines, as a multiple of that of players that catch up. */
enum { OTHERS_SHARES = 4 };

static struct list line = { &line, &line };
static int64_t     until_us; /* end of the time for these writes in this turn of the loop */

static struct catch_up *first(void)
{
    return LIST_ENTRY(line.next, struct catch_up, link);
}

/* Let the other coroutines run, and then take a share of the time that they took. */
static void next_turn(void)
{
    int64_t length_us = co_give_way_timed() / OTHERS_SHARES;
    if (length_us < CATCH_UP_MIN_US)
        length_us = CATCH_UP_MIN_US;
    if (length_us > CATCH_UP_MAX_US)
        length_us = CATCH_UP_MAX_US;
    until_us = now_us() + length_us;
}

struct err *catch_up_wait(struct catch_up *place)
{
    struct err *e = NULL;
    place->co = co_self();
    list_push(&line, &place->link);
    while (!e && first() != place)
        e = co_park(DEADLINE_NEVER);
    if (!e && now_us() >= until_us)
        next_turn();
    list_remove(&place->link);
    if (!list_is_empty(&line))
        co_unpark(first()->co);
    return e;
}
