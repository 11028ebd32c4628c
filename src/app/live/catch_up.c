#include "app/live/catch_up.h"

#include "core/clock.h"
#include "core/list.h"
#include "protocol/co.h"

/* For each share of the loop's time that goes to those who catch up, so many go to the others. */
enum { OTHERS_SHARES = 4 };

struct place {
    struct list link;
    struct co  *co;
};

static struct list line = { &line, &line };
static int64_t     until_us; /* this turn of the loop has time for their writes */

static struct place *first(void)
{
    return LIST_ENTRY(line.next, struct place, link);
}

/* Let the others run, and then take a share of the time that they took. */
static void next_turn(void)
{
    int64_t length_us = co_give_way_timed() / OTHERS_SHARES;
    if (length_us < CATCH_UP_MIN_US)
        length_us = CATCH_UP_MIN_US;
    if (length_us > CATCH_UP_MAX_US)
        length_us = CATCH_UP_MAX_US;
    until_us = now_us() + length_us;
}

struct err *catch_up_wait(void)
{
    struct place own = { .co = co_self() };
    struct err  *e = NULL;
    list_push(&line, &own.link);
    while (!e && first() != &own)
        e = co_park(DEADLINE_NEVER);
    if (!e && now_us() >= until_us)
        next_turn();
    list_remove(&own.link);
    if (!list_is_empty(&line))
        co_unpark(first()->co);
    return e;
}
