#include "app/dash/http.h"

#include <inttypes.h>
#include <string.h>

#include "app/dash/dash.h"
#include "app/segment/reply.h"
#include "core/clock.h"
#include "protocol/http/exchange.h"
#include "protocol/http/status.h"

struct err *dash_serve_clock(struct http_exchange *x, struct shelf_item *item)
{
    char         text[CLOCK_UTC_CAP];
    struct dash *d = CONTAINER_OF(item, struct dash, clock);
    struct err  *e = http_add_field(x, "Cache-Control", "no-store");
    clock_utc(text, plan_wall_us(d->viewing->plan, now_us()));
    return e ? e : http_reply(x, HTTP_STATUS_OK, "text/plain", text, strlen(text));
}

/* For as long as the MPD may name it. Then its number may be used again, by a stream of the same name. */
static struct err *add_age(struct http_exchange *x, const struct dash *d)
{
    const struct conf_dash *c = &d->show->vhost->dash;
    return http_add_fieldf(x, "Cache-Control", "max-age=%" PRId64, c->window_size * c->fragment_us / US_PER_SECOND + 1);
}

struct err *dash_serve_init(struct http_exchange *x, struct shelf_item *item)
{
    struct dash_init *init = CONTAINER_OF(item, struct dash_init, item);
    struct err       *e = add_age(x, init->track->dash);
    return e ? e : segment_reply_blob(x, init->bytes, init->track->lane->kind->type);
}

static struct err *serve_entry(struct http_exchange *x, struct dash_entry *entry)
{
    struct lane *lane = entry->track->lane;
    struct dash *d = dash_of_segment(entry);
    struct err  *e = add_age(x, d);
    if (e)
        return e;
    if (entry->segment->is_complete)
        return segment_reply(x, entry->segment, lane->kind->type);
    return segment_reply_growing(x, d->show, lane, entry->segment, lane->kind->type);
}

struct err *dash_serve_segment(struct http_exchange *x, struct shelf_item *item)
{
    return serve_entry(x, CONTAINER_OF(item, struct dash_entry, item));
}

struct err *dash_serve_timed(struct http_exchange *x, struct shelf_item *item)
{
    return serve_entry(x, CONTAINER_OF(item, struct dash_entry, timed));
}
