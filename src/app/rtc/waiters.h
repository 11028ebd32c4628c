/**
 * Sessions, or connections, for which no check of ICE has come yet.
 *
 * They are bounded in number, and in number of one client's address. A further one ends the oldest of its address, or of all: what comes
 * to stay has its check within a round trip, and what does not has waited longest.
 *
 * Yields     no
 */
#ifndef APP_RTC_WAITERS_H
#define APP_RTC_WAITERS_H

#include <stddef.h>

#include "core/list.h"

struct co;

enum { RTC_WAITING_MAX = 2048, RTC_WAITING_PER_IP_MIN = 4 };

/** How many may wait where there are `max_connections`: a quarter of these; of one address, a quarter of that. */
struct rtc_waiting_bounds {
    size_t all, per_ip;
};
struct rtc_waiting_bounds rtc_waiting_bounds(int max_connections);

struct rtc_waiter {
    struct list link;       /* list_init() before the first call */
    const char *ip, *trace; /* borrowed while it waits */
    struct co  *co;         /* is cancelled to make room */
};

struct rtc_waiters {
    struct list list;
    size_t      n;
    const char *what; /* for the log: "sessions" */
};

/* None of them, in the variable `name`. */
#define RTC_WAITERS_NONE(name, called) \
    { \
        .list = { &(name).list, &(name).list }, .what = (called) \
    }

/** Enter a new one, with its texts and its coroutine; others may be cancelled for it. */
void rtc_waiters_add(struct rtc_waiters *all, struct rtc_waiter *w, int max_connections);

/** It waits no longer. May be called again. */
void rtc_waiters_remove(struct rtc_waiters *all, struct rtc_waiter *w);

#endif
