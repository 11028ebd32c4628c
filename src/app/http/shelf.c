#include "app/http/shelf.h"

#include "app/http/conn.h"
#include "app/segment/shelf.h"
#include "app/session/access.h"
#include "core/log.h"
#include "protocol/http/status.h"

/* Why the client may not have what is guarded. A player of segments has no session: each request is asked for by itself. */
static struct err *refusal(const struct http_exchange *x, const struct conf_vhost *v)
{
    const struct http_request *r = http_request_of(x);
    const char                *page_url = http_request_field(r, "Referer");
    struct err                *e = access_check_built(http_conn_of(x)->server->conf, v);
    if (!e)
        e = access_check_security(v, ACCESS_PLAY, http_visit_of(x)->ip);
    if (!e)
        e = access_check_refer(v, ACCESS_REFER_ALL, page_url);
    return e ? e : access_check_refer(v, ACCESS_REFER_PLAY, page_url);
}

struct err *http_shelf_handle(struct http_exchange *x, bool *taken)
{
    const struct http_request *r = http_request_of(x);
    const struct conf_vhost   *vhost = conf_find_vhost(http_conn_of(x)->server->conf, http_request_vhost(r));
    struct shelf_item         *item = vhost ? shelf_find(vhost, r->path) : NULL;
    struct err                *refused = item && item->is_guarded ? refusal(x, vhost) : NULL;
    *taken = item != NULL;
    if (refused) {
        log_err(LOG_WARN, refused, "HTTP client ip=%s, GET %s", http_visit_of(x)->ip, r->path);
        return http_reply_status(x, HTTP_STATUS_FORBIDDEN);
    }
    return item ? item->serve(x, item) : NULL;
}
