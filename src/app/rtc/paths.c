#include "app/rtc/paths.h"

#include <stddef.h>
#include <string.h>

#include "app/rtc/port.h"
#include "core/ident.h"

/* The table does not grow: sessions are bounded by max_connections, and their paths by RTC_PATHS_MAX. */
enum { BUCKETS = 4096 };

static struct rtc_path *buckets[BUCKETS];

/* FNV-1a with a random start: who forges addresses must not choose the buckets. */
static struct rtc_path **bucket_of(const struct rtc_addr *a)
{
    static uint32_t seed;
    while (!seed)
        random_bytes(&seed, sizeof seed);
    const uint8_t *bytes = (const uint8_t *)a;
    uint32_t       hash = seed;
    for (size_t i = 0; i < sizeof a->v6; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return &buckets[(hash ^ hash >> 16) % BUCKETS];
}

struct rtc_path *rtc_path_find(const struct rtc_addr *from)
{
    struct rtc_path *path = *bucket_of(from);
    while (path && !rtc_addr_is(&path->to, from))
        path = path->next;
    return path;
}

void rtc_path_link(struct rtc_path *path, struct rtc_peer *peer, const struct rtc_addr *to)
{
    struct rtc_path **bucket = bucket_of(to);
    *path = (struct rtc_path){ .next = *bucket, .peer = peer, .to = *to };
    *bucket = path;
}

static void leave_port(struct rtc_path *path)
{
    struct rtc_port *port = path->port;
    if (!port)
        return;
    path->port = NULL;
    list_remove(&path->of_port);
    if (list_is_empty(&port->paths) && port->kind->is_left)
        port->kind->is_left(port);
}

void rtc_path_lead(struct rtc_path *path, struct rtc_port *port, const struct rtc_local *local)
{
    path->local = *local;
    if (path->port == port)
        return;
    leave_port(path);
    path->port = port;
    list_push(&port->paths, &path->of_port);
}

void rtc_paths_leave(struct rtc_port *port)
{
    LIST_FOREACH (&port->paths, it, after)
        rtc_path_unlink(LIST_ENTRY(it, struct rtc_path, of_port));
}

void rtc_path_unlink(struct rtc_path *path)
{
    if (!path->peer)
        return;
    leave_port(path);
    struct rtc_path **at = bucket_of(&path->to);
    while (*at != path)
        at = &(*at)->next;
    *at = path->next;
    *path = (struct rtc_path){ 0 };
}
