/**
 * The purpose of a listening port: a row of services.c.
 */
#ifndef APP_SERVER_LISTEN_SERVICE_H
#define APP_SERVER_LISTEN_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "app/conf/conf.h"
#include "core/err.h"

struct http_face;
struct io;
struct listen_service;
struct server;

enum listen_kind { LISTEN_STREAM /* TCP */, LISTEN_DATAGRAM /* UDP */ };

/* A service that may have its connections at the port of another one, which can tell them by their first byte. */
struct listen_guest {
    /** The endpoints that it shares in a configuration, as endpoints() of the other service gives them; NULL: none. */
    const struct conf_words *(*host)(const struct conf *conf);

    /** True if a connection of the guest may begin so, and none of the host. */
    bool (*may_begin)(uint8_t first);

    /** As start() of struct listen_service; `by` is the host. */
    struct err *(*start)(struct server *s, int fd, const struct sockaddr *peer, const struct listen_service *by);
};

struct listen_service {
    const char      *name; /* the name in the log: "RTMP" */
    enum listen_kind kind;

    /** The endpoints of this service in a configuration; NULL: none. */
    const struct conf_words *(*endpoints)(const struct conf *conf);

    /** The pair that clients of this service are shown; NULL: it has no TLS. While the pair cannot be used nothing listens. */
    const struct conf_https *(*tls)(const struct conf *conf);

    /** LISTEN_STREAM: serve an accepted socket. Takes `fd` over, on error too. Does not yield. */
    struct err *(*start)(struct server *s, int fd, const struct sockaddr *peer, const struct listen_service *by);

    /**
     * LISTEN_DATAGRAM: exchange datagrams until the coroutine is cancelled, and join what was started meanwhile. The socket is
     * bound, it does not block, and the listener closes it. Yields.
     */
    void (*run)(struct server *s, struct io *socket, const struct listen_service *by);

    /** LISTEN_DATAGRAM: clients that came in by other ports live on this one, so it is closed after the last of them, at a stop. */
    bool outlasts_clients;

    /** True when the port serves the API; NULL: never. When the server is full, its connections may take the API's places. */
    bool (*has_api)(const struct conf *conf);

    /** LISTEN_STREAM: its connections take no place of max_connections, and the service bounds their number. */
    bool has_own_bounds;

    /** HTTP alone: who may share its ports; NULL: nobody. */
    const struct listen_guest *guest;

    /** HTTP alone: the routes that its connections may request, in the order of http/port.h; ends with NULL. */
    const struct http_face *const *(*faces)(const struct conf *conf);
};

#endif
