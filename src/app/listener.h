/**
 * Listening sockets and their accept loops.
 *
 * An accept loop never ends for an error of the moment: too many connections are refused one by one, and
 * when descriptors run out a spare one is given up to turn each newcomer away, until some are free again.
 */
#ifndef APP_LISTENER_H
#define APP_LISTENER_H

#include <stdbool.h>
#include <sys/socket.h>

#include "core/attr.h"
#include "core/err.h"

struct conf;
struct conf_https;
struct conf_words;
struct server;

/** What a listener's connections become: one row per kind in services.c. */
struct listen_service {
    const char *name; /* "RTMP", in the log */

    /** Where it is to be had by this configuration; NULL: nowhere. */
    const struct conf_words *(*endpoints)(const struct conf *conf);

    /** Serve an accepted socket. Takes `fd` over, also on error. Does not yield. */
    struct err *(*start)(struct server *s, int fd, const struct sockaddr *peer, const struct listen_service *by);

    /** The pair that its clients are shown; NULL: it has no TLS. While that pair cannot be used nothing listens. */
    const struct conf_https *(*tls)(const struct conf *conf);

    /** Whether the API is among what it serves: then it starts also when the server is full, in one of the API's places. */
    bool (*has_api)(const struct conf *conf, const struct listen_service *self);
};

/** All services; ends with NULL. */
extern const struct listen_service *const listen_services[];

/**
 * Make the open listeners those of `conf`: new endpoints are opened first, then the ones that went are closed (or
 * before, where a new one needs their port); connections stay. If one cannot be opened nothing changes.
 *
 * Errors     as io_listen()
 * Yields     no
 */
struct err *listeners_apply(struct server *s, const struct conf *conf) ATTR_MUST_USE;

/** Close them all. Yields. */
void listeners_close(struct server *s);

#endif
