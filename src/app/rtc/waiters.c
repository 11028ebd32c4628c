#include "app/rtc/waiters.h"

#include <string.h>

#include "core/log.h"
#include "protocol/co.h"

struct rtc_waiting_bounds rtc_waiting_bounds(int max_connections)
{
    size_t all = max_connections < 4 ? 1 : (size_t)max_connections / 4, per_ip;
    if (all > RTC_WAITING_MAX)
        all = RTC_WAITING_MAX;
    per_ip = all / 4 < RTC_WAITING_PER_IP_MIN ? RTC_WAITING_PER_IP_MIN : all / 4;
    return (struct rtc_waiting_bounds){ all, per_ip < all ? per_ip : all };
}

static void give_way(struct rtc_waiters *all, struct rtc_waiter *w)
{
    log_warn("rtc: %zu %s wait for their first check, so %s of %s ends", all->n, all->what, w->trace, w->ip);
    rtc_waiters_remove(all, w);
    co_cancel(w->co);
}

/* Make room for one more: the oldest of its address gives way, or of all. */
static void make_room(struct rtc_waiters *all, const char *ip, int max_connections)
{
    struct rtc_waiting_bounds max = rtc_waiting_bounds(max_connections);
    struct rtc_waiter        *oldest = NULL;
    size_t                    n = 0;
    LIST_FOREACH (&all->list, it, after) {
        struct rtc_waiter *w = LIST_ENTRY(it, struct rtc_waiter, link);
        if (strcmp(w->ip, ip) != 0)
            continue;
        oldest = oldest ? oldest : w;
        n++;
    }
    if (n >= max.per_ip)
        give_way(all, oldest);
    while (all->n >= max.all)
        give_way(all, LIST_ENTRY(all->list.next, struct rtc_waiter, link));
}

void rtc_waiters_add(struct rtc_waiters *all, struct rtc_waiter *w, int max_connections)
{
    make_room(all, w->ip, max_connections);
    list_push(&all->list, &w->link);
    all->n++;
}

void rtc_waiters_remove(struct rtc_waiters *all, struct rtc_waiter *w)
{
    if (list_is_empty(&w->link))
        return;
    list_remove(&w->link);
    all->n--;
}
