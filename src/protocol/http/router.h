/**
 * Which path is whose: a feature has a table of rows, a router a list of tables.
 *
 * The longest pattern wins. HEAD comes with GET; OPTIONS is answered by the router (with the methods of the path);
 * a method that a path does not have is 405 with Allow.
 *
 * Ownership  routes are borrowed: static tables
 * Yields     the handlers do
 */
#ifndef PROTOCOL_HTTP_ROUTER_H
#define PROTOCOL_HTTP_ROUTER_H

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/* Sets of methods. HEAD comes with GET. */
#define HTTP_METHOD(name) (UINT64_C(1) << HTTP_##name)
#define HTTP_METHODS_ALL (~UINT64_C(0))

struct http_route {
    const char *path; /* "/api/v1/versions": just this, or with a slash; "/api/v1/clients/": this and all below it */
    uint64_t    methods;
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
 * The row for a path, or NULL. Methods are not looked at. A row "/x/" is that of "/x" too, if nothing longer is;
 * `slash_is_missing` tells.
 */
const struct http_route *http_router_find(const struct http_router *r, const char *path, bool *slash_is_missing);

/**
 * Find the row and let it handle the exchange; 404 when there is none, 405 for the method. GET and HEAD of "/x" where there
 * is just "/x/" are sent there by 302, other methods are not: clients would repeat them as GET. Yields.
 */
struct err *http_router_handle(const struct http_router *r, struct http_exchange *x) ATTR_MUST_USE;

#endif
