/**
 * Places for connections beyond max_connections that are reserved for the API: an operator can still kick clients when all
 * other places are taken. One address may have some of the places, but not all. When an address has all that it may have, its
 * connection that has been silent for longest makes room: connections that send no request cannot lock anybody out.
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

/* A connection that has been silent for this long may have to make room. A handshake and a request over a slow link take less. */
enum { API_PLACE_QUIET_US = 500 * US_PER_MS };

/** The place of one connection; all zero: it has none. Must not move while it has one. */
struct api_seat {
    bool       beyond; /* the connection exceeds max_connections; true until it leaves, even without a place */
    bool       asks;   /* its request has come, so its place can no longer be taken away */
    int        place;
    int64_t    since_us;
    struct co *co; /* is cancelled when the place is taken away; may be NULL */
};

struct api_places {
    char             ips[API_PLACES][INET6_ADDRSTRLEN]; /* the address that holds the place; "": free */
    struct api_seat *seats[API_PLACES];
    size_t           count; /* connections beyond max_connections */
};

/** True when a place for that address is free or can be made free. */
bool api_places_has(const struct api_places *p, const char *ip, int64_t now);

/** Take a place for that address, if there is one. */
void api_places_take(struct api_places *p, const char *ip, struct api_seat *seat, int64_t now);

/** Takes a seat without a place. */
void api_places_leave(struct api_places *p, struct api_seat *seat);

#endif
