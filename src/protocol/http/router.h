/**
 * The handler of each path: a feature has a table of rows, and a router a list of tables.
 *
 * The longest pattern wins. A row for GET also handles HEAD. The router itself answers OPTIONS (with the methods of the path),
 * and a method that the path does not have (405 with Allow).
 *
 * Ownership  routes are borrowed: static tables
 * Yields     the handlers do
 */
#ifndef PROTOCOL_HTTP_ROUTER_H
#define PROTOCOL_HTTP_ROUTER_H

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/* Members of a set of methods. GET includes HEAD. */
#define HTTP_METHOD(name) (UINT64_C(1) << HTTP_##name)
#define HTTP_METHODS_ALL (~UINT64_C(0))

struct http_route {
    const char *
        path; /* "/api/v1/versions": this path, also with a slash after it; "/api/v1/clients/": this and all paths below it */
    uint64_t methods;
    /** Reply to the request; an error before the reply has begun becomes a 500, after that the connection ends. */
    struct err *(*handle)(struct http_exchange *x);
};

struct http_routes {
    const struct http_route *rows;
    size_t                   n_rows;
};

struct http_router {
    const struct http_routes *const *tables; /* ends with NULL */
};

/**
 * The row for a path, or NULL, without regard to methods. A row "/x/" also matches "/x" if no longer pattern does; then
 * *slash_is_missing is set.
 */
const struct http_route *http_router_find(const struct http_router *r, const char *path, bool *slash_is_missing);

/**
 * Find the row and let it handle the exchange; 404 when there is none, 405 for the method. GET and HEAD of "/x" where there
 * is only "/x/" are redirected by 302. Other methods are not, because clients would repeat them as GET. Yields.
 */
struct err *http_router_handle(const struct http_router *r, struct http_exchange *x) ATTR_MUST_USE;

#endif
