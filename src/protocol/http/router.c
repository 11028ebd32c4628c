#include "protocol/http/router.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/status.h"

/* Length of the pattern if it matches the path, else 0. */
static size_t match_pattern(const char *pattern, const char *path, bool *slash_is_missing)
{
    size_t len = strlen(pattern);
    *slash_is_missing = false;
    if (len == 0 || pattern[len - 1] != '/') /* one slash after it means the same path */
        return strncmp(pattern, path, len) == 0 && (!path[len] || strcmp(path + len, "/") == 0) ? len : 0;
    if (strncmp(pattern, path, len) == 0)
        return len;
    *slash_is_missing = strlen(path) == len - 1 && strncmp(pattern, path, len - 1) == 0;
    return *slash_is_missing ? len - 1 : 0;
}

const struct http_route *http_router_find(const struct http_router *r, const char *path, bool *slash_is_missing)
{
    const struct http_route *best = NULL;
    size_t                   best_len = 0;
    for (const struct http_routes *const *table = r->tables; *table; table++)
        for (size_t i = 0; i < (*table)->n_rows; i++) {
            bool   missing;
            size_t len = match_pattern((*table)->rows[i].path, path, &missing);
            if (len <= best_len)
                continue;
            best = &(*table)->rows[i];
            best_len = len;
            *slash_is_missing = missing;
        }
    return best;
}

static bool allows(const struct http_route *route, enum http_method method)
{
    return (route->methods & (UINT64_C(1) << method)) || (method == HTTP_HEAD && (route->methods & HTTP_METHOD(GET)));
}

static struct err *add_allow(struct http_exchange *x, const struct http_route *route)
{
    char       text[256];
    struct str allow = str_over(text, sizeof text);
    for (int m = HTTP_DELETE; m <= HTTP_OPTIONS; m++) /* the methods in use on the web come first in the list */
        if (m == HTTP_OPTIONS || (m != HTTP_CONNECT && allows(route, (enum http_method)m)))
            str_printf(&allow, "%s%s", allow.len ? ", " : "", http_method_str((enum http_method)m));
    if (allows(route, HTTP_PATCH))
        str_printf(&allow, ", PATCH");
    return http_add_field(x, "Allow", text);
}

/* Redirect to the path of the row. The path of the request might begin with "//" and name another host. */
static struct err *redirect_to_slash(struct http_exchange *x, const struct http_route *route)
{
    const char *query = http_request_of(x)->raw_query;
    size_t      cap = strlen(route->path) + strlen(query) + 2;
    char       *location = mem_alloc(cap);
    if (!location)
        return err_no_memory();
    snprintf(location, cap, "%s%s%s", route->path, *query ? "?" : "", query);
    struct err *e = http_reply_redirect(x, HTTP_STATUS_FOUND, location);
    mem_free(location);
    return e;
}

struct err *http_router_handle(const struct http_router *r, struct http_exchange *x)
{
    enum http_method         method = http_request_of(x)->method;
    bool                     slash_is_missing = false;
    const struct http_route *route = http_router_find(r, http_request_of(x)->path, &slash_is_missing);
    if (!route)
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    if (!allows(route, method)) {
        struct err *e = add_allow(x, route);
        if (e)
            return e;
        return method == HTTP_OPTIONS ? http_reply(x, HTTP_STATUS_OK, NULL, NULL, 0)
                                      : http_reply_status(x, HTTP_STATUS_METHOD_NOT_ALLOWED);
    }
    if (slash_is_missing && (method == HTTP_GET || method == HTTP_HEAD))
        return redirect_to_slash(x, route);
    return route->handle(x);
}
