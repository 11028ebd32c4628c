#include "app/session/rate_bounds.h"

#include "app/source/source.h"
#include "protocol/co.h"

enum { BITS = 8 };

void rate_bounds_init(struct rate_bounds *b)
{
    list_init(&b->clients);
}

void rate_bounds_add(struct rate_bounds *b, struct client *c)
{
    if (!c->type->publish && !c->kbps_max)
        return;
    if (list_is_empty(&b->clients) && b->keeper)
        co_unpark(b->keeper);
    c->rate = (struct bounded_rate){ 0 };
    list_push(&b->clients, &c->rate.link);
}

void rate_bounds_remove(struct client *c)
{
    if (c->rate.link.next)
        list_remove(&c->rate.link);
    c->rate.link = (struct list){ 0 };
}

/* The bound of a publisher at this moment; 0: it has none. */
static int bound_of_publisher(const struct client *c)
{
    const struct conf_limits *l = &c->source->vhost->limits;
    int                       of_vhost = l->enabled ? l->publisher_kbps : 0;
    return c->kbps_max && (!of_vhost || c->kbps_max < of_vhost) ? c->kbps_max : of_vhost;
}

static int as_kbps(int64_t bytes, int64_t span_us)
{
    int64_t kbps = bytes * BITS * US_PER_MS / span_us;
    return (int)(kbps < INT32_MAX ? kbps : INT32_MAX);
}

static void begin_span(struct client *c, int64_t bytes, int64_t now)
{
    c->rate.since_us = now;
    c->rate.bytes = bytes;
}

static void look_at_publisher(struct client *c, int64_t now)
{
    int     kbps = 0, most = bound_of_publisher(c);
    int64_t bytes = *c->bytes_in, span_us = now - c->rate.since_us;
    if (!most || (c->rate.since_us && span_us < c->source->vhost->limits.publisher_kbps_over_us))
        return;
    if (c->rate.since_us)
        kbps = as_kbps(bytes - c->rate.bytes, span_us);
    begin_span(c, bytes, now);
    c->over_kbps = kbps > most ? kbps : 0;
}

/* A bucket: what is sent comes in, and what the bound allows runs out. */
static void look_at_player(struct client *c, int64_t now)
{
    int64_t bytes = *c->bytes_out;
    if (c->rate.since_us) {
        int64_t allowed = (now - c->rate.since_us) * c->kbps_max / (BITS * US_PER_MS);
        int64_t ahead = c->rate.ahead + bytes - c->rate.bytes - allowed;
        c->rate.ahead = ahead > 0 ? ahead : 0;
    }
    begin_span(c, bytes, now);
    int kbps = as_kbps(c->rate.ahead, RATE_BOUNDS_AHEAD_US);
    if (kbps <= c->kbps_max)
        return;
    c->over_kbps = kbps;
    client_end(c); /* It may leave at once. */
}

static void look_at(struct client *c, int64_t now)
{
    if (c->over_kbps)
        client_end(c);
    else if (c->type->publish)
        look_at_publisher(c, now);
    else
        look_at_player(c, now);
}

void rate_bounds_look(struct rate_bounds *b, int64_t now_us)
{
    LIST_FOREACH (&b->clients, it, after)
        look_at(LIST_ENTRY(it, struct client, rate.link), now_us);
}

void rate_bounds_run(void *arg)
{
    struct rate_bounds *b = arg;
    struct err         *e;
    b->keeper = co_self();
    do {
        rate_bounds_look(b, now_us());
        e = list_is_empty(&b->clients) ? co_park(DEADLINE_NEVER) : co_sleep(RATE_BOUNDS_LOOK_US);
    } while (!e);
    err_free(e);
    b->keeper = NULL;
}
