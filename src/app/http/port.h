/**
 * A port that speaks HTTP, plain or TLS, and the sets of paths that it serves.
 */
#ifndef APP_HTTP_PORT_H
#define APP_HTTP_PORT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "app/server/listen_service.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/router.h"

/**
 * A set of paths that a port serves, and the rules for them. A port may have several: a request belongs to the first face that
 * has a path for it other than "/", otherwise to the last one.
 */
struct http_face {
    const struct http_router *router;

    /** True: the rules of `http_api` apply, and pages of other sites may only read. False: those of `http_server` apply, and only
     * enabled vhosts are served. */
    bool is_api;
};

/** Serve an accepted socket of a service with faces. Takes `fd` over, also on error. Does not yield. */
struct err *http_port_start(struct server *s, int fd, const struct sockaddr *peer,
                            const struct listen_service *by) ATTR_MUST_USE;

#endif
