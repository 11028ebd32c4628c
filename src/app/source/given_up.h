/**
 * Counters of what the streams of a server, and then its connections, have given up for lack of memory. give_way.h counts here.
 *
 * Units      bytes
 */
#ifndef APP_SOURCE_GIVEN_UP_H
#define APP_SOURCE_GIVEN_UP_H

#include <stdint.h>

#include "core/log_limit.h"

/** The steps, in the order in which they are taken. */
enum give_way_step { GIVE_UNWATCHED_GOP, GIVE_BACKLOG, GIVE_GOP, GIVE_UNFINISHED, GIVE_WAY_STEPS };

struct given_up {
    struct {
        int64_t times, bytes;
    } steps[GIVE_WAY_STEPS];
    int64_t           over_share;      /* GOP caches given up because they were larger than their share */
    int64_t           futile_until_us; /* time of the next try, after one that found nothing to give up */
    struct log_limits log_limits;      /* limits of the log lines about it, for all coroutines together */
};

#endif
