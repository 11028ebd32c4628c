#include "app/http/shelf.h"

#include "app/http/conn.h"
#include "app/http/play_rules.h"
#include "app/http/refusal.h"
#include "app/http/watched.h"
#include "app/segment/shelf.h"
#include "core/log.h"
#include "protocol/http/status.h"

struct err *http_shelf_handle(struct http_exchange *x, bool *taken)
{
    const struct http_request *r = http_request_of(x);
    const struct conf_vhost   *vhost = conf_find_vhost(http_conn_of(x)->server->conf, http_request_vhost(r));
    struct shelf_item         *item = vhost ? shelf_find(vhost, r->path) : NULL;
    struct play_rules          rules = { 0 };
    struct err *refused = item && item->guarded ? play_rules_check(x, vhost, item->guarded, &rules) : NULL;
    *taken = item != NULL;
    if (refused && rules.challenge)
        return refusal_unnamed(x, rules.challenge, refused);
    if (refused) {
        log_err(LOG_WARN, refused, "HTTP client ip=%s, GET %s", http_visit_of(x)->ip, r->path);
        return http_reply_status(x, HTTP_STATUS_FORBIDDEN);
    }
    http_reply_ends(x, rules.ends_us);
    if (item && item->guarded)
        watched_note_show(http_conn_of(x)->server, item->guarded);
    return item ? item->serve(x, item) : NULL;
}
