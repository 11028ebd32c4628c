#include "app/hls/group_serve.h"

#include "app/hls/group.h"
#include "app/hls/hls.h"
#include "app/hls/master_playlist.h"
#include "app/hls/media_playlist.h"
#include "app/hls/serve.h"
#include "protocol/http/status.h"

/* A viewer that has an id comes from the master. */
static bool asks_for_media(const struct http_exchange *x, const struct hls_ask *ask)
{
    return !ask->is_new && (ask->viewer || http_request_param(http_request_of(x), HLS_GROUP_MEDIA));
}

static struct err *reply(struct http_exchange *x, struct shelf_item *item, const struct hls_ask *ask)
{
    struct hls_group *g = CONTAINER_OF(item, struct hls_group, item);
    struct hls       *base = hls_group_base(g);
    if (base && asks_for_media(x, ask))
        return hls_media_playlist_reply(x, base, ask);
    if (!ask->is_new && http_request_param(http_request_of(x), HLS_GROUP_MEDIA))
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND); /* That stream has gone. */
    return hls_master_playlist_reply_group(x, g, ask);
}

/* Nobody becomes a viewer of streams that have nothing to show. */
struct err *hls_group_serve(struct http_exchange *x, struct shelf_item *item)
{
    const struct hls_group *g = CONTAINER_OF(item, struct hls_group, item);
    struct hls             *first;
    if (hls_group_list(g, &first, 1) == 0)
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    return hls_serve(x, item, first->show, HLS_ASK_PLAYLIST, reply);
}
