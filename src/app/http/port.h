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
 * One of the things that a port can be for. A port may have several: a request is for the first face that has a path for it
 * other than "/", else for the last one.
 */
struct http_face {
    const struct http_router *router;
    bool
        is_api; /* CORS as `http_api` has it, read-only for pages of other sites; else as `http_server` has it, for vhosts */
};

/** Serve an accepted socket of a row that has faces. Takes `fd` over, also on error. Does not yield. */
struct err *http_port_start(struct server *s, int fd, const struct sockaddr *peer,
                            const struct listen_service *by) ATTR_MUST_USE;

#endif
