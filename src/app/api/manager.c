#include "app/api/manager.h"

#include <string.h>

#include "app/conf/cidr.h"
#include "app/http/conn.h"
#include "core/log.h"
#include "protocol/http/status.h"

bool api_is_near(const struct api_reply *r)
{
    const char *ip = http_visit_of(r->x)->ip;
    struct cidr address;
    return r->server->conf->http_api.auth || (cidr_parse(ip, strlen(ip), &address) && cidr_is_loopback(&address));
}

bool api_may_manage(struct api_reply *r, bool allowed)
{
    if (!r->server->conf->http_api.raw_api || !allowed) {
        api_error(r, HTTP_STATUS_OK, E_SYSTEM_CONFIG_RAW_DISABLED);
        return false;
    }
    if (api_is_near(r) && r->shows_secrets)
        return true;
    log_warn("HTTP client ip=%s: %s is refused: it is for this host, or for whoever has the password of "
             "http_api { auth }, and for no page of another site",
             http_visit_of(r->x)->ip, r->request->raw_path);
    api_refuse(r, HTTP_STATUS_FORBIDDEN);
    return false;
}
