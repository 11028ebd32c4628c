#include "app/server/api_places.h"

#include <string.h>

#include "core/str.h"
#include "protocol/co.h"

static bool is_quiet(const struct api_seat *seat, int64_t now)
{
    return !seat->asks && now - seat->since_us >= API_PLACE_QUIET_US;
}

/* The place whose connection has been quiet for longest, among the places of `ip`, or among all if `ip` is NULL; -1: none. */
static int find_quiet(const struct api_places *p, const char *ip, int64_t now)
{
    int found = -1;
    for (int i = 0; i < API_PLACES; i++) {
        const struct api_seat *seat = p->ips[i][0] ? p->seats[i] : NULL;
        if (!seat || !is_quiet(seat, now) || (ip && strcmp(p->ips[i], ip) != 0))
            continue;
        if (found < 0 || seat->since_us < p->seats[found]->since_us)
            found = i;
    }
    return found;
}

/* A place for that address, either free or taken from a quiet connection; -1: there is none. */
static int find_place(const struct api_places *p, const char *ip, int64_t now)
{
    int free_place = -1, n_same = 0;
    for (int i = 0; i < API_PLACES; i++) {
        if (!p->ips[i][0])
            free_place = i;
        n_same += strcmp(p->ips[i], ip) == 0;
    }
    if (n_same >= API_PLACES_OF_ONE)
        return find_quiet(p, ip, now);
    return free_place >= 0 ? free_place : find_quiet(p, NULL, now);
}

bool api_places_has(const struct api_places *p, const char *ip, int64_t now)
{
    return find_place(p, ip, now) >= 0;
}

static void take_away(struct api_places *p, int place)
{
    struct api_seat *seat = p->seats[place];
    seat->place = -1;
    if (seat->co)
        co_cancel(seat->co);
    p->ips[place][0] = '\0';
}

void api_places_take(struct api_places *p, const char *ip, struct api_seat *seat, int64_t now)
{
    int place = find_place(p, ip, now);
    if (place < 0)
        return;
    if (p->ips[place][0])
        take_away(p, place);
    str_copy(p->ips[place], sizeof p->ips[place], ip);
    p->seats[place] = seat;
    p->count++;
    seat->place = place;
    seat->beyond = true;
    seat->since_us = now;
}

void api_places_leave(struct api_places *p, struct api_seat *seat)
{
    if (!seat->beyond)
        return;
    if (seat->place >= 0)
        p->ips[seat->place][0] = '\0';
    p->count--;
    *seat = (struct api_seat){ 0 };
}
