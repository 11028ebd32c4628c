/**
 * Connections of HTTP clients that are kept for the next request to the same server.
 *
 *     struct http_pool pool = HTTP_POOL_INIT;
 *     request.pool = &pool                         http_client_open() takes one, http_client_close() gives it back
 *     http_pool_finish(&pool)
 *
 * A connection is for one server (scheme, host and port) and one TLS context. It is closed when it has been idle for
 * HTTP_POOL_IDLE_US, which is shorter than what most servers keep, or when its server closes it.
 *
 * Ownership  the pool must stay where it is; a connection belongs to the client that has it, or to the pool
 */
#ifndef PROTOCOL_HTTP_POOL_H
#define PROTOCOL_HTTP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/list.h"
#include "protocol/co.h"
#include "protocol/io.h"

struct tls_ctx;

/* Idle connections of one server, and of all; how long each may be idle. */
enum { HTTP_POOL_SERVER_MAX = 64, HTTP_POOL_MAX = 512, HTTP_POOL_IDLE_US = 3 * US_PER_SECOND };

struct http_pool {
    struct list     idle; /* the one that was used last comes last */
    size_t          n_idle;
    struct co      *keeper; /* closes what has been idle for too long; NULL: nothing is idle */
    struct co_group keepers;
};

/** One connection. It lies on the heap, because an io must not move. */
struct http_line {
    struct io       io;
    struct list     link;   /* in the pool */
    char           *server; /* "https://host:port" */
    struct tls_ctx *tls;    /* a reference; NULL: no TLS */
    int64_t         idle_since_us;
};

void http_pool_init(struct http_pool *pool);

/** Close all connections. Yields. */
void http_pool_finish(struct http_pool *pool);

/** A connection to the server that is idle and still open, for the running coroutine; NULL: there is none. Does not yield. */
struct http_line *http_pool_take(struct http_pool *pool, const char *server, const struct tls_ctx *tls);

/** Keep a connection whose last exchange is complete. Takes it over. Does not yield. */
void http_pool_give(struct http_pool *pool, struct http_line *line);

/** A connection that is not open yet; `tls` may be NULL. NULL: out of memory. */
struct http_line *http_line_new(const char *server, struct tls_ctx *tls) ATTR_MUST_USE;

/** Close it and free it. Takes NULL. */
void http_line_close(struct http_line *line);

#endif
