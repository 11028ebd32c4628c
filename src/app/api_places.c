#include "app/api_places.h"

#include <string.h>

#include "core/str.h"

/* A free place that may be taken from that address; -1: there is none. */
static int find(const struct api_places *p, const char *ip)
{
    int found = -1, n_same = 0;
    for (int i = 0; i < API_PLACES; i++) {
        if (!p->ips[i][0])
            found = i;
        n_same += strcmp(p->ips[i], ip) == 0;
    }
    return n_same < API_PLACES_OF_ONE ? found : -1;
}

bool api_places_has(const struct api_places *p, const char *ip)
{
    return find(p, ip) >= 0;
}

int api_places_take(struct api_places *p, const char *ip)
{
    int place = find(p, ip);
    if (place >= 0) {
        str_copy(p->ips[place], sizeof p->ips[place], ip);
        p->count++;
    }
    return place;
}

void api_places_leave(struct api_places *p, int place)
{
    if (place < 0)
        return;
    p->ips[place][0] = '\0';
    p->count--;
}
