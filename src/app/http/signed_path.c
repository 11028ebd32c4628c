#include "app/http/signed_path.h"

#include <stdio.h>
#include <string.h>

#include "app/conf/auth.h"
#include "core/mem.h"
#include "protocol/token/cdn.h"

struct err *signed_path_take(struct http_exchange *x, const struct conf *conf, char **query)
{
    static const char          format[] = CDN_PATH_PARAM "=%.*s%s%s";
    const struct http_request *r = http_request_of(x);
    const struct conf_vhost   *vhost = conf_find_vhost(conf, http_request_vhost(r));
    bool                       takes = vhost && conf_auth_has(&vhost->auth, CONF_AUTH_KEY, false);
    size_t                     len = takes ? cdn_path_token_len(r->path + 1) : 0;
    *query = NULL;
    if (len == 0 || strncmp(r->raw_path, r->path, 1 + len + 1) != 0) /* no link has escapes in its token */
        return NULL;
    const char *and = *r->raw_query ? "&" : "";
    size_t cap = sizeof format + len + strlen(r->raw_query);
    if (!(*query = mem_alloc(cap)))
        return err_no_memory();
    snprintf(*query, cap, format, (int)len, r->path + 1, and, r->raw_query);
    http_request_move(x, 1 + len, *query);
    return NULL;
}
