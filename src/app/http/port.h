/**
 * A port that speaks HTTP, plain or TLS, and what its requests may be for.
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
 * has a path for it other than "/", else to the last one.
 */
struct http_face {
    const struct http_router *router;

    /** True: the rules of `http_api` hold, and pages of other sites only read. False: those of `http_server`, for enabled vhosts. */
    bool is_api;
};

/** Serve an accepted socket of a row that has faces. Takes `fd` over, also on error. Does not yield. */
struct err *http_port_start(struct server *s, int fd, const struct sockaddr *peer,
                            const struct listen_service *by) ATTR_MUST_USE;

#endif
