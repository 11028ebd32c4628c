#include "app/http/early.h"

#include "app/http/conn.h"
#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "app/source/sources.h"

/* How often a request looks whether its playlist is there. */
enum { LOOK_US = 500 * US_PER_MS };

static bool is_delayed(const struct http_exchange *x, const struct show *show)
{
    const struct sources *all = &http_conn_of(x)->server->sources;
    const struct source  *s = source_find(all, show->vhost, show->app, show->stream);
    return s && source_is_live(s) && delay_is_in_use(&s->delay);
}

struct shelf_item *early_wait(struct http_exchange *x, struct shelf_item *item, struct show *show,
                              bool (*is_there)(struct shelf_item *item))
{
    struct err *(*const serve)(struct http_exchange * x, struct shelf_item * item) = item->serve;
    struct show *held = show_ref(show);
    int64_t      until_us = now_us() + EARLY_MAX_US;
    struct err  *e = NULL;
    item = NULL;
    while (!e && !item && now_us() < until_us && is_delayed(x, held)) {
        if ((e = co_sleep(LOOK_US)))
            break;
        item = shelf_find(held->vhost, http_request_of(x)->path);
        if (item && (item->serve != serve || !is_there(item)))
            item = NULL;
    }
    err_free(e);
    show_unref(&held);
    return item;
}
