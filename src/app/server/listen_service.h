/**
 * What a listening port is for: a row of services.c.
 */
#ifndef APP_SERVER_LISTEN_SERVICE_H
#define APP_SERVER_LISTEN_SERVICE_H

#include <stdbool.h>
#include <sys/socket.h>

#include "app/conf/conf.h"
#include "core/err.h"

struct http_face;
struct io;
struct server;

enum listen_kind { LISTEN_STREAM /* TCP */, LISTEN_DATAGRAM /* UDP */ };

struct listen_service {
    const char      *name; /* "RTMP", in the log */
    enum listen_kind kind;

    /** The endpoints that a configuration gives it; NULL: none. */
    const struct conf_words *(*endpoints)(const struct conf *conf);

    /** The pair that its clients are shown; NULL: it has no TLS. While that pair cannot be used nothing listens. */
    const struct conf_https *(*tls)(const struct conf *conf);

    /** LISTEN_STREAM: serve an accepted socket. Takes `fd` over, also on error. Does not yield. */
    struct err *(*start)(struct server *s, int fd, const struct sockaddr *peer, const struct listen_service *by);

    /**
     * LISTEN_DATAGRAM: exchange datagrams until the coroutine is cancelled, and join what was started meanwhile. The socket is
     * bound, it does not block, and the listener closes it. Yields.
     */
    void (*run)(struct server *s, struct io *socket, const struct listen_service *by);

    /** Whether the API is among what it serves; NULL: never. Then it starts in one of the API's places when the server is full. */
    bool (*has_api)(const struct conf *conf);

    /** HTTP alone: what its connections may ask for, in the order of http/port.h; ends with NULL. */
    const struct http_face *const *(*faces)(const struct conf *conf);
};

#endif
