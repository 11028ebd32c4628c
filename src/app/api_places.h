/**
 * Connections beyond max_connections that are the API's alone, so that it answers when all others are taken: whoever is to
 * kick somebody must get in. One address may have some of them, and not all.
 *
 * Shape      all zero: every place is free
 * Yields     no
 */
#ifndef APP_API_PLACES_H
#define APP_API_PLACES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum { API_PLACES = 16, API_PLACES_OF_ONE = 8 };

struct api_places {
    char   ips[API_PLACES][INET6_ADDRSTRLEN]; /* the addresses that have them; "": free */
    size_t count;                             /* that are taken */
};

/** Whether a place is free for that address. */
bool api_places_has(const struct api_places *p, const char *ip);

/** Take one for that address: its number, for api_places_leave(); -1 when there is none. */
int api_places_take(struct api_places *p, const char *ip);

/** Takes -1. */
void api_places_leave(struct api_places *p, int place);

#endif
