#include "app/http/play_rules.h"

#include "app/http/conn.h"
#include "app/session/access.h"

struct err *play_rules_check(const struct http_exchange *x, const struct conf_vhost *vhost)
{
    const char *page_url = http_request_field(http_request_of(x), "Referer");
    struct err *e = access_check_built(http_conn_of(x)->server->conf, vhost);
    if (!e)
        e = access_check_security(vhost, ACCESS_PLAY, http_visit_of(x)->ip);
    if (!e)
        e = access_check_refer(vhost, ACCESS_REFER_ALL, page_url);
    return e ? e : access_check_refer(vhost, ACCESS_REFER_PLAY, page_url);
}
