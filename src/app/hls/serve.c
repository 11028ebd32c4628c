#include "app/hls/serve.h"

#include "app/http/conn.h"
#include "app/http/watched.h"
#include "app/segment/variants.h"
#include "protocol/http/status.h"

/* The item that a request is for, after a wait; NULL: it is not there any more, or something else has its name. */
static struct shelf_item *find_again(const struct http_exchange *x, const struct show *show,
                                     struct err *(*serve)(struct http_exchange *x, struct shelf_item *item))
{
    struct shelf_item *item = shelf_find(show->vhost, http_request_of(x)->path);
    return item && item->serve == serve ? item : NULL;
}

struct err *hls_serve(struct http_exchange *x, struct shelf_item *item, struct show *show, enum hls_ask_for what,
                      struct err *(*reply)(struct http_exchange *x, struct shelf_item *item, const struct hls_ask *ask))
{
    struct err *(*const serve)(struct http_exchange * x, struct shelf_item * item) = item->serve;
    struct show   *held = show_ref(show);
    struct hls_ask ask;
    char           group[STREAM_NAME_MAX + 1];
    bool           is_variant = variants_group_of(group, show->vhost, show->stream); /* One viewer sees all variants. */
    watched_note_show(http_conn_of(x)->server, show);
    struct err *e = hls_ask_begin(&ask, x, show->vhost, show->app, is_variant ? group : show->stream, what);
    if (!e && !ask.is_answered) {
        if (ask.has_waited)
            item = find_again(x, held, serve);
        e = item ? reply(x, item, &ask) : http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    }
    hls_ask_end(&ask, x);
    show_unref(&held);
    return e;
}
