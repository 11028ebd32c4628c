#include "app/http/shelf.h"

#include "app/http/conn.h"
#include "app/segment/shelf.h"

struct err *http_shelf_handle(struct http_exchange *x, bool *taken)
{
    const struct http_request *r = http_request_of(x);
    const struct conf_vhost   *vhost = conf_find_vhost(http_conn_of(x)->server->conf, http_request_vhost(r));
    struct shelf_item         *item = vhost ? shelf_find(vhost, r->path) : NULL;
    *taken = item != NULL;
    return item ? item->serve(x, item) : NULL;
}
