#include "app/http/shelf.h"

#include "app/http/conn.h"
#include "app/http/play_rules.h"
#include "app/http/refusal.h"
#include "app/segment/shelf.h"
#include "core/log.h"
#include "protocol/http/status.h"

struct err *http_shelf_handle(struct http_exchange *x, bool *taken)
{
    const struct http_request *r = http_request_of(x);
    const struct conf_vhost   *vhost = conf_find_vhost(http_conn_of(x)->server->conf, http_request_vhost(r));
    struct shelf_item         *item = vhost ? shelf_find(vhost, r->path) : NULL;
    const char                *challenge = NULL;
    struct err *refused = item && item->guarded ? play_rules_check(x, vhost, item->guarded, &challenge) : NULL;
    *taken = item != NULL;
    if (refused && challenge)
        return refusal_unnamed(x, challenge, refused);
    if (refused) {
        log_err(LOG_WARN, refused, "HTTP client ip=%s, GET %s", http_visit_of(x)->ip, r->path);
        return http_reply_status(x, HTTP_STATUS_FORBIDDEN);
    }
    return item ? item->serve(x, item) : NULL;
}
