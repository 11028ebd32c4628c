/**
 * Connections beyond max_connections that are the API's alone, so that it answers when all others are taken: whoever is to
 * kick somebody must get in. One address may have some of them, and not all. Where all that an address may have are taken,
 * the one that has said nothing for longest makes room: connections that ask for nothing keep nobody out.
 *
 * Shape      all zero: every place is free
 * Units      microseconds of the monotonic clock
 * Yields     no
 */
#ifndef APP_SERVER_API_PLACES_H
#define APP_SERVER_API_PLACES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"

struct co;

enum { API_PLACES = 16, API_PLACES_OF_ONE = 8 };

/* How long a connection may say nothing before it makes room: a request over a slow link, TLS before it, is faster. */
enum { API_PLACE_QUIET_US = 500 * US_PER_MS };

/** What a connection has of them; all zero: nothing. It must not move meanwhile. */
struct api_seat {
    bool       beyond; /* max_connections: true until it leaves, also without a place */
    bool       asks;   /* its request is there: the place stays its own */
    int        place;
    int64_t    since_us;
    struct co *co; /* is cancelled when the place is taken away; NULL: nobody is told */
};

struct api_places {
    char             ips[API_PLACES][INET6_ADDRSTRLEN]; /* the addresses that have them; "": free */
    struct api_seat *seats[API_PLACES];
    size_t           count; /* connections beyond max_connections */
};

/** Whether there is, or can be made, a place for that address. */
bool api_places_has(const struct api_places *p, const char *ip, int64_t now);

/** Take one for that address; nothing when there is none. */
void api_places_take(struct api_places *p, const char *ip, struct api_seat *seat, int64_t now);

/** Takes a seat without a place. */
void api_places_leave(struct api_places *p, struct api_seat *seat);

#endif
