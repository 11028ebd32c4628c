/* Commands to the server itself. */
#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/manager.h"
#include "app/api/raw_config.h"
#include "app/api/reply.h"
#include "app/http/conn.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/http/status.h"

enum { LISTEN_CAP = 1024 };

static void put_listen(struct jw *j, const struct conf_words *listen)
{
    char       text[LISTEN_CAP];
    struct str s = str_over(text, sizeof text);
    for (size_t i = 0; i < listen->count; i++)
        str_printf(&s, "%s%s", i ? " " : "", listen->items[i]);
    jw_string(j, "listen", text);
}

static void write_raw_itself(struct api_reply *r, const struct conf_http_api *api)
{
    struct jw *j = &r->json;
    jw_object(j, NULL);
    jw_int(j, "code", E_SUCCESS);
    jw_object(j, "http_api");
    jw_bool(j, "enabled", api->enabled);
    put_listen(j, &api->listen);
    jw_bool(j, "crossdomain", api->crossdomain);
    jw_object(j, "raw_api");
    jw_bool(j, "enabled", api->raw_api);
    jw_bool(j, "allow_reload", api->raw_api_reload);
    jw_bool(j, "allow_query", api->raw_api_query);
    jw_bool(j, "allow_update", api->raw_api_update);
    jw_object_end(j);
    jw_object_end(j);
    jw_object_end(j);
}

/* Any link sends a GET. So it has to come from this host, or with the password, which has been checked by now. */
static bool may_reload(struct api_reply *r)
{
    enum http_method method = r->request->method;
    if ((method != HTTP_GET && method != HTTP_HEAD) || api_is_near(r))
        return true;
    log_warn(
        "HTTP client ip=%s: rpc=reload by GET is refused, for it comes from another host and http_api { auth { enabled "
        "on; } } is off; send it by POST",
        http_visit_of(r->x)->ip);
    api_refuse(r, HTTP_STATUS_FORBIDDEN);
    return false;
}

static void write_reload(struct api_reply *r, const struct conf_http_api *api)
{
    if (!api->raw_api_reload) {
        api_error(r, HTTP_STATUS_OK, E_SYSTEM_CONFIG_RAW_DISABLED);
    } else if (api_may_change(r) && may_reload(r)) {
        server_request_reload(r->server);
        api_error(r, HTTP_STATUS_OK, E_SUCCESS);
    }
}

/* The text of a failed reload may quote the configuration, so only requests that may see secrets get it. */
static void write_reload_fetch(struct api_reply *r)
{
    const struct reload_result *last = &r->server->reloaded;
    struct jw                  *j = &r->json;
    jw_object(j, NULL);
    jw_int(j, "code", E_SUCCESS);
    jw_object(j, "data");
    jw_int(j, "err", last->code);
    jw_string(j, "msg", !*last->text ? "Success" : r->shows_secrets ? last->text : err_code_name(last->code));
    jw_int(j, "state", last->state);
    jw_string(j, "rid", last->id);
    jw_object_end(j);
    jw_object_end(j);
}

/* The switches are read from the configuration in force, so a reload changes them at once. */
static struct err *write_raw(struct api_reply *r)
{
    const struct conf_http_api *api = &r->server->conf->http_api;
    const char                 *rpc = http_request_param(r->request, "rpc");
    if (rpc && strcmp(rpc, "raw") == 0) {
        write_raw_itself(r, api);
    } else if (!api->raw_api) {
        api_error(r, HTTP_STATUS_OK, E_SYSTEM_CONFIG_RAW_DISABLED);
    } else if (rpc && strcmp(rpc, "reload") == 0) {
        write_reload(r, api);
    } else if (rpc && strcmp(rpc, "reload-fetch") == 0) {
        write_reload_fetch(r);
    } else if (rpc && strcmp(rpc, "query") == 0) {
        return raw_config_query(r);
    } else if (rpc && strcmp(rpc, "update") == 0) {
        return raw_config_update(r);
    } else {
        api_error(r, HTTP_STATUS_OK, E_SYSTEM_CONFIG_RAW);
    }
    return NULL;
}

struct err *api_raw(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_raw);
}
